/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bridge network as a device of the host: made once per boot, looked at before each use. The
 * default network's bridge is what the engine's configuration says, a user-defined one's what its
 * record says.
 */
#pragma once

#include <net/if.h>

#include "network/address.h"
#include "network/firewall.h"
#include "network/network.h"
#include "store/networks.h"

/* A network, understood. */
struct bridge {
	char name[IFNAMSIZ];
	/* The bridge's own addresses in their subnets; gateway6 AF_UNSPEC: no IPv6. */
	struct link_address gateway, gateway6;
	struct link_address range; /* IPv4 addresses come out of it; AF_UNSPEC: of the subnet */
	char **reserved;	   /* addresses that no container gets; owned */
	bool builtin;
	bool asked_subnet, asked_subnet6; /* by the user, who may then ask for addresses too */
	bool internal;			  /* no way out, no way in                          */
	bool neighbours;		  /* containers on it may talk to each other        */
	bool masquerade;
	uint32_t mtu;	   /* 0: the kernel's */
	char *host_ip;	   /* where ports are published by default; owned, NULL: the engine's */
	char if_prefix[8]; /* of the interfaces inside: "eth" */
};

void bridge_release(struct bridge *bridge);
bool bridge_name_valid(const char *name);

/* The default bridge. ERR_INVALID: a name or subnet that cannot be. */
must_check int bridge_parse(const struct network_config *config, struct bridge *ret,
			    struct error *err);
/* The bridge of a network of the driver "bridge". */
must_check int bridge_of_network(const struct network_config *config,
				 const struct network_record *network, struct bridge *ret,
				 struct error *err);
/* What a request's Options say of it: com.docker.network.… ERR_INVALID, ERR_NOT_IMPLEMENTED. */
must_check int bridge_options(const struct strmap *options, struct bridge *bridge,
			      struct error *err);
struct firewall_network bridge_firewall(const struct bridge *bridge);

/* The default bridge, its addresses and sysctls, and the firewall's table with all networks are
 * there as configured. Cheap when they are: two requests and a small file. ret_index: of the
 * bridge. */
must_check int bridge_ensure(struct store *store, const struct network_config *config,
			     const struct bridge *bridge, struct netlink *route, int *ret_index,
			     struct error *err);
/* The same of a user-defined network's bridge, after that. ERR_NOT_FOUND: the network was removed
 * meanwhile. */
must_check int bridge_ensure_network(struct store *store, const struct network_config *config,
				     const struct network_record *network,
				     const struct bridge *bridge, struct netlink *route,
				     struct error *err);
/* Make it, under the network lock. */
must_check int bridge_set_up_network(const struct network_config *config,
				     const struct bridge *bridge, struct netlink *route,
				     struct error *err);
/* A user-defined network's bridge and elements away. What is not there is success. */
must_check int bridge_remove_network(const struct network_config *config,
				     const struct bridge *bridge, struct error *err);

/* Delete links of our bridges that belong to no endpoint record. */
must_check int bridge_sweep(struct store *store, const struct network_config *config,
			    struct error *err);
must_check int bridge_remove(const struct network_config *config, struct error *err);
