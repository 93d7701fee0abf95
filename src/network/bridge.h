/* SPDX-License-Identifier: Apache-2.0 */
/* The default bridge as a device of the host: made once per boot, looked at before each use. */
#pragma once

#include "network/address.h"
#include "network/firewall.h"
#include "network/network.h"
#include "store/networks.h"

/* The configuration, understood. */
struct bridge {
	const char *name;
	/* The bridge's own addresses in their subnets; gateway6 AF_UNSPEC: no IPv6. */
	struct link_address gateway, gateway6;
};

/* ERR_INVALID: a name or subnet that cannot be. */
must_check int bridge_parse(const struct network_config *config, struct bridge *ret,
			    struct error *err);

/* The device, its addresses and sysctls, and the firewall's table are there as configured. Cheap
 * when they are: two requests and a small file. ret_index: of the bridge. */
must_check int bridge_ensure(struct store *store, const struct network_config *config,
			     const struct bridge *bridge, struct netlink *route, int *ret_index,
			     struct error *err);

/* Delete links of the bridge that belong to no endpoint record. */
must_check int bridge_sweep(struct store *store, const struct bridge *bridge, struct error *err);
must_check int bridge_remove(const struct network_config *config, struct error *err);
