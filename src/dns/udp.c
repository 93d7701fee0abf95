/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions by UDP. One that is passed on has a socket of its own, connected to the server, so that
 * its port is the kernel's choice and only that server can answer; its id is changed to a random
 * one. A server that says nothing for a while, or that is not there, makes room for the next.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/strbuf.h"
#include "dns/server.h"

enum {
	DATAGRAM_MAX = 65535,
	QUERY_MAX = 4096,     /* a question that is longer is none */
	ON_THE_WAY_MAX = 256, /* more than this many are told to ask again */
	SERVER_MS = 2000,
	BURST = 16,
};

struct question {
	struct event_source src;
	struct sockaddr_storage client;
	socklen_t client_len;
	uint16_t client_id;
	size_t server; /* of dns.up that is asked */
	size_t len;
	unsigned char query[]; /* with our id */
};

static int listen_fd = -1;
static size_t on_the_way;
static unsigned char datagram[DATAGRAM_MAX];
static unsigned char reply[DATAGRAM_MAX];

static void question_end(struct question *q)
{
	on_the_way--;
	event_loop_close(&q->src);
	event_loop_free_later(q);
}

static void question_reply(struct question *q, unsigned char *data, size_t len)
{
	dns_put16(data, q->client_id);
	/* A client that does not take it now asks again. */
	(void)sendto(listen_fd, data, len, MSG_DONTWAIT, (struct sockaddr *)&q->client,
		     q->client_len);
	question_end(q);
}

static void question_fail(struct question *q)
{
	const size_t len = dns_fail(q->query, q->len, reply, DNS_UDP_MIN);

	if (len > 0)
		question_reply(q, reply, len);
	else
		question_end(q);
}

/* Send it to this server; -errno when that cannot be. */
static int question_ask(struct question *q)
{
	const struct sockaddr_storage *to = &dns.up.addrs[q->server];

	event_loop_close(&q->src);
	q->src.fd = socket(to->ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (q->src.fd < 0 ||
	    connect(q->src.fd, (const struct sockaddr *)to, upstream_addr_len(to)) < 0 ||
	    send(q->src.fd, q->query, q->len, 0) < 0)
		return -errno;
	event_loop_watch(&q->src, EPOLLIN);
	event_loop_arm(&q->src, SERVER_MS);
	return 0;
}

static void question_next(struct question *q)
{
	for (q->server++; q->server < dns.up.n; q->server++) {
		if (question_ask(q) >= 0)
			return;
	}
	question_fail(q);
}

static void question_ready(struct event_source *src, uint32_t events)
{
	struct question *q = (struct question *)src;
	ssize_t n = recv(q->src.fd, datagram, sizeof(datagram), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0)
		question_next(q); /* nobody serves there */
	else if (dns_answer_fits(datagram, (size_t)n, q->query, q->len))
		question_reply(q, datagram, (size_t)n);
}

static void question_expired(struct event_source *src)
{
	question_next((struct question *)src);
}

static void question_pass_on(const unsigned char *query, size_t len,
			     const struct sockaddr_storage *client, socklen_t client_len)
{
	struct question *q = xcalloc(1, sizeof(*q) + len);
	uint16_t id = 0;

	*q = (struct question){
		.src = { .ready = question_ready, .expired = question_expired, .fd = -1 },
		.client = *client,
		.client_len = client_len,
		.client_id = dns_get16(query),
		.len = len
	};
	memcpy(q->query, query, len);
	if (getrandom(&id, sizeof(id), GRND_NONBLOCK) == sizeof(id))
		dns_put16(q->query, id);
	on_the_way++;
	if (question_ask(q) < 0)
		question_next(q);
}

static void datagram_answer(size_t len, const struct sockaddr_storage *client, socklen_t client_len)
{
	size_t reply_len = 0;
	enum verdict v = len <= QUERY_MAX ? dns_decide(datagram, len, false, reply, sizeof(reply),
						       &reply_len)
					  : VERDICT_DROP;

	if (v == VERDICT_FORWARD && on_the_way < ON_THE_WAY_MAX) {
		question_pass_on(datagram, len, client, client_len);
		return;
	}
	if (v == VERDICT_FORWARD)
		reply_len = dns_fail(datagram, len, reply, DNS_UDP_MIN);
	if (reply_len > 0)
		(void)sendto(listen_fd, reply, reply_len, MSG_DONTWAIT,
			     (const struct sockaddr *)client, client_len);
}

static void listener_ready(struct event_source *src, uint32_t events)
{
	for (int i = 0; i < BURST; i++) {
		struct sockaddr_storage client;
		socklen_t client_len = sizeof(client);
		const ssize_t n = recvfrom(src->fd, datagram, sizeof(datagram), MSG_DONTWAIT,
					   (struct sockaddr *)&client, &client_len);

		if (n < 0)
			return;
		datagram_answer((size_t)n, &client, client_len);
	}
}

int udp_serve(int fd)
{
	static struct event_source listener;

	listener = (struct event_source){ .ready = listener_ready, .fd = fd };
	listen_fd = fd;
	event_loop_watch(&listener, EPOLLIN);
	return 0;
}
