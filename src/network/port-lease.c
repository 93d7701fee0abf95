/* SPDX-License-Identifier: Apache-2.0 */
/* Ports leased: looked up in the records, held on the host by a socket, written down. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/parse.h"
#include "base/strbuf.h"
#include "network/ports.h"
#include "sys/file.h"
#include "sys/rlimit.h"

enum {
	LISTEN_BACKLOG = 128,
	SPARE_FDS = 64,	      /* what a worker needs beside the sockets */
	RANDOM_FIRST = 32768, /* where the kernel does not say          */
	RANDOM_LAST = 60999,
};

void port_holds_release(struct port_holds *holds)
{
	if (!holds)
		return;
	for (size_t i = 0; i < holds->n; i++) {
		port_record_release(&holds->items[i].lease);
		macros_close_fd(&holds->items[i].fd);
	}
	free(holds->items);
	*holds = (struct port_holds){ 0 };
}

static socklen_t sockaddr_make(const struct link_address *ip, uint16_t port,
			       struct sockaddr_storage *ret)
{
	struct sockaddr_in *in = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;

	memset(ret, 0, sizeof(*ret));
	ret->ss_family = (sa_family_t)ip->family;
	if (ip->family == AF_INET) {
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, ip->bytes, sizeof(in->sin_addr));
		return sizeof(*in);
	}
	in6->sin6_port = htons(port);
	memcpy(&in6->sin6_addr, ip->bytes, sizeof(in6->sin6_addr));
	return sizeof(*in6);
}

/* A socket of the protocol; -1 with 0 returned when the kernel has none such (SCTP is a module). */
static int hold_socket(const struct link_address *ip, const char *protocol, int *ret_fd)
{
	const int number = port_protocol_number(protocol);
	const int type = number == IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM;

	*ret_fd = socket(ip->family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, number);
	if (*ret_fd >= 0)
		return 0;
	if (number == IPPROTO_SCTP && (errno == EPROTONOSUPPORT || errno == ESOCKTNOSUPPORT))
		return 0;
	return -errno;
}

