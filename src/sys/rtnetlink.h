/* SPDX-License-Identifier: Apache-2.0 */
/* Links, addresses and routes. Each call is one sendmsg(2) and one answer, whatever it makes.
 * -errno idiom. Addresses are in network order, 4 or 16 bytes by family. */
#pragma once

#include <sys/socket.h>

#include "sys/netlink.h"

enum { LINK_NAME_MAX = 15, LINK_MAC_LEN = 6 };

struct link_address {
	int family; /* AF_INET, AF_INET6 */
	unsigned char bytes[16];
	unsigned int prefix_len;
};

/* ifindex of a name in the namespace of the socket; -ENODEV when there is none. */
must_check int link_index(const struct netlink *nl, const char *name, int *ret_index);

/* A bridge (down; no address). -EEXIST when the name is taken, by whatever kind of link. */
must_check int link_bridge_new(struct netlink *nl, const char *name,
			       const unsigned char mac[LINK_MAC_LEN]);
must_check int link_delete(struct netlink *nl, const char *name); /* -ENODEV when there is none */
must_check int link_up(struct netlink *nl, int index);
/* Whether there is a link of that name, and it is up: one request. */
bool link_is_up(const struct netlink *nl, const char *name);
must_check int link_set_mtu(struct netlink *nl, int index, uint32_t mtu);
/* A port of a bridge that is isolated sends to and hears from the bridge itself and ports that are
 * not. (Linux 4.18) */
must_check int link_isolate_port(struct netlink *nl, const char *name);

struct veth_options {
	const char *host_name; /* in the namespace of the socket          */
	int master;	       /* bridge the host side is a port of; 0 none */
	const char *peer_name; /* "eth0"                                   */
	int peer_netns_fd;     /* where the peer is born                   */
	unsigned char peer_mac[LINK_MAC_LEN];
	uint32_t mtu; /* 0: the kernel's                          */
};
/* The host side is up when it returns, the peer is not yet: link_configure. */
must_check int link_veth_new(struct netlink *nl, const struct veth_options *opts);

/* Replaces nothing: an address that is there already is success. IPv6 without duplicate address
 * detection. */
must_check int link_address_add(struct netlink *nl, int index, const struct link_address *addr);

/* What an interface inside a container gets, in one call: up, addresses, then default routes.
 * gateways[i] belongs to addrs[i]; family AF_UNSPEC: no route. */
must_check int link_configure(struct netlink *nl, int index, const struct link_address *addrs,
			      const struct link_address *gateways, size_t n);

/* The default route of the gateway's family: through that gateway from now on; gone. -ESRCH, or
 * -ENOENT of IPv6: there was none. */
must_check int link_route_default(struct netlink *nl, int index,
				  const struct link_address *gateway);
must_check int link_unroute_default(struct netlink *nl, int family);

/* Links whose carrier just came drop what they are given until the kernel gets to their event: have
 * it do that now. NULL ends the names. (Since 6.8; before, it is done a moment later.) */
must_check int link_settle(struct netlink *nl, const char *const *names);

/* Each link: its name, index, master (0 none). */
typedef int (*link_fn)(void *arg, const char *name, int index, int master);
must_check int link_list(struct netlink *nl, link_fn fn, void *arg);
