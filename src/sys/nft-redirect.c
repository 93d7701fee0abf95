/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As nft(8) would write it:
 *
 *	table ip NAME {
 *		chain output {
 *			type nat hook output priority -100;
 *			ip daddr ADDR udp dport PORT dnat to ADDR:UDP
 *			ip daddr ADDR tcp dport PORT dnat to ADDR:TCP
 *		}
 *	}
 *
 * Expressions and their attributes are those of linux/netfilter/nf_tables.h.
 */
#include "sys/nft-redirect.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stddef.h>
#include <linux/ip.h>
#include <linux/udp.h>

enum { NAT_PRIORITY = -100, REG_ADDR = NFT_REG_1, REG_PORT = NFT_REG_2 };

static void request_batch(struct netlink_request *req, uint16_t type)
{
	const struct nfgenmsg header = {
		.nfgen_family = AF_UNSPEC,
		.version = NFNETLINK_V0,
		.res_id = htons(NFNL_SUBSYS_NFTABLES),
	};

	netlink_begin(req, type, 0, &header, sizeof(header));
	req->batch = true;
}

static void request_nft(struct netlink_request *req, uint16_t type, uint16_t flags)
{
	const struct nfgenmsg header = { .nfgen_family = NFPROTO_IPV4, .version = NFNETLINK_V0 };

	netlink_begin(req, (NFNL_SUBSYS_NFTABLES << 8) | type, flags, &header, sizeof(header));
}

static void request_table(struct netlink_request *req, uint16_t type, const char *name)
{
	request_nft(req, type, type == NFT_MSG_NEWTABLE ? NLM_F_CREATE : 0);
	netlink_attr_str(req, NFTA_TABLE_NAME, name);
}

static void request_chain(struct netlink_request *req, const char *name)
{
	size_t hook;

	request_nft(req, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	netlink_attr_str(req, NFTA_CHAIN_TABLE, name);
	netlink_attr_str(req, NFTA_CHAIN_NAME, "output");
	hook = netlink_nest(req, NFTA_CHAIN_HOOK);
	netlink_attr_be32(req, NFTA_HOOK_HOOKNUM, NF_INET_LOCAL_OUT);
	netlink_attr_be32(req, NFTA_HOOK_PRIORITY, (uint32_t)NAT_PRIORITY);
	netlink_nest_end(req, hook);
	netlink_attr_str(req, NFTA_CHAIN_TYPE, "nat");
}

/* An expression is a list element with a name and its attributes. */
struct expression {
	size_t element, data;
};

static struct expression expression_begin(struct netlink_request *req, const char *name)
{
	struct expression e = { .element = netlink_nest(req, NFTA_LIST_ELEM) };

	netlink_attr_str(req, NFTA_EXPR_NAME, name);
	e.data = netlink_nest(req, NFTA_EXPR_DATA);
	return e;
}

static void expression_end(struct netlink_request *req, const struct expression *e)
{
	netlink_nest_end(req, e->data);
	netlink_nest_end(req, e->element);
}

static void value(struct netlink_request *req, uint16_t type, const void *data, size_t len)
{
	const size_t nest = netlink_nest(req, type);

	netlink_attr(req, NFTA_DATA_VALUE, data, len);
	netlink_nest_end(req, nest);
}

static void compare(struct netlink_request *req, const void *data, size_t len)
{
	const struct expression e = expression_begin(req, "cmp");

	netlink_attr_be32(req, NFTA_CMP_SREG, NFT_REG_1);
	netlink_attr_be32(req, NFTA_CMP_OP, NFT_CMP_EQ);
	value(req, NFTA_CMP_DATA, data, len);
	expression_end(req, &e);
}

static void match_header(struct netlink_request *req, uint32_t base, uint32_t offset,
			 const void *data, size_t len)
{
	const struct expression e = expression_begin(req, "payload");

	netlink_attr_be32(req, NFTA_PAYLOAD_DREG, NFT_REG_1);
	netlink_attr_be32(req, NFTA_PAYLOAD_BASE, base);
	netlink_attr_be32(req, NFTA_PAYLOAD_OFFSET, offset);
	netlink_attr_be32(req, NFTA_PAYLOAD_LEN, (uint32_t)len);
	expression_end(req, &e);
	compare(req, data, len);
}

static void match_protocol(struct netlink_request *req, uint8_t protocol)
{
	const struct expression e = expression_begin(req, "meta");

	netlink_attr_be32(req, NFTA_META_DREG, NFT_REG_1);
	netlink_attr_be32(req, NFTA_META_KEY, NFT_META_L4PROTO);
	expression_end(req, &e);
	compare(req, &protocol, sizeof(protocol));
}

static void load(struct netlink_request *req, uint32_t reg, const void *data, size_t len)
{
	const struct expression e = expression_begin(req, "immediate");

	netlink_attr_be32(req, NFTA_IMMEDIATE_DREG, reg);
	value(req, NFTA_IMMEDIATE_DATA, data, len);
	expression_end(req, &e);
}

static void translate(struct netlink_request *req, const struct in_addr *addr, uint16_t port)
{
	const uint16_t be = htons(port);
	struct expression e;

	load(req, REG_ADDR, addr, sizeof(*addr));
	load(req, REG_PORT, &be, sizeof(be));
	e = expression_begin(req, "nat");
	netlink_attr_be32(req, NFTA_NAT_TYPE, NFT_NAT_DNAT);
	netlink_attr_be32(req, NFTA_NAT_FAMILY, NFPROTO_IPV4);
	netlink_attr_be32(req, NFTA_NAT_REG_ADDR_MIN, REG_ADDR);
	netlink_attr_be32(req, NFTA_NAT_REG_PROTO_MIN, REG_PORT);
	expression_end(req, &e);
}

static void request_rule(struct netlink_request *req, const char *name,
			 const struct nft_redirect *redirect, uint8_t protocol, uint16_t to)
{
	const uint16_t port = htons(redirect->port);
	size_t list;

	request_nft(req, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	netlink_attr_str(req, NFTA_RULE_TABLE, name);
	netlink_attr_str(req, NFTA_RULE_CHAIN, "output");
	list = netlink_nest(req, NFTA_RULE_EXPRESSIONS);
	match_header(req, NFT_PAYLOAD_NETWORK_HEADER, offsetof(struct iphdr, daddr),
		     &redirect->addr, sizeof(redirect->addr));
	match_protocol(req, protocol);
	/* the same place in both protocols */
	match_header(req, NFT_PAYLOAD_TRANSPORT_HEADER, offsetof(struct udphdr, dest), &port,
		     sizeof(port));
	translate(req, &redirect->addr, to);
	netlink_nest_end(req, list);
}

int nft_redirect_set(struct netlink *nl, const char *name, const struct nft_redirect *redirect)
{
	struct netlink_request req;

	netlink_request_init(&req);
	request_batch(&req, NFNL_MSG_BATCH_BEGIN);
	/* Made first, so that there is one to delete. */
	request_table(&req, NFT_MSG_NEWTABLE, name);
	request_table(&req, NFT_MSG_DELTABLE, name);
	request_table(&req, NFT_MSG_NEWTABLE, name);
	request_chain(&req, name);
	request_rule(&req, name, redirect, IPPROTO_UDP, redirect->to_udp);
	request_rule(&req, name, redirect, IPPROTO_TCP, redirect->to_tcp);
	request_batch(&req, NFNL_MSG_BATCH_END);
	return netlink_send(nl, &req);
}
