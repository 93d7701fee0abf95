/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP in hoy-relay. A flow has two sides; what is read from one waits in that side's buffer until
 * the other takes it, and nothing more is read meanwhile. (1) A side is watched for input only
 * while its buffer is empty and its peer has not ended. (2) A side's end of input is passed on
 * (shutdown) when its buffer is empty. (3) When both ends are passed on, or anything fails, the
 * flow is over.
 */
#include <errno.h>
#include <string.h>

#include "base/strbuf.h"
#include "network/relay-loop.h"

enum { FLOW_BUFFER = 32768 };

struct tcp_listener {
	struct event_source src;
	struct relay_target target;
	struct tcp_listener *next_paused;
	bool paused;
};

struct flow;

struct flow_side {
	struct event_source src;
	struct flow *flow;
	size_t start, end; /* what was read from here and the other side has not taken */
	bool ended;	   /* no more will be read                                    */
	bool passed_on;	   /* … and the other side was told                           */
	unsigned char buf[FLOW_BUFFER];
};

struct flow {
	bool connected;		   /* to the container: until then nothing is read at all */
	struct flow_side sides[2]; /* 0: the client, 1: the container                      */
};

static struct tcp_listener *paused;

static struct flow_side *flow_other(struct flow_side *side)
{
	return side == &side->flow->sides[0] ? &side->flow->sides[1] : &side->flow->sides[0];
}

static void flow_end(struct flow *flow)
{
	if (flow->sides[0].src.fd < 0)
		return;
	event_loop_close(&flow->sides[0].src);
	event_loop_close(&flow->sides[1].src);
	relay_give_slot();
	event_loop_free_later(flow);
	relay_tcp_resume();
}

static void flow_rewatch(struct flow *flow)
{
	for (int i = 0; i < 2; i++) {
		struct flow_side *side = &flow->sides[i], *other = flow_other(side);
		uint32_t events = 0;

		if (flow->connected && side->start == side->end && !side->ended)
			events |= EPOLLIN;
		if (other->start < other->end)
			events |= EPOLLOUT;
		if (!flow->connected && i == 1)
			events = EPOLLOUT;
		event_loop_watch(&side->src, events);
	}
}

/* Both return false when the flow is broken. */
static bool side_read(struct flow_side *side)
{
	ssize_t n;

	if (side->ended || side->start < side->end)
		return true;
	n = recv(side->src.fd, side->buf, sizeof(side->buf), 0);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	side->start = 0;
	side->end = (size_t)n;
	side->ended = n == 0;
	return true;
}

static bool side_flush(struct flow_side *side)
{
	struct flow_side *other = flow_other(side);

	while (side->start < side->end) {
		ssize_t n = send(other->src.fd, side->buf + side->start, side->end - side->start,
				 MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		side->start += (size_t)n;
	}
	if (side->ended && !side->passed_on) {
		if (shutdown(other->src.fd, SHUT_WR) < 0)
			return false;
		side->passed_on = true;
	}
	return true;
}

static void flow_ready(struct event_source *src, uint32_t events)
{
	struct flow_side *side = (struct flow_side *)src;
	struct flow *flow = side->flow;
	bool ok = src->fd >= 0;

	if (!ok)
		return; /* ended earlier in this round */
	if (events & EPOLLERR)
		ok = false;
	if (src == &flow->sides[1].src && (events & EPOLLOUT))
		flow->connected = true;
	if (ok && flow->connected && (events & (EPOLLIN | EPOLLHUP)))
		ok = side_read(side) && side_flush(side);
	if (ok && (events & EPOLLOUT))
		ok = side_flush(flow_other(side));
	if (!ok || (flow->sides[0].passed_on && flow->sides[1].passed_on))
		flow_end(flow);
	else
		flow_rewatch(flow);
}

static void flow_begin(int client, const struct relay_target *target)
{
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct flow *flow;

	if (fd < 0 ||
	    (connect(fd, (const struct sockaddr *)&target->addr, sizeof(target->addr)) < 0 &&
	     errno != EINPROGRESS)) {
		if (fd >= 0)
			(void)close(fd);
		(void)close(client);
		relay_give_slot();
		return;
	}
	flow = xmalloc(sizeof(*flow)); /* not zeroed: the buffers are most of it */
	flow->connected = false;
	for (int i = 0; i < 2; i++) {
		struct flow_side *side = &flow->sides[i];

		side->src =
			(struct event_source){ .ready = flow_ready, .fd = i == 0 ? client : fd };
		side->flow = flow;
		side->start = side->end = 0;
		side->ended = side->passed_on = false;
	}
	flow_rewatch(flow);
}

static void listener_pause(struct tcp_listener *l)
{
	event_loop_watch(&l->src, 0);
	if (!l->paused) {
		l->paused = true;
		l->next_paused = paused;
		paused = l;
	}
}

void relay_tcp_resume(void)
{
	while (paused) {
		struct tcp_listener *l = paused;

		paused = l->next_paused;
		l->paused = false;
		event_loop_watch(&l->src, EPOLLIN);
	}
}

static void listener_ready(struct event_source *src, uint32_t events)
{
	struct tcp_listener *l = (struct tcp_listener *)src;
	int client;

	if (!relay_take_slot()) {
		listener_pause(l);
		return;
	}
	client = accept4(src->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (client >= 0) {
		flow_begin(client, &l->target);
		return;
	}
	relay_give_slot();
	if (errno == EMFILE || errno == ENFILE)
		listener_pause(l);
}

void relay_add_tcp(int fd, const struct relay_target *target)
{
	struct tcp_listener *l = xcalloc(1, sizeof(*l));

	l->src = (struct event_source){ .ready = listener_ready, .fd = fd };
	l->target = *target;
	event_loop_watch(&l->src, EPOLLIN);
}
