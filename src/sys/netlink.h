/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Netlink as bytes: requests built in one bounded buffer, sent in one sendmsg(2), answers read
 * until the last one is acknowledged. rtnetlink and nfnetlink (nftables) sit on this. -errno
 * idiom; the kernel's error is the result.
 *
 * A request buffer never overflows: what does not fit sets `full`, and netlink_send() then
 * returns -EMSGSIZE. Lengths are checked, never added unchecked, because a wrapped length would
 * let data be read as a message.
 */
#pragma once

#include <linux/netlink.h>

#include "base/macros.h"

struct netlink {
	int fd;	      /* -1 none */
	uint32_t seq; /* of the last message sent */
};

#define NETLINK_INIT                                                                               \
	{                                                                                          \
		-1, 0                                                                              \
	}

/* protocol: NETLINK_ROUTE, NETLINK_NETFILTER. The socket stays in the network namespace where it
 * was opened. */
must_check int netlink_open(int protocol, struct netlink *ret);
void netlink_release(struct netlink *nl);

enum { NETLINK_REQUEST_MAX = 32768 };

struct netlink_request {
	size_t len;
	struct nlmsghdr *msg; /* the message under construction, inside data */
	bool full;
	bool batch; /* framed by nfnetlink's batch messages: those are not acknowledged */
	_Alignas(8) unsigned char data[NETLINK_REQUEST_MAX];
};

/* Not zeroed as a whole: 32 KiB on the stack cost nothing that way. */
static inline void netlink_request_init(struct netlink_request *req)
{
	req->len = 0;
	req->msg = NULL;
	req->full = false;
	req->batch = false;
}

/* Begin a message with its family header (copied). NLM_F_REQUEST is added. */
void netlink_begin(struct netlink_request *req, uint16_t type, uint16_t flags, const void *header,
		   size_t header_len);
void netlink_attr(struct netlink_request *req, uint16_t type, const void *data, size_t len);
/* With its NUL. */
void netlink_attr_str(struct netlink_request *req, uint16_t type, const char *str);
void netlink_attr_u8(struct netlink_request *req, uint16_t type, uint8_t value);
void netlink_attr_u32(struct netlink_request *req, uint16_t type, uint32_t value);
/* In network order. */
void netlink_attr_be32(struct netlink_request *req, uint16_t type, uint32_t value);
/* Begin a nest; the result goes to netlink_nest_end. */
size_t netlink_nest(struct netlink_request *req, uint16_t type);
void netlink_nest_end(struct netlink_request *req, size_t nest);
/* Bytes inside a nest that are not an attribute (the ifinfomsg in VETH_INFO_PEER). */
void netlink_raw(struct netlink_request *req, const void *data, size_t len);

/* Send all messages, in order, and wait until the last is acknowledged (NLM_F_ACK is set on it).
 * The first error of any of them is the result; later messages were still carried out (rtnetlink)
 * or none was (an nfnetlink batch). */
must_check int netlink_send(struct netlink *nl, struct netlink_request *req);

/* Send one dump or get request; each answer message goes to fn (its result < 0 ends reading and
 * is returned). */
typedef int (*netlink_fn)(void *arg, const struct nlmsghdr *msg);
must_check int netlink_query(struct netlink *nl, struct netlink_request *req, netlink_fn fn,
			     void *arg);

/* The first attribute of a type, in a run of attributes (a nest's data) or in an answer behind a
 * header of header_len bytes; NULL when absent. Lengths that lie end the search. */
const struct nlattr *netlink_attr_find(const void *attrs, size_t len, uint16_t type);
const struct nlattr *netlink_find(const struct nlmsghdr *msg, size_t header_len, uint16_t type);
static inline const void *netlink_data(const struct nlattr *attr)
{
	return (const unsigned char *)attr + NLA_HDRLEN;
}

static inline size_t netlink_data_len(const struct nlattr *attr)
{
	return attr->nla_len - NLA_HDRLEN;
}
