/* SPDX-License-Identifier: Apache-2.0 */
/* Links, addresses and routes by rtnetlink(7): each call one message or one run of messages, one
 * answer. */
#include "sys/rtnetlink.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/macros.h"

static size_t address_len(int family)
{
	return family == AF_INET6 ? 16 : 4;
}

int link_index(const struct netlink *nl, const char *name, int *ret_index)
{
	struct ifreq ifr = { 0 };

	if (strlen(name) > LINK_NAME_MAX)
		return -ENODEV;
	memcpy(ifr.ifr_name, name, strlen(name));
	/* Any socket answers this, a netlink socket too; much cheaper than RTM_GETLINK. */
	if (ioctl(nl->fd, SIOCGIFINDEX, &ifr) < 0)
		return -errno;
	*ret_index = ifr.ifr_ifindex;
	return 0;
}

int link_bridge_new(struct netlink *nl, const char *name, const unsigned char mac[LINK_MAC_LEN])
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	struct netlink_request req;
	size_t info;

	netlink_request_init(&req);
	netlink_begin(&req, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
	netlink_attr_str(&req, IFLA_IFNAME, name);
	/* A bridge with an address of its own keeps it; otherwise it takes the least of its
	 * ports', and every container's neighbour entry for the gateway goes stale when a port
	 * comes. */
	netlink_attr(&req, IFLA_ADDRESS, mac, LINK_MAC_LEN);
	info = netlink_nest(&req, IFLA_LINKINFO);
	netlink_attr_str(&req, IFLA_INFO_KIND, "bridge");
	netlink_nest_end(&req, info);
	return netlink_send(nl, &req);
}

int link_delete(struct netlink *nl, const char *name)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	struct netlink_request req;

	netlink_request_init(&req);
	netlink_begin(&req, RTM_DELLINK, 0, &header, sizeof(header));
	netlink_attr_str(&req, IFLA_IFNAME, name);
	return netlink_send(nl, &req);
}

static void request_link_up(struct netlink_request *req, int index)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC,
					  .ifi_index = index,
					  .ifi_flags = IFF_UP,
					  .ifi_change = IFF_UP };

	netlink_begin(req, RTM_NEWLINK, 0, &header, sizeof(header));
}

int link_up(struct netlink *nl, int index)
{
	struct netlink_request req;

	netlink_request_init(&req);
	request_link_up(&req, index);
	return netlink_send(nl, &req);
}

bool link_is_up(const struct netlink *nl, const char *name)
{
	struct ifreq ifr = { 0 };

	if (strlen(name) > LINK_NAME_MAX)
		return false;
	memcpy(ifr.ifr_name, name, strlen(name));
	return ioctl(nl->fd, SIOCGIFFLAGS, &ifr) == 0 && (ifr.ifr_flags & IFF_UP);
}

int link_set_mtu(struct netlink *nl, int index, uint32_t mtu)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC, .ifi_index = index };
	struct netlink_request req;

	netlink_request_init(&req);
	netlink_begin(&req, RTM_NEWLINK, 0, &header, sizeof(header));
	netlink_attr_u32(&req, IFLA_MTU, mtu);
	return netlink_send(nl, &req);
}

int link_isolate_port(struct netlink *nl, const char *name)
{
	struct ifinfomsg header = { .ifi_family = AF_BRIDGE };
	struct netlink_request req;
	size_t port;
	int r;

	r = link_index(nl, name, &header.ifi_index);
	if (r < 0)
		return r;
	netlink_request_init(&req);
	netlink_begin(&req, RTM_SETLINK, 0, &header, sizeof(header));
	port = netlink_nest(&req, IFLA_PROTINFO | NLA_F_NESTED);
	netlink_attr_u8(&req, IFLA_BRPORT_ISOLATED, 1);
	netlink_nest_end(&req, port);
	return netlink_send(nl, &req);
}

/* One queue: the driver makes one per processor first, then gives up all but one, and waits for a
 * grace period for each side (0.4 ms instead of 2 to 4 measured). A veth has no use for more: it
 * queues nothing. */
static void request_single_queue(struct netlink_request *req)
{
	netlink_attr_u32(req, IFLA_NUM_TX_QUEUES, 1);
	netlink_attr_u32(req, IFLA_NUM_RX_QUEUES, 1);
}

/* The peer's half: an ifinfomsg and attributes of its own inside the nest (linux/veth.h). */
static void request_veth_peer(struct netlink_request *req, const struct veth_options *opts)
{
	/* Not up: it is born before its pair is whole, and refuses (ENOTCONN). */
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	const size_t peer = netlink_nest(req, VETH_INFO_PEER);

	netlink_raw(req, &header, sizeof(header));
	netlink_attr_str(req, IFLA_IFNAME, opts->peer_name);
	netlink_attr(req, IFLA_ADDRESS, opts->peer_mac, LINK_MAC_LEN);
	request_single_queue(req);
	netlink_attr_u32(req, IFLA_NET_NS_FD, (uint32_t)opts->peer_netns_fd);
	if (opts->mtu > 0)
		netlink_attr_u32(req, IFLA_MTU, opts->mtu);
	netlink_nest_end(req, peer);
}

