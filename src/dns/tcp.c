/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions by TCP: each message behind two bytes of length. A connection has one question at a
 * time; one that is passed on opens a connection to a server:
 *
 *	READ -> answered here -> WRITE -> READ …
 *	READ -> passed on: ASK (connect, write) -> LISTEN (read) -> WRITE -> READ …
 *
 * Each step has a deadline. A server that fails makes room for the next.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/strbuf.h"
#include "dns/server.h"

enum {
	CONNECTIONS_MAX = 32,
	PREFIX = 2,
	QUERY_MAX = 4096,
	CLIENT_MS = 10000, /* between its bytes */
	SERVER_MS = 4000,
	FRAME_MAX = PREFIX + DNS_MESSAGE_MAX,
};

/* A message with its length in front, partly moved. */
struct frame {
	unsigned char *data;
	size_t done, len; /* len 0: not known yet */
};

struct connection;

/* The way to a server, while a question is with it. */
struct asking {
	struct event_source src;
	struct connection *conn;
	size_t server;
	struct frame answer;
	size_t sent; /* of the connection's query */
};

struct connection {
	struct event_source src;
	struct frame query, reply;
	struct asking *asking;
};

static size_t n_connections;

static void frame_release(struct frame *f)
{
	free(f->data);
	*f = (struct frame){ NULL, 0, 0 };
}

/* Read what there is of a message. 1: it is whole; 0: more is to come; < 0: no more. */
static int frame_read(struct frame *f, int fd, size_t max)
{
	unsigned char prefix[PREFIX];
	ssize_t n;

	if (f->len == 0) {
		/* both bytes or none: who sends one byte alone waits for the deadline */
		n = recv(fd, prefix, PREFIX, MSG_PEEK | MSG_DONTWAIT);
		if (n == 1)
			return 0;
		if (n < PREFIX)
			return n < 0 && errno == EAGAIN ? 0 : -ECONNRESET;
		f->len = PREFIX + (size_t)dns_get16(prefix);
		if (f->len < PREFIX + DNS_HEADER_LEN || f->len > max)
			return -EMSGSIZE;
		f->data = xmalloc(f->len);
	}
	n = recv(fd, f->data + f->done, f->len - f->done, MSG_DONTWAIT);
	if (n <= 0)
		return n < 0 && errno == EAGAIN ? 0 : -ECONNRESET;
	f->done += (size_t)n;
	return f->done == f->len;
}

static void asking_end(struct asking *a)
{
	if (!a)
		return;
	a->conn->asking = NULL;
	frame_release(&a->answer);
	event_loop_close(&a->src);
	event_loop_free_later(a);
}

static void connection_end(struct connection *c)
{
	asking_end(c->asking);
	frame_release(&c->query);
	frame_release(&c->reply);
	n_connections--;
	event_loop_close(&c->src);
	event_loop_free_later(c);
}

static void connection_expired(struct event_source *src)
{
	connection_end((struct connection *)src);
}

/* The answer is in c->reply: on its way to the client, then for the next question. */
static void connection_write(struct connection *c)
{
	const ssize_t n = send(c->src.fd, c->reply.data + c->reply.done,
			       c->reply.len - c->reply.done, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN) {
		connection_end(c);
		return;
	}
	c->reply.done += n > 0 ? (size_t)n : 0;
	event_loop_arm(&c->src, CLIENT_MS);
	if (c->reply.done < c->reply.len) {
		event_loop_watch(&c->src, EPOLLOUT);
		return;
	}
	frame_release(&c->query);
	frame_release(&c->reply);
	event_loop_watch(&c->src, EPOLLIN);
}

/* A message of len bytes behind the prefix. */
static void connection_reply(struct connection *c, unsigned char *frame, size_t len)
{
	dns_put16(frame, (uint16_t)len);
	frame_release(&c->reply);
	c->reply = (struct frame){ frame, 0, PREFIX + len };
	connection_write(c);
}

static void connection_fail(struct connection *c)
{
	unsigned char *frame = xmalloc(PREFIX + DNS_UDP_MIN);
	const size_t len = dns_fail(c->query.data + PREFIX, c->query.len - PREFIX, frame + PREFIX,
				    DNS_UDP_MIN);

	asking_end(c->asking);
	if (len > 0) {
		connection_reply(c, frame, len);
		return;
	}
	free(frame);
	connection_end(c);
}

