/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's own nftables table, "inet hoy" for bridge hoy0, "inet hoy-BRIDGE" otherwise. Its
 * chains are made once and never change: what changes are elements of its sets and maps, each in
 * one transaction. No other table is ever touched, and what other tables drop stays dropped.
 *
 * Maps of published ports, per family (4, 6):
 *   addrN  protocol . host address . port -> container address . port
 *   anyN   protocol . port                -> container address . port	(every address of this host)
 * and a set of what a container would reach as its own published port:
 *   ownN   container address . protocol . port
 */
#pragma once

#include "network/address.h"
#include "network/network.h"
#include "store/networks.h"

enum { FIREWALL_NAME_MAX = 32 };

void firewall_table_name(const char *bridge, char name[FIREWALL_NAME_MAX]);

/* A network as the table knows it. */
struct firewall_network {
	const char *bridge;
	struct link_address gateway, gateway6; /* in their subnets; family AF_UNSPEC: none */
	bool masquerade;
	bool neighbours; /* containers of the same bridge may talk to each other */
	bool internal;	 /* nothing goes out to other networks, nothing comes in */
};

struct firewall_options {
	const char *bridge; /* the default one: names the table */
	const struct firewall_network *networks;
	size_t n_networks;
};

/* The whole ruleset with these ports published, as nft(8) commands that replace what there is in
 * one transaction. Pure text. */
must_check int firewall_ruleset(const struct firewall_options *opts,
				const struct port_record *ports, size_t n, struct strbuf *out,
				struct error *err);
must_check int firewall_install(const struct firewall_options *opts,
				const struct port_record *ports, size_t n, struct error *err);
must_check int firewall_remove(const char *bridge, struct error *err);

/* Put a network into the table that is there, or take it out; done already is success. */
must_check int firewall_network_add(const char *bridge, const struct firewall_network *network,
				    struct error *err);
must_check int firewall_network_delete(const char *bridge, const struct firewall_network *network,
				       struct error *err);

/* Whether a lease is the firewall's work; the others (IPv6 to a container without IPv6) are the
 * relay's. */
bool firewall_serves(const struct port_record *port);

must_check int firewall_publish(struct netlink *nl, const char *bridge,
				const struct port_record *ports, size_t n, struct error *err);
/* What is not there is success. */
must_check int firewall_withdraw(struct netlink *nl, const char *bridge,
				 const struct port_record *ports, size_t n, struct error *err);
/* Withdraw every element that no lease stands for, publish every lease that has no element. */
must_check int firewall_sync(struct netlink *nl, const char *bridge,
			     const struct port_record *ports, size_t n, struct error *err);
