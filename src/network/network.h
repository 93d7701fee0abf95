/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks as the engine sees them. A driver is a row of functions in one table (bridge, host,
 * none here; container: is the engine's, it only joins a namespace). Everything that an endpoint
 * made in the kernel is in struct endpoint, whose release undoes exactly what is set.
 *
 * Order of a start: netns_new -> network_ensure (bridge, nft table, masquerade: idempotent) ->
 * endpoint_create (address, veth into the netns, routes, published ports) -> the runtime joins
 * the netns. Records (address and port leases) are rows in the store keyed by container id,
 * written in one transaction; reap calls endpoint_forget.
 */
#pragma once

#include "store/networks.h"
#include "wire/container.h"
#include "wire/network.h"

struct network_config {
	const char *bridge;   /* the default bridge's device, "hoy0" */
	const char *subnet;   /* --bip: "172.30.0.1/16", the bridge's address in its subnet */
	const char *subnet6;  /* "fd00:30::/64"; NULL: no IPv6 on the default bridge */
	const char *run_root; /* network.lock and network.state lie here */
	char *const *dns;     /* --dns of the engine */
	bool ip_forward, masquerade;
	const char *libexec_dir; /* hoy-relay, when it is not beside us; NULL: as installed */
	const char *host_ip;	 /* address to publish on by default, "0.0.0.0" (and [::]) */
};

struct endpoint_port { /* one published port, as it was made */
	uint16_t container_port, host_port;
	const char *protocol; /* "tcp" "udp" "sctp"; static */
	char *host_ip;	      /* owned, "0.0.0.0", "::", … */
};

struct endpoint {
	char *container_id, *network_name, *network_id, *endpoint_id;
	char *ip, *gateway, *mac, *ip6, *gateway6; /* owned; NULL none */
	unsigned int prefix_len, prefix6_len;
	bool internal;
	int64_t gw_priority;
	char *host_if; /* veth on the host  */
	char *if_name; /* "eth0", inside    */
	char **names;  /* that others may call it by, beside the container's; owned */
	bool user_defined;
	struct endpoint_port *ports;
	size_t n_ports;
};

#define ENDPOINT_INIT                                                                              \
	{                                                                                          \
		0                                                                                  \
	}

/* A fresh network namespace with lo up. Returns its CLOEXEC fd, no process or mount keeps it. */
must_check int netns_new(int *ret_fd, struct error *err);
/* The same for one that was made elsewhere: with a user namespace that it belongs to. */
must_check int netns_adopt(int netns_fd, struct error *err);

/* A driver option of an endpoint: what its interface is called inside, instead of "eth0". */
#define ENDPOINT_IFNAME "com.docker.network.endpoint.ifname"

struct endpoint_options {
	const char *container_id;
	const char *network;			    /* "bridge", or any network's name or id */
	const struct endpoint_settings *settings;   /* from the request; NULL none */
	const struct port_map_entry *port_bindings; /* HostConfig.PortBindings */
	size_t n_port_bindings;
	char *const *exposed_ports; /* "80/tcp": with publish_all each gets a random port */
	bool publish_all;
	int netns_fd;
	/* The container has other endpoints, which stay. Otherwise what is on record of it is left
	 * from a crash, and goes. */
	bool more;
	bool gateway;	    /* the default route goes this way; only such a one publishes ports */
	char *const *names; /* other names of the container, see struct endpoint */
	int64_t gw_priority;
};

/* ERR_CONFLICT-like errors name the container that holds a port. On failure nothing is left. */
must_check int endpoint_create(struct store *store, const struct network_config *config,
			       const struct endpoint_options *opts, struct endpoint *ret,
			       struct error *err);
/* Undo in the kernel (nft elements) and the records of all endpoints of a container; the veth
 * dies with its netns. Idempotent; works when the engine that made them was killed at any point. */
must_check int endpoint_forget(struct store *store, const struct network_config *config,
			       const char *container_id, struct error *err);
/* It in three steps, for who deletes these records together with others: what is in the kernel; in
 * a transaction of the caller the records, told as events; after its commit the names of
 * *ret_networks (owned, NULL none) by names_write_all. */
must_check int endpoint_withdraw(struct store *store, const struct network_config *config,
				 const char *container_id, struct error *err);
must_check int endpoint_delete(struct store *store, const char *container_id, char ***ret_networks,
			       struct error *err);
/* The same of one endpoint of a container that goes on running: its link is deleted too. */
must_check int endpoint_leave(struct store *store, const struct network_config *config,
			      const struct endpoint *ep, struct error *err);
/* Which of a container's endpoints has the default route, NULL none: of those that lead out, the
 * one of the highest priority, then the first by its network's name. */
const struct endpoint *endpoint_gateway(const struct endpoint *eps, size_t n);
/* Give it the default route in the container's namespace (ep NULL: nobody has it). */
must_check int endpoint_route(const struct endpoint *ep, int netns_fd, struct error *err);
/* Publish ports on an endpoint that is there (opts as at its creation), when another one that had
 * them has gone. */
must_check int endpoint_publish(struct store *store, const struct network_config *config,
				const struct endpoint_options *opts, const struct endpoint *ep,
				struct error *err);
/* The endpoints that a container has now, from the records, oldest first. container_id NULL: those
 * of all containers, by container; endpoints_of finds one's among them (NULL, 0: it has none). */
must_check int endpoint_list(struct store *store, const char *container_id, struct endpoint **ret,
			     size_t *ret_n, struct error *err);
struct endpoint *endpoints_of(const char *container_id, struct endpoint *eps, size_t n,
			      size_t *ret_n);
void endpoint_release(struct endpoint *ep); /* memory only */
void endpoint_list_free(struct endpoint *eps, size_t n);

/* A network of the user. *ret_id is owned. The errors are Docker's. */
must_check int network_create(struct store *store, const struct network_config *config,
			      const struct network_create_request *req, char **ret_id,
			      struct error *err);
/* ERR_FORBIDDEN: predefined, or containers are on it. */
must_check int network_remove(struct store *store, const struct network_config *config,
			      const struct network_record *network, struct error *err);
/* What its record says, with everything filled in; for the predefined ones too. */
must_check int network_describe(const struct network_config *config,
				const struct network_record *network,
				struct network_create_request *ret, struct error *err);
/* Whether a request's settings can be met on this network, in Docker's words. */
must_check int network_check_settings(const struct network_config *config,
				      const struct network_record *network,
				      const struct endpoint_settings *settings, struct error *err);
/* <run>/network.lock: the set-up of bridges and firewall, and files of names, are changed by one at
 * a time. *ret_fd: held until it is closed. */
must_check int network_lock(const struct network_config *config, int *ret_fd, struct error *err);
char *network_id_new(void); /* 64 hexadecimal digits, owned */

/* Everything that any crash left: leases without container, nft elements without lease, veths
 * without peer. */
must_check int network_sweep(struct store *store, const struct network_config *config,
			     struct error *err);
/* Remove the bridge, table and records of this engine (system reset, tests). */
must_check int network_reset(struct store *store, const struct network_config *config,
			     struct error *err);

/* Contents of /etc/hosts, /etc/resolv.conf, /etc/hostname for a container. Pure text. A host
 * resolv.conf that names only loopback servers: those of systemd-resolved's real file, else
 * public ones as Docker does, else as configured. */
struct netfiles_options {
	const char *hostname, *domainname;
	char *const *extra_hosts; /* "name:ip", host-gateway is replaced by gateway */
	char *const *links;	  /* whole lines for /etc/hosts, NULL none */
	char *const *dns, *const *dns_search, *const *dns_options;
	const struct endpoint *endpoints;
	size_t n_endpoints;
	bool host_network;
	bool resolver;	     /* 127.0.0.11 answers in the container, and asks the servers itself */
	const char *gateway; /* for host-gateway */
};
must_check int netfiles_hosts(const struct netfiles_options *opts, struct strbuf *out,
			      struct error *err);
/* Only the lines of one endpoint. */
void netfiles_hosts_line(const struct netfiles_options *opts, const struct endpoint *ep,
			 struct strbuf *out);
must_check int netfiles_resolv_conf(const struct netfiles_options *opts,
				    const char *host_resolv_conf, struct strbuf *out,
				    struct error *err);
void netfiles_hostname(const struct netfiles_options *opts, struct strbuf *out);

/* rx/tx counters of a container's interfaces for stats, read through /proc/PID/net/dev. */
struct network_counters {
	char name[16];
	uint64_t rx_bytes, rx_packets, rx_errors, rx_dropped, tx_bytes, tx_packets, tx_errors,
		tx_dropped;
};
must_check int network_counters_read(int pid, struct network_counters **ret, size_t *ret_n);
