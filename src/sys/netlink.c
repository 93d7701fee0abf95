/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of netlink: building requests, one round trip each, reading what comes back. See
 * netlink(7). */
#include "sys/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { NETLINK_ANSWER_MAX = 32768 }; /* what the kernel fills in one dump message, at most */

int netlink_open(int protocol, struct netlink *ret)
{
	const struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	cleanup_fd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	const int one = 1;

	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	/* Without it an error answer repeats the whole request. Older kernels do just that. */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	*ret = (struct netlink){ .fd = take_fd(&fd) };
	return 0;
}

void netlink_release(struct netlink *nl)
{
	if (!nl)
		return;
	macros_close_fd(&nl->fd);
	*nl = (struct netlink)NETLINK_INIT;
}

/* Room for len bytes, padded to 4; NULL (and full) when there is none. */
static unsigned char *request_grow(struct netlink_request *req, size_t len)
{
	const size_t padded = NLMSG_ALIGN(len);
	unsigned char *at = req->data + req->len;

	if (req->full || len > NETLINK_REQUEST_MAX || padded > NETLINK_REQUEST_MAX - req->len) {
		req->full = true;
		return NULL;
	}
	memset(at, 0, padded);
	req->len += padded;
	if (req->msg)
		req->msg->nlmsg_len += (uint32_t)padded;
	return at;
}

void netlink_begin(struct netlink_request *req, uint16_t type, uint16_t flags, const void *header,
		   size_t header_len)
{
	struct nlmsghdr *msg;

	req->msg = NULL;
	msg = (struct nlmsghdr *)request_grow(req, sizeof(*msg));
	if (!msg)
		return;
	*msg = (struct nlmsghdr){ .nlmsg_len = sizeof(*msg),
				  .nlmsg_type = type,
				  .nlmsg_flags = flags | NLM_F_REQUEST };
	req->msg = msg;
	netlink_raw(req, header, header_len);
}

void netlink_raw(struct netlink_request *req, const void *data, size_t len)
{
	unsigned char *at = request_grow(req, len);

	if (at && len > 0)
		memcpy(at, data, len);
}

void netlink_attr(struct netlink_request *req, uint16_t type, const void *data, size_t len)
{
	struct nlattr *attr;

	if (len > UINT16_MAX - NLA_HDRLEN) {
		req->full = true;
		return;
	}
	attr = (struct nlattr *)request_grow(req, NLA_HDRLEN + len);
	if (!attr)
		return;
	*attr = (struct nlattr){ .nla_len = (uint16_t)(NLA_HDRLEN + len), .nla_type = type };
	if (len > 0)
		memcpy((unsigned char *)attr + NLA_HDRLEN, data, len);
}

void netlink_attr_str(struct netlink_request *req, uint16_t type, const char *str)
{
	netlink_attr(req, type, str, strlen(str) + 1);
}

void netlink_attr_u8(struct netlink_request *req, uint16_t type, uint8_t value)
{
	netlink_attr(req, type, &value, sizeof(value));
}

void netlink_attr_u32(struct netlink_request *req, uint16_t type, uint32_t value)
{
	netlink_attr(req, type, &value, sizeof(value));
}

void netlink_attr_be32(struct netlink_request *req, uint16_t type, uint32_t value)
{
	netlink_attr_u32(req, type, htonl(value));
}

size_t netlink_nest(struct netlink_request *req, uint16_t type)
{
	const size_t at = req->len;

	netlink_attr(req, type | NLA_F_NESTED, NULL, 0);
	return at;
}

void netlink_nest_end(struct netlink_request *req, size_t nest)
{
	const size_t len = req->len - nest;

	if (req->full)
		return;
	if (len > UINT16_MAX) {
		req->full = true;
		return;
	}
	((struct nlattr *)(req->data + nest))->nla_len = (uint16_t)len;
}

/* What one request waits for. */
struct answer {
	uint32_t first, last; /* sequence numbers of the request's messages */
	netlink_fn fn;	      /* NULL: only acknowledgements are expected   */
	void *arg;
	int result; /* the first error                            */
	bool batch, done;
};

/* Number the messages. The last one (in a batch, before its end mark) gets last_flags. */
static int request_seal(struct netlink *nl, struct netlink_request *req, uint16_t last_flags,
			struct answer *ret)
{
	struct nlmsghdr *asked = req->msg;