int link_veth_new(struct netlink *nl, const struct veth_options *opts)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC,
					  .ifi_flags = IFF_UP,
					  .ifi_change = IFF_UP };
	struct netlink_request req;
	size_t info, data;

	netlink_request_init(&req);
	netlink_begin(&req, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
	netlink_attr_str(&req, IFLA_IFNAME, opts->host_name);
	request_single_queue(&req);
	if (opts->master > 0)
		netlink_attr_u32(&req, IFLA_MASTER, (uint32_t)opts->master);
	if (opts->mtu > 0)
		netlink_attr_u32(&req, IFLA_MTU, opts->mtu);
	info = netlink_nest(&req, IFLA_LINKINFO);
	netlink_attr_str(&req, IFLA_INFO_KIND, "veth");
	data = netlink_nest(&req, IFLA_INFO_DATA);
	request_veth_peer(&req, opts);
	netlink_nest_end(&req, data);
	netlink_nest_end(&req, info);
	return netlink_send(nl, &req);
}

static void request_address(struct netlink_request *req, int index, const struct link_address *addr)
{
	const struct ifaddrmsg header = {
		.ifa_family = (unsigned char)addr->family,
		.ifa_prefixlen = (unsigned char)addr->prefix_len,
		/* No detection of duplicates: the store is what says that an address is free, and
		 * it would make the address unusable for a second. */
		.ifa_flags = addr->family == AF_INET6 ? IFA_F_NODAD : 0,
		.ifa_index = (unsigned int)index,
	};
	const size_t len = address_len(addr->family);

	netlink_begin(req, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &header, sizeof(header));
	netlink_attr(req, IFA_LOCAL, addr->bytes, len);
	netlink_attr(req, IFA_ADDRESS, addr->bytes, len);
	if (addr->family == AF_INET && addr->prefix_len < 31) {
		unsigned char broadcast[4];

		for (unsigned int i = 0; i < 4; i++) {
			const unsigned int bits =
				addr->prefix_len > 8 * i ? addr->prefix_len - 8 * i : 0;

			broadcast[i] = addr->bytes[i] | (bits >= 8 ? 0 : 0xff >> bits);
		}
		netlink_attr(req, IFA_BROADCAST, broadcast, sizeof(broadcast));
	}
}

int link_address_add(struct netlink *nl, int index, const struct link_address *addr)
{
	struct netlink_request req;

	netlink_request_init(&req);
	request_address(&req, index, addr);
	return netlink_send(nl, &req);
}

static void request_default_route(struct netlink_request *req, int index,
				  const struct link_address *gateway)
{
	const struct rtmsg header = {
		.rtm_family = (unsigned char)gateway->family,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_BOOT,
		.rtm_scope = RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
	};

	netlink_begin(req, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &header, sizeof(header));
	netlink_attr(req, RTA_GATEWAY, gateway->bytes, address_len(gateway->family));
	netlink_attr_u32(req, RTA_OIF, (uint32_t)index);
}

int link_route_default(struct netlink *nl, int index, const struct link_address *gateway)
{
	struct netlink_request req;

	netlink_request_init(&req);
	request_default_route(&req, index, gateway);
	return netlink_send(nl, &req);
}

int link_unroute_default(struct netlink *nl, int family)
{
	const struct rtmsg header = {
		.rtm_family = (unsigned char)family,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_scope = RT_SCOPE_NOWHERE,
	};
	struct netlink_request req;

	netlink_request_init(&req);
	netlink_begin(&req, RTM_DELROUTE, 0, &header, sizeof(header));
	return netlink_send(nl, &req);
}

/* rtnl_getlink() runs the link's pending carrier event before it answers. */
static void request_settle(struct netlink_request *req, int index, const char *name)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC, .ifi_index = index };

	netlink_begin(req, RTM_GETLINK, 0, &header, sizeof(header));
	if (name)
		netlink_attr_str(req, IFLA_IFNAME, name);
	netlink_attr_u32(req, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
}

int link_settle(struct netlink *nl, const char *const *names)
{
	struct netlink_request req;

	netlink_request_init(&req);
	for (; *names; names++)
		request_settle(&req, 0, *names);
	return netlink_send(nl, &req);
}

int link_configure(struct netlink *nl, int index, const struct link_address *addrs,
		   const struct link_address *gateways, size_t n)
{
	struct netlink_request req;

	netlink_request_init(&req);
	request_link_up(&req, index);
	request_settle(&req, index, NULL);
	for (size_t i = 0; i < n; i++)
		request_address(&req, index, &addrs[i]);
	for (size_t i = 0; i < n; i++) {
		if (gateways[i].family != AF_UNSPEC)
			request_default_route(&req, index, &gateways[i]);
	}
	return netlink_send(nl, &req);
}

struct link_walk {
	link_fn fn;
	void *arg;
};

static int link_walk_message(void *arg, const struct nlmsghdr *msg)
{
	const struct link_walk *walk = arg;
	const struct ifinfomsg *info = NLMSG_DATA(msg);
	const struct nlattr *name, *master;
	int master_index = 0;

	if (msg->nlmsg_type != RTM_NEWLINK || msg->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
		return 0;
	name = netlink_find(msg, sizeof(*info), IFLA_IFNAME);
	if (!name || netlink_data_len(name) == 0 ||
	    memchr(netlink_data(name), '\0', netlink_data_len(name)) == NULL)
		return 0;
	master = netlink_find(msg, sizeof(*info), IFLA_MASTER);
	if (master && netlink_data_len(master) == sizeof(master_index))
		memcpy(&master_index, netlink_data(master), sizeof(master_index));
	return walk->fn(walk->arg, netlink_data(name), info->ifi_index, master_index);
}

int link_list(struct netlink *nl, link_fn fn, void *arg)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	struct link_walk walk = { fn, arg };
	struct netlink_request req;

	netlink_request_init(&req);
	netlink_begin(&req, RTM_GETLINK, NLM_F_DUMP, &header, sizeof(header));
	netlink_attr_u32(&req, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return netlink_query(nl, &req, link_walk_message, &walk);
}
