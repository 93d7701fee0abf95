/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UDP in hoy-relay. Each client address has a session: a socket connected to the container, so
 * that its answers are told apart. Sessions have no end of their own; the one that rested longest
 * goes when a new client needs its place. Answers leave from the address that the client had
 * written to.
 */
#include <errno.h>
#include <string.h>

#include "base/strbuf.h"
#include "network/relay-loop.h"

enum { DATAGRAM_MAX = 65536, SESSIONS_MAX = 256 };

struct udp_listener;

struct udp_session {
	struct event_source src;
	struct udp_listener *listener;
	struct sockaddr_storage client;
	socklen_t client_len;
	_Alignas(struct cmsghdr) unsigned char local
		[64]; /* the address written to, as a control message */
	size_t local_len;
	struct udp_session *next; /* of the listener, latest used first */
};

struct udp_listener {
	struct event_source src;
	struct relay_target target;
	struct udp_session *sessions;
	size_t n_sessions;
};

static unsigned char datagram[DATAGRAM_MAX];

static void session_end(struct udp_session *s)
{
	struct udp_session **at = &s->listener->sessions;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	s->listener->n_sessions--;
	event_loop_close(&s->src);
	relay_give_slot();
	event_loop_free_later(s);
}

static void session_ready(struct event_source *src, uint32_t events)
{
	struct udp_session *s = (struct udp_session *)src;
	struct iovec iov = { .iov_base = datagram };
	struct msghdr msg = {
		.msg_name = &s->client,
		.msg_namelen = s->client_len,
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = s->local_len ? s->local : NULL,
		.msg_controllen = s->local_len,
	};
	ssize_t n;

	if (src->fd < 0)
		return;
	n = recv(src->fd, datagram, sizeof(datagram), 0);
	if (n < 0) {
		/* Refused: nobody listens in the container (now). The next datagram tries again. */
		if (errno != EAGAIN && errno != EINTR && errno != ECONNREFUSED)
			session_end(s);
		return;
	}
	iov.iov_len = (size_t)n;
	(void)sendmsg(s->listener->src.fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Of all control messages only the one that names our address goes back with the answer. */
static void session_keep_local(struct udp_session *s, struct msghdr *msg)
{
	s->local_len = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		const size_t space = CMSG_ALIGN(c->cmsg_len);

		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			((struct in_pktinfo *)CMSG_DATA(c))->ipi_ifindex = 0;
		else if (c->cmsg_level != IPPROTO_IPV6 || c->cmsg_type != IPV6_PKTINFO)
			continue;
		if (space > sizeof(s->local))
			continue;
		memcpy(s->local, c, c->cmsg_len);
		s->local_len = space;
	}
}

static struct udp_session *session_new(struct udp_listener *l, const struct msghdr *msg)
{
	struct udp_session *s, *last = l->sessions;
	int fd;

	if (l->n_sessions >= SESSIONS_MAX || !relay_take_slot()) {
		while (last && last->next)
			last = last->next;
		if (!last)
			return NULL;
		session_end(last);
		if (!relay_take_slot())
			return NULL;
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&l->target.addr, sizeof(l->target.addr)) < 0) {
		if (fd >= 0)
			(void)close(fd);
		relay_give_slot();
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	s->src = (struct event_source){ .ready = session_ready, .fd = fd };
	s->listener = l;
	s->client_len = msg->msg_namelen;
	memcpy(&s->client, msg->msg_name, msg->msg_namelen);
	s->next = l->sessions;
	l->sessions = s;
	l->n_sessions++;
	event_loop_watch(&s->src, EPOLLIN);
	return s;
}

/* The client's session, moved to the front; NULL when there can be none. */
static struct udp_session *session_of(struct udp_listener *l, const struct msghdr *msg)
{
	for (struct udp_session **at = &l->sessions; *at; at = &(*at)->next) {
		struct udp_session *s = *at;

		if (s->client_len != msg->msg_namelen ||
		    memcmp(&s->client, msg->msg_name, s->client_len) != 0)
			continue;
		*at = s->next;
		s->next = l->sessions;
		l->sessions = s;
		return s;
	}
	return session_new(l, msg);
}

static void listener_ready(struct event_source *src, uint32_t events)
{
	struct udp_listener *l = (struct udp_listener *)src;
	_Alignas(struct cmsghdr) unsigned char control[256];
	struct iovec iov = { datagram, sizeof(datagram) };
	struct sockaddr_storage client;
	struct msghdr msg = {
		.msg_name = &client,
		.msg_namelen = sizeof(client),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct udp_session *s;
	ssize_t n = recvmsg(src->fd, &msg, MSG_DONTWAIT);

	if (n < 0)
		return; /* EAGAIN, or an error of an earlier answer */
	s = session_of(l, &msg);
	if (!s)
		return; /* dropped, as a full queue would */
	session_keep_local(s, &msg);
	(void)send(s->src.fd, datagram, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void relay_add_udp(int fd, const struct relay_target *target)
{
	struct udp_listener *l = xcalloc(1, sizeof(*l));
	const int one = 1;

	(void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one));
	(void)setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one));
	l->src = (struct event_source){ .ready = listener_ready, .fd = fd };
	l->target = *target;
	event_loop_watch(&l->src, EPOLLIN);
}