	if (req->full || !req->msg)
		return -EMSGSIZE;
	ret->first = nl->seq + 1;
	ret->batch = req->batch;
	for (size_t at = 0; at < req->len;) {
		struct nlmsghdr *msg = (struct nlmsghdr *)(req->data + at);

		msg->nlmsg_seq = ++nl->seq;
		if (!req->batch || msg != req->msg)
			asked = msg;
		at += NLMSG_ALIGN(msg->nlmsg_len);
	}
	asked->nlmsg_flags |= last_flags;
	ret->last = asked->nlmsg_seq;
	return 0;
}

static int request_write(struct netlink *nl, const struct netlink_request *req)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t n;

	do
		n = sendto(nl->fd, req->data, req->len, 0, (struct sockaddr *)&kernel,
			   sizeof(kernel));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == req->len ? 0 : -EIO;
}

/* One datagram from the kernel; what another process sent us is ignored. */
static ssize_t answer_read(const struct netlink *nl, void *buf, size_t len)
{
	struct sockaddr_nl from = { 0 };
	socklen_t from_len;
	ssize_t n;

	do {
		from_len = sizeof(from);
		n = recvfrom(nl->fd, buf, len, MSG_TRUNC, (struct sockaddr *)&from, &from_len);
	} while ((n < 0 && errno == EINTR) || (n >= 0 && from.nl_pid != 0));
	if (n < 0)
		return -errno;
	return (size_t)n > len ? -EMSGSIZE : n;
}

static int answer_error(const struct nlmsghdr *msg)
{
	if (msg->nlmsg_len < NLMSG_LENGTH(sizeof(int)))
		return -EBADMSG;
	return *(const int *)NLMSG_DATA(msg);
}

static void answer_message(struct answer *a, const struct nlmsghdr *msg)
{
	int r = 0;

	if (msg->nlmsg_seq - a->first > a->last - a->first)
		return; /* left over from a request that failed half-way */
	if (msg->nlmsg_type == NLMSG_ERROR) {
		r = answer_error(msg);
		/* A batch refused as a whole is told of its first message alone. */
		a->done = a->done || msg->nlmsg_seq == a->last ||
			  (a->batch && r < 0 && msg->nlmsg_seq == a->first);
	} else if (msg->nlmsg_type == NLMSG_DONE) {
		r = answer_error(msg);
		a->done = true;
	} else if (a->fn && a->result == 0) {
		r = a->fn(a->arg, msg);
		a->done = a->done || !(msg->nlmsg_flags & NLM_F_MULTI);
	}
	if (r < 0 && a->result == 0)
		a->result = r;
}

static int answer_wait(struct netlink *nl, struct answer *a)
{
	_Alignas(8) unsigned char buf[NETLINK_ANSWER_MAX];

	while (!a->done) {
		ssize_t n = answer_read(nl, buf, sizeof(buf));
		const struct nlmsghdr *msg = (const struct nlmsghdr *)buf;

		if (n < 0)
			return (int)n;
		for (; NLMSG_OK(msg, n); msg = NLMSG_NEXT(msg, n))
			answer_message(a, msg);
	}
	return a->result;
}

int netlink_send(struct netlink *nl, struct netlink_request *req)
{
	struct answer a = { 0 };
	int r;

	r = request_seal(nl, req, NLM_F_ACK, &a);
	if (r < 0)
		return r;
	r = request_write(nl, req);
	return r < 0 ? r : answer_wait(nl, &a);
}

int netlink_query(struct netlink *nl, struct netlink_request *req, netlink_fn fn, void *arg)
{
	struct answer a = { .fn = fn, .arg = arg };
	int r;

	r = request_seal(nl, req, 0, &a);
	if (r < 0)
		return r;
	r = request_write(nl, req);
	return r < 0 ? r : answer_wait(nl, &a);
}

const struct nlattr *netlink_attr_find(const void *attrs, size_t len, uint16_t type)
{
	const unsigned char *at = attrs;

	while (len >= NLA_HDRLEN) {
		const struct nlattr *attr = (const struct nlattr *)at;
		const size_t step = NLA_ALIGN(attr->nla_len);

		if (attr->nla_len < NLA_HDRLEN || attr->nla_len > len)
			return NULL;
		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return attr;
		if (step >= len)
			return NULL;
		at += step;
		len -= step;
	}
	return NULL;
}

const struct nlattr *netlink_find(const struct nlmsghdr *msg, size_t header_len, uint16_t type)
{
	const size_t skip = NLMSG_HDRLEN + NLMSG_ALIGN(header_len);

	if (msg->nlmsg_len < skip)
		return NULL;
	return netlink_attr_find((const unsigned char *)msg + skip, msg->nlmsg_len - skip, type);
}
