/* SPDX-License-Identifier: Apache-2.0 */
/* The loop, and what is said to a query. */
#include "dns/loop.h"

#include <string.h>

#include "base/clock.h"

enum { EVENTS = 32, NS_PER_MS = 1000000 };

struct dns_server dns;

static int epoll_fd = -1;
static struct source *sources, *graveyard;

void loop_add(struct source *src)
{
	if (epoll_fd < 0)
		epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	src->next = sources;
	sources = src;
}

void loop_remove(struct source *src)
{
	struct source **at = &sources;

	while (*at != src)
		at = &(*at)->next;
	*at = src->next;
	macros_close_fd(&src->fd);
	src->fd = -1;
	src->ready = NULL;
	src->next = graveyard;
	graveyard = src;
}

void loop_watch(struct source *src, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = src };
	const int op = src->events == 0 ? EPOLL_CTL_ADD
		       : events == 0	? EPOLL_CTL_DEL
					: EPOLL_CTL_MOD;

	if (src->events == events)
		return;
	/* Only memory can be short: without its events a source would hang for ever. */
	if (epoll_ctl(epoll_fd, op, src->fd, &ev) < 0)
		abort();
	src->events = events;
}

void loop_deadline(struct source *src, unsigned int ms)
{
	src->deadline = clock_monotonic() + (int64_t)ms * NS_PER_MS;
}

/* Milliseconds until the first deadline, -1 when there is none. */
static int loop_timeout(void)
{
	int64_t first = INT64_MAX, left;

	for (const struct source *s = sources; s; s = s->next) {
		if (s->deadline && s->deadline < first)
			first = s->deadline;
	}
	if (first == INT64_MAX)
		return -1;
	left = first - clock_monotonic();
	return left <= 0 ? 0 : (int)(left / NS_PER_MS) + 1;
}

static struct source *loop_first_expired(int64_t now)
{
	for (struct source *s = sources; s; s = s->next) {
		if (s->deadline && s->deadline <= now)
			return s;
	}
	return NULL;
}

/* From the start after each: what expires may take others along. */
static void loop_expire(void)
{
	const int64_t now = clock_monotonic();
	struct source *s;

	while ((s = loop_first_expired(now))) {
		s->deadline = 0;
		s->expired(s);
	}
}

void loop_run(void)
{
	struct epoll_event events[EVENTS];

	for (;;) {
		const int timeout = loop_timeout();
		const int n = epoll_wait(epoll_fd, events, EVENTS, timeout);

		for (int i = 0; i < n; i++) {
			struct source *src = events[i].data.ptr;

			if (src->ready)
				src->ready(src, events[i].events);
		}
		if (timeout >= 0)
			loop_expire();
		while (graveyard) {
			struct source *dead = graveyard;

			graveyard = dead->next;
			free(dead);
		}
	}
}

static size_t answer_code(const unsigned char *query, const struct dns_question *q,
			  unsigned int code, unsigned char *out, size_t max)
{
	struct dns_answer a;

	dns_answer_begin(&a, out, max, query, q);
	return dns_answer_end(&a, code);
}

size_t dns_fail(const unsigned char *query, size_t len, unsigned char *out, size_t max)
{
	struct dns_question q;

	if (dns_question_parse(query, len, &q) != 0)
		return 0;
	return answer_code(query, &q, DNS_SERVER_FAILURE, out, max);
}

enum verdict dns_decide(const unsigned char *query, size_t len, bool tcp, unsigned char *out,
			size_t max, size_t *ret_len)
{
	struct dns_question q;
	const int r = dns_question_parse(query, len, &q);

	if (r < 0)
		return VERDICT_DROP;
	if (!tcp && q.payload < max)
		max = q.payload;
	if (r > 0) {
		*ret_len = answer_code(query, &q, (unsigned int)r, out, max);
		return VERDICT_LOCAL;
	}
	zones_refresh(&dns.zones);
	if (q.plain && zones_answer(&dns.zones, query, &q, out, max, ret_len))
		return VERDICT_LOCAL;
	upstream_refresh(&dns.up);
	if (!dns.up.off && dns.up.n > 0)
		return VERDICT_FORWARD;
	*ret_len = answer_code(query, &q, DNS_SERVER_FAILURE, out, max);
	return VERDICT_LOCAL;
}
