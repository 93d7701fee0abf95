/* SPDX-License-Identifier: Apache-2.0 */
/* --network NAME or "name=NAME,alias=A,ip=…", and the older flags that say more about the first
 * network. */
#pragma once

#include "base/error.h"
#include "wire/container.h"

struct network_list {
	struct endpoint_settings *items; /* .key: the network's name or mode */
	size_t n;
};

/* What --network-alias, --link, --ip, --ip6, --link-local-ip and --mac-address said. */
struct network_extras {
	char **aliases, **links, **link_local_ips;
	char *ip, *ip6, *mac_address;
};

void network_list_release(struct network_list *list);
void network_extras_release(struct network_extras *extras);

int set_network(void *target, const char *value,
		struct error *err); /* ARG_FUNC, struct network_list */

/* Fill HostConfig.NetworkMode and the endpoints of the request; list and extras are used up. */
must_check int network_configure(struct network_list *list, struct network_extras *extras,
				 struct container_create_request *req, struct error *err);

bool network_is_user_defined(const char *mode);
must_check int mac_address_check(const char *text, struct error *err);
