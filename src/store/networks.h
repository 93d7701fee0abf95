/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network records: networks, and what each container holds of them, its endpoints (an address
 * lease each) and its published ports (a lease each). Leases are keyed by container id and go in
 * one transaction with it.
 *
 * Invariants: (1) an address is leased once per network. (2) A port of a protocol is leased once
 * per host address, and a wildcard address (0.0.0.0, ::) excludes every address of its family.
 * (3) Nothing is put into the kernel before its lease is committed, and no lease is deleted
 * before what it stands for is out of the kernel.
 *
 * Addresses are text in the records and 4 or 16 bytes in network order in between.
 */
#pragma once

#include "base/strmap.h"
#include "store/db.h"

struct network_record {
	char *id;	 /* 64 hexadecimal digits       */
	char *name;	 /* "bridge", "host", "none", … */
	char *driver;	 /* "bridge", "host", "null"    */
	int64_t created; /* ns since 1970               */
	bool builtin;
	/* What the request said, with all that was chosen for it filled in: JSON of
	 * wire/network.h's network_create_request; "" of a builtin one. */
	char *config;
	char *bridge; /* its device on the host; NULL: not of its own (builtin) */
};

void network_record_release(struct network_record *n);
/* The three that are always there are inserted by the first look. ref: name, full id, or an
 * unambiguous prefix of an id. ERR_NOT_FOUND "network REF not found". */
must_check int network_record_find(struct store *store, const char *ref, struct network_record *ret,
				   struct error *err);
must_check int network_record_list(struct store *store, struct network_record **ret, size_t *ret_n,
				   struct error *err);
void network_record_list_free(struct network_record *list, size_t n);
/* In a transaction of the caller. ERR_CONFLICT when the name is taken. */
must_check int network_record_insert(struct store *store, const struct network_record *n,
				     struct error *err);
/* In a transaction of the caller, who has seen that there are no endpoints. */
must_check int network_record_delete(struct store *store, const char *id, struct error *err);

struct endpoint_record {
	char *id;    /* 64 hexadecimal digits */
	int64_t seq; /* in the order in which they were made; as read */
	char *container_id, *network_id, *network_name;
	char *ip, *ip6; /* NULL none */
	char *gateway, *gateway6;
	unsigned int prefix_len, prefix6_len;
	char *mac;
	char *host_if; /* NULL: no link of its own (host, none) */
	/* The process that serves what the firewall cannot (network/relay.h), 0 none. With its
	 * start time a pid names a process for ever. */
	int64_t helper_pid;
	uint64_t helper_start;
	bool user_defined; /* its network */
	char *if_name;	   /* inside the container: "eth0" */
	/* What others on the network may call it beside its container's name, blanks between. */
	char *names;
	int64_t gw_priority;
	/* The container's resolver (network/resolver.h), on one of its endpoints; 0 none. */
	int64_t resolver_pid;
	uint64_t resolver_start;
};

void endpoint_record_release(struct endpoint_record *ep);
must_check int endpoint_record_insert(struct store *store, const struct endpoint_record *ep,
				      struct error *err);
must_check int endpoint_record_set_helper(struct store *store, const char *id, int64_t pid,
					  uint64_t start, struct error *err);
must_check int endpoint_record_set_resolver(struct store *store, const char *id, int64_t pid,
					    uint64_t start, struct error *err);
/* container_id NULL: of all containers; network_id NULL: of all networks. Oldest first. */
must_check int endpoint_record_list(struct store *store, const char *container_id,
				    const char *network_id, struct endpoint_record **ret,
				    size_t *ret_n, struct error *err);
void endpoint_record_list_free(struct endpoint_record *list, size_t n);
/* The container's endpoints and ports. */
must_check int endpoint_record_delete(struct store *store, const char *container_id,
				      struct error *err);
/* One of them, and its ports; only the ports. */
must_check int endpoint_record_delete_one(struct store *store, const char *id, struct error *err);
must_check int endpoint_record_delete_ports(struct store *store, const char *id, struct error *err);

/* What a container is called by whom, for a network's file of names. */
struct endpoint_name {
	char *container_name; /* NULL: it has no record any more */
	char *names, *ip, *ip6;
};

must_check int endpoint_name_list(struct store *store, const char *network_id,
				  struct endpoint_name **ret, size_t *ret_n, struct error *err);
void endpoint_name_list_free(struct endpoint_name *list, size_t n);

/* IPv4 leases. The cursor is the address leased last: the next search starts behind it. */
must_check int address_cursor_get(struct store *store, const char *network_id, uint32_t *ret,
				  struct error *err);
must_check int address_cursor_set(struct store *store, const char *network_id, uint32_t ip,
				  struct error *err);
/* The holder's container id, owned; NULL when the address is free. */
must_check int address_holder(struct store *store, const char *network_id, const char *ip,
			      char **ret_container_id, struct error *err);

struct port_record {
	char *container_id, *endpoint_id;
	char *protocol;	    /* "tcp" "udp" "sctp"       */
	char *host_ip;	    /* "0.0.0.0", "::", …       */
	char *container_ip; /* where it goes: of the family of host_ip, or IPv4 through a relay */
	uint16_t host_port, container_port;
};

void port_record_release(struct port_record *p);
must_check int port_record_insert(struct store *store, const struct port_record *p,
				  struct error *err);
/* container_id NULL: all. In the order of publishing. */
must_check int port_record_list(struct store *store, const char *container_id,
				struct port_record **ret, size_t *ret_n, struct error *err);
void port_record_list_free(struct port_record *list, size_t n);
/* Who holds a port so that (protocol, host_ip, port) cannot be leased: the container's id, owned,
 * and its name when its record is still there. Both NULL: nobody. */
must_check int port_holder(struct store *store, const char *protocol, const char *host_ip,
			   uint16_t port, char **ret_container_id, char **ret_name,
			   struct error *err);

/* The highest leased port of a protocol within first … last; 0 none. */
must_check int port_highest(struct store *store, const char *protocol, uint16_t first,
			    uint16_t last, uint16_t *ret, struct error *err);

/* Containers with endpoints or ports whose own record is gone: what a crash between two deletions
 * leaves. Owned. */
must_check int endpoint_record_orphans(struct store *store, char ***ret_container_ids,
				       struct error *err);
/* Every endpoint, port and user-defined network. */
must_check int network_record_reset(struct store *store, struct error *err);
