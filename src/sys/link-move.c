/* SPDX-License-Identifier: Apache-2.0 */
/* rtnetlink: RTM_SETLINK with a namespace, and addresses told by RTM_GETADDR given back by
 * RTM_NEWADDR. */
#include "sys/link-move.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

int link_move(struct netlink *nl, int index, int netns_fd, const char *name)
{
	const struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = index };
	struct netlink_request req;

	netlink_request_init(&req);
	netlink_begin(&req, RTM_SETLINK, 0, &info, sizeof(info));
	netlink_attr_u32(&req, IFLA_NET_NS_FD, (uint32_t)netns_fd);
	netlink_attr_str(&req, IFLA_IFNAME, name);
	return netlink_send(nl, &req);
}

/* One address, and behind it the bytes of its attributes. */
struct saved_address {
	uint32_t flags;
	uint32_t len;
	struct ifaddrmsg msg;
};

struct saving {
	int index;
	struct strbuf *out;
};

static uint32_t address_flags(const struct nlmsghdr *msg, const struct ifaddrmsg *addr)
{
	const struct nlattr *attr = netlink_find(msg, sizeof(*addr), IFA_FLAGS);
	uint32_t flags = addr->ifa_flags;

	if (attr && netlink_data_len(attr) == sizeof(flags))
		memcpy(&flags, netlink_data(attr), sizeof(flags));
	return flags;
}

static int save_address(void *arg, const struct nlmsghdr *msg)
{
	const struct saving *s = arg;
	const struct ifaddrmsg *addr = NLMSG_DATA(msg);
	struct saved_address saved;

	if (msg->nlmsg_type != RTM_NEWADDR || msg->nlmsg_len < NLMSG_LENGTH(sizeof(*addr)))
		return 0;
	saved = (struct saved_address){ .flags = address_flags(msg, addr),
					.len = msg->nlmsg_len - NLMSG_LENGTH(sizeof(*addr)),
					.msg = *addr };
	if ((int)addr->ifa_index != s->index || addr->ifa_scope != RT_SCOPE_UNIVERSE ||
	    !(saved.flags & IFA_F_PERMANENT))
		return 0;
	strbuf_add(s->out, &saved, sizeof(saved));
	strbuf_add(s->out, (const char *)NLMSG_DATA(msg) + sizeof(*addr), saved.len);
	return 0;
}

int link_addresses_save(struct netlink *nl, int index, struct strbuf *out)
{
	const struct ifaddrmsg all = { .ifa_family = AF_UNSPEC, .ifa_index = (uint32_t)index };
	struct saving saving = { .index = index, .out = out };
	struct netlink_request req;

	netlink_request_init(&req);
	netlink_begin(&req, RTM_GETADDR, NLM_F_DUMP, &all, sizeof(all));
	return netlink_query(nl, &req, save_address, &saving);
}

/* Not the label, which is the old name, and not the life time: it is for ever. */
static void request_address(struct netlink_request *req, int index,
			    const struct saved_address *saved, const void *attrs)
{
	static const uint16_t kept[] = { IFA_ADDRESS, IFA_LOCAL, IFA_BROADCAST, IFA_RT_PRIORITY,
					 IFA_PROTO };
	struct ifaddrmsg addr = saved->msg;
	uint32_t flags = saved->flags & (IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR |
					 IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN);

	if (addr.ifa_family == AF_INET6)
		flags |= IFA_F_NODAD;
	addr.ifa_index = (uint32_t)index;
	addr.ifa_flags = 0;
	netlink_begin(req, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &addr, sizeof(addr));
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		const struct nlattr *attr = netlink_attr_find(attrs, saved->len, kept[i]);

		if (attr)
			netlink_attr(req, kept[i], netlink_data(attr), netlink_data_len(attr));
	}
	netlink_attr_u32(req, IFA_FLAGS, flags);
}

int link_addresses_restore(struct netlink *nl, int index, const struct strbuf *saved)
{
	const struct ifinfomsg up = { .ifi_family = AF_UNSPEC,
				      .ifi_index = index,
				      .ifi_flags = IFF_UP,
				      .ifi_change = IFF_UP };
	struct netlink_request req;

	netlink_request_init(&req);
	netlink_begin(&req, RTM_SETLINK, 0, &up, sizeof(up));
	for (size_t at = 0; at < saved->len;) {
		struct saved_address address;

		memcpy(&address, saved->data + at, sizeof(address));
		at += sizeof(address);
		request_address(&req, index, &address, saved->data + at);
		at += address.len;
	}
	return netlink_send(nl, &req);
}