static int asking_connect(struct asking *a)
{
	const struct sockaddr_storage *to = &dns.up.addrs[a->server];

	event_loop_close(&a->src);
	a->sent = 0;
	frame_release(&a->answer);
	a->src.fd = socket(to->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (a->src.fd < 0)
		return -errno;
	if (connect(a->src.fd, (const struct sockaddr *)to, upstream_addr_len(to)) < 0 &&
	    errno != EINPROGRESS)
		return -errno;
	event_loop_watch(&a->src, EPOLLOUT);
	event_loop_arm(&a->src, SERVER_MS);
	return 0;
}

static void asking_next(struct asking *a)
{
	for (a->server++; a->server < dns.up.n; a->server++) {
		if (asking_connect(a) >= 0)
			return;
	}
	connection_fail(a->conn);
}

static void asking_write(struct asking *a)
{
	const struct frame *query = &a->conn->query;
	const ssize_t n = send(a->src.fd, query->data + a->sent, query->len - a->sent,
			       MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0) {
		if (errno != EAGAIN)
			asking_next(a);
		return;
	}
	a->sent += (size_t)n;
	if (a->sent == query->len)
		event_loop_watch(&a->src, EPOLLIN);
}

static void asking_read(struct asking *a)
{
	struct connection *c = a->conn;
	const int r = frame_read(&a->answer, a->src.fd, FRAME_MAX);
	unsigned char *frame;
	size_t len;

	if (r == 0)
		return;
	if (r < 0 || !dns_answer_fits(a->answer.data + PREFIX, a->answer.len - PREFIX,
				      c->query.data + PREFIX, c->query.len - PREFIX)) {
		asking_next(a);
		return;
	}
	frame = a->answer.data;
	len = a->answer.len - PREFIX;
	a->answer = (struct frame){ NULL, 0, 0 };
	asking_end(a);
	connection_reply(c, frame, len);
}

static void asking_ready(struct event_source *src, uint32_t events)
{
	struct asking *a = (struct asking *)src;

	if (a->src.events == EPOLLOUT)
		asking_write(a);
	else
		asking_read(a);
}

static void asking_expired(struct event_source *src)
{
	asking_next((struct asking *)src);
}

static void connection_pass_on(struct connection *c)
{
	struct asking *a = xcalloc(1, sizeof(*a));

	a->src =
		(struct event_source){ .ready = asking_ready, .expired = asking_expired, .fd = -1 };
	a->conn = c;
	c->asking = a;
	/* Not watched meanwhile: what it says next waits; that it is gone is seen in writing. */
	event_loop_watch(&c->src, 0);
	event_loop_disarm(&c->src);
	if (asking_connect(a) < 0)
		asking_next(a);
}

static void connection_question(struct connection *c)
{
	unsigned char *frame = xmalloc(FRAME_MAX);
	size_t len = 0;

	switch (dns_decide(c->query.data + PREFIX, c->query.len - PREFIX, true, frame + PREFIX,
			   DNS_MESSAGE_MAX, &len)) {
	case VERDICT_LOCAL:
		connection_reply(c, frame, len);
		return;
	case VERDICT_FORWARD:
		free(frame);
		connection_pass_on(c);
		return;
	case VERDICT_DROP:
		free(frame);
		connection_end(c);
	}
}

static void connection_ready(struct event_source *src, uint32_t events)
{
	struct connection *c = (struct connection *)src;
	int r;

	if (c->reply.data) {
		connection_write(c);
		return;
	}
	r = frame_read(&c->query, c->src.fd, PREFIX + QUERY_MAX);
	if (r < 0)
		connection_end(c);
	else if (r > 0)
		connection_question(c);
}

static void listener_ready(struct event_source *src, uint32_t events)
{
	struct connection *c;
	const int fd = accept4(src->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (n_connections >= CONNECTIONS_MAX) {
		(void)close(fd);
		return;
	}
	c = xcalloc(1, sizeof(*c));
	c->src = (struct event_source){ .ready = connection_ready,
					.expired = connection_expired,
					.fd = fd };
	n_connections++;
	event_loop_watch(&c->src, EPOLLIN);
	event_loop_arm(&c->src, CLIENT_MS);
}

int tcp_serve(int fd)
{
	static struct event_source listener;

	listener = (struct event_source){ .ready = listener_ready, .fd = fd };
	event_loop_watch(&listener, EPOLLIN);
	return 0;
}