/* Bind (and listen): -EADDRINUSE when somebody has the port. */
static int port_hold(const struct link_address *ip, const char *protocol, uint16_t port,
		     int *ret_fd)
{
	cleanup_fd int fd = -1;
	struct sockaddr_storage addr;
	const socklen_t len = sockaddr_make(ip, port, &addr);
	const int one = 1;
	int r;

	r = hold_socket(ip, protocol, &fd);
	if (r < 0)
		return r;
	if (fd >= 0) {
		if (ip->family == AF_INET6)
			(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
		/* Connections of an earlier holder that are still closing are no obstacle; with
		 * UDP it would let two programs share a port. */
		if (strcmp(protocol, "udp") != 0)
			(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (bind(fd, (struct sockaddr *)&addr, len) < 0)
			return -errno;
		if (strcmp(protocol, "udp") != 0 && listen(fd, LISTEN_BACKLOG) < 0)
			return -errno;
	}
	*ret_fd = take_fd(&fd);
	return 0;
}

/* The state of one plan on its way into the records. */
struct leasing {
	struct store *store;
	const struct endpoint_record *ep;
	struct port_holds *holds;
};

/* Why a port could not be had; kept until it is known whether another one will do. */
struct port_refusal {
	char *holder; /* name or id of the container that has it; NULL: another program */
	int errnum;
	char ip[ADDRESS_TEXT_MAX];
};

static void port_refusal_release(struct port_refusal *refusal)
{
	free(refusal->holder);
	*refusal = (struct port_refusal){ 0 };
}

static struct port_hold port_hold_new(const struct leasing *l, const struct port_request *req,
				      const char *host_ip, uint16_t port, int fd)
{
	const bool ip6 = strchr(host_ip, ':') && l->ep->ip6;

	return (struct port_hold){
		.fd = fd,
		.lease = {
			.container_id = xstrdup(l->ep->container_id),
			.endpoint_id = xstrdup(l->ep->id),
			.protocol = xstrdup(req->protocol),
			.host_ip = xstrdup(host_ip),
			.container_ip = xstrdup(ip6 ? l->ep->ip6 : l->ep->ip),
			.host_port = port,
			.container_port = req->container_port,
		},
	};
}

/* Hold `port` on all addresses of the request. 1: held; 0: refused, why is in *refusal. */
static int port_try(struct leasing *l, const struct port_request *req, uint16_t port,
		    struct port_holds *ret, struct port_refusal *refusal, struct error *err)
{
	port_refusal_release(refusal);
	for (size_t i = 0; i < req->n_host_ips; i++) {
		cleanup_free char *id = NULL;
		cleanup_free char *name = NULL;
		char *ip = refusal->ip;
		int fd = -1, r;

		address_format(&req->host_ips[i], ip);
		r = port_holder(l->store, req->protocol, ip, port, &id, &name, err);
		if (r < 0)
			return r;
		if (id) {
			refusal->holder = name ? take_ptr(name) : xstrndup(id, 12);
			return 0;
		}
		r = port_hold(&req->host_ips[i], req->protocol, port, &fd);
		if (r < 0) {
			refusal->errnum = -r;
			return 0;
		}
		ret->items = xrealloc(ret->items, ret->n + 1, sizeof(*ret->items));
		ret->items[ret->n++] = port_hold_new(l, req, ip, port, fd);
	}
	return 1;
}

static int refusal_error(const struct leasing *l, const struct port_request *req, uint16_t port,
			 const struct port_refusal *refusal, struct error *err)
{
	cleanup_free char *bind = port_address_text(refusal->ip, port);
	cleanup_free char *why = xstrdup(strerror(refusal->errnum));

	if (refusal->holder)
		return error_set(err, ERR_SYSTEM, 0,
				 "Bind for %s failed: port is already allocated by container %s",
				 bind, refusal->holder);
	why[0] = (char)tolower((unsigned char)why[0]);
	return error_set(err, ERR_SYSTEM, 0, "failed to bind host port for %s:%s:%u/%s: %s", bind,
			 l->ep->ip, req->container_port, req->protocol, why);
}

/* Into the records and into the list of the whole plan. */
static int holds_write(struct leasing *l, struct port_holds *some, struct error *err)
{
	struct port_holds *all = l->holds;

	for (size_t i = 0; i < some->n; i++) {
		int r = port_record_insert(l->store, &some->items[i].lease, err);

		if (r < 0)
			return r;
	}
	if (some->n == 0)
		return 0;
	all->items = xrealloc(all->items, all->n + some->n, sizeof(*all->items));
	memcpy(all->items + all->n, some->items, some->n * sizeof(*some->items));
	all->n += some->n;
	some->n = 0;
	return 0;
}

static void random_range(uint16_t *ret_first, uint16_t *ret_last)
{
	cleanup_free char *text = NULL;
	unsigned int first, last;

	*ret_first = RANDOM_FIRST;
	*ret_last = RANDOM_LAST;
	if (file_read_at(AT_FDCWD, "/proc/sys/net/ipv4/ip_local_port_range", 64, &text, NULL) < 0)
		return;
	if (sscanf(text, "%u %u", &first, &last) != 2 || first == 0 || last > UINT16_MAX ||
	    first > last)
		return;
	*ret_first = (uint16_t)first;
	*ret_last = (uint16_t)last;
}

/* Where the search in a range begins: a random port behind the last one given out, so that ten
 * thousand of them do not each look at all before. */
static int search_start(struct leasing *l, const struct port_request *req, uint16_t first,
			uint16_t last, uint16_t *ret, struct error *err)
{
	uint16_t highest = 0;
	int r;

	*ret = first;
	if (req->first != 0)
		return 0;
	r = port_highest(l->store, req->protocol, first, last, &highest, err);
	if (r >= 0 && highest >= first && highest < last)
		*ret = (uint16_t)(highest + 1);
	return r;
}

static int request_lease(struct leasing *l, const struct port_request *req, struct error *err)
{
	cleanup(port_refusal_release) struct port_refusal refusal = { 0 };
	uint16_t first = req->first, last = req->last, start;
	int r;

	if (first == 0)
		random_range(&first, &last);
	r = search_start(l, req, first, last, &start, err);
	if (r < 0)
		return r;
	for (uint32_t i = 0, n = (uint32_t)(last - first) + 1; i < n; i++) {
		const uint16_t port = (uint16_t)(first + (start - first + i) % n);
		cleanup(port_holds_release) struct port_holds some = { 0 };

		r = port_try(l, req, port, &some, &refusal, err);
		if (r < 0)
			return r;
		if (r > 0)
			return holds_write(l, &some, err);
		if (n == 1 || (refusal.errnum != 0 && refusal.errnum != EADDRINUSE))
			return refusal_error(l, req, port, &refusal, err);
	}
	return error_set(err, ERR_SYSTEM, 0, "all ports from %u to %u are allocated", first, last);
}

/* Each lease costs an fd: use what the hard limit gives. */
static void raise_fd_limit(size_t n)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) == 0 && lim.rlim_cur < n + SPARE_FDS)
		rlimit_raise_files();
}

int port_plan_lease(struct store *store, const struct port_plan *plan,
		    const struct endpoint_record *ep, struct port_holds *ret, struct error *err)
{
	cleanup(port_holds_release) struct port_holds holds = { 0 };
	struct leasing l = { store, ep, &holds };

	raise_fd_limit(2 * plan->n);
	for (size_t i = 0; i < plan->n; i++) {
		int r = request_lease(&l, &plan->items[i], err);

		if (r < 0)
			return r;
	}
	*ret = holds;
	holds = (struct port_holds){ 0 };
	return 0;
}
