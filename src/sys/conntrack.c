/* SPDX-License-Identifier: Apache-2.0 */
/* Deleting tracked connections by ctnetlink with a filter. */
#include "sys/conntrack.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

/* Bits of CTA_FILTER_{ORIG,REPLY}_FLAGS: which members of the tuple count. No header of the
 * kernel's user interface names them; they are those of net/netfilter/nf_internals.h. */
enum {
	FILTER_IP_SRC = 1 << 0,
	FILTER_PROTO_NUM = 1 << 3,
	FILTER_PROTO_DST_PORT = 1 << 5,
};

static void request_forget(struct netlink_request *req, int family, uint32_t orig_flags,
			   uint32_t reply_flags)
{
	/* version 1: the family is to be heeded */
	const struct nfgenmsg header = { .nfgen_family = (uint8_t)family, .version = 1 };
	size_t filter;

	netlink_begin(req, (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_DELETE, 0, &header,
		      sizeof(header));
	filter = netlink_nest(req, CTA_FILTER);
	netlink_attr_u32(req, CTA_FILTER_ORIG_FLAGS, orig_flags);
	netlink_attr_u32(req, CTA_FILTER_REPLY_FLAGS, reply_flags);
	netlink_nest_end(req, filter);
}

int conntrack_forget_port(struct netlink *nl, int family, uint8_t protocol, uint16_t port)
{
	const uint16_t be_port = htons(port);
	struct netlink_request req;
	size_t tuple, proto;

	netlink_request_init(&req);
	request_forget(&req, family, FILTER_PROTO_NUM | FILTER_PROTO_DST_PORT, 0);
	tuple = netlink_nest(&req, CTA_TUPLE_ORIG);
	proto = netlink_nest(&req, CTA_TUPLE_PROTO);
	netlink_attr_u8(&req, CTA_PROTO_NUM, protocol);
	netlink_attr(&req, CTA_PROTO_DST_PORT, &be_port, sizeof(be_port));
	netlink_nest_end(&req, proto);
	netlink_nest_end(&req, tuple);
	return netlink_send(nl, &req);
}

int conntrack_forget_address(struct netlink *nl, const struct link_address *addr)
{
	const bool six = addr->family == AF_INET6;
	struct netlink_request req;
	size_t tuple, ip;

	netlink_request_init(&req);
	request_forget(&req, addr->family, 0, FILTER_IP_SRC);
	tuple = netlink_nest(&req, CTA_TUPLE_REPLY);
	ip = netlink_nest(&req, CTA_TUPLE_IP);
	netlink_attr(&req, six ? CTA_IP_V6_SRC : CTA_IP_V4_SRC, addr->bytes, six ? 16 : 4);
	netlink_nest_end(&req, ip);
	netlink_nest_end(&req, tuple);
	return netlink_send(nl, &req);
}
