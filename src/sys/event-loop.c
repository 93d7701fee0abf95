/* SPDX-License-Identifier: Apache-2.0 */
/* Sources, deadlines, and what is freed between two rounds. */
#include "sys/event-loop.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"

enum { EVENTS = 64, NS_PER_MS = 1000000 };

static int epoll_fd = -1;
static struct event_source *armed;
static void **graveyard;
static size_t n_graveyard;

void event_loop_watch(struct event_source *src, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = src };
	const int op = src->events == 0 ? EPOLL_CTL_ADD
		       : events == 0	? EPOLL_CTL_DEL
					: EPOLL_CTL_MOD;

	if (epoll_fd < 0)
		epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (src->events == events)
		return;
	/* Only memory or files can be short: without its events a source would hang for ever. */
	if (epoll_ctl(epoll_fd, op, src->fd, &ev) < 0)
		abort();
	src->events = events;
}

void event_loop_arm(struct event_source *src, unsigned int ms)
{
	if (!src->deadline) {
		src->next_armed = armed;
		armed = src;
	}
	src->deadline = clock_monotonic() + (int64_t)ms * NS_PER_MS;
}

void event_loop_disarm(struct event_source *src)
{
	struct event_source **at = &armed;

	if (!src->deadline)
		return;
	while (*at != src)
		at = &(*at)->next_armed;
	*at = src->next_armed;
	src->deadline = 0;
}

void event_loop_close(struct event_source *src)
{
	event_loop_disarm(src);
	macros_close_fd(&src->fd);
	src->fd = -1;
	src->events = 0;
}

void event_loop_free_later(void *ptr)
{
	graveyard = xrealloc(graveyard, n_graveyard + 1, sizeof(*graveyard));
	graveyard[n_graveyard++] = ptr;
}

/* Milliseconds until the first deadline, -1 when there is none. */
static int first_deadline(void)
{
	int64_t first = INT64_MAX, left;

	for (const struct event_source *s = armed; s; s = s->next_armed) {
		if (s->deadline < first)
			first = s->deadline;
	}
	if (first == INT64_MAX)
		return -1;
	left = first - clock_monotonic();
	return left <= 0 ? 0 : (int)(left / NS_PER_MS) + 1;
}

static struct event_source *first_expired(int64_t now)
{
	for (struct event_source *s = armed; s; s = s->next_armed) {
		if (s->deadline <= now)
			return s;
	}
	return NULL;
}

/* From the start after each: what expires may take others along. */
static void expire(void)
{
	const int64_t now = clock_monotonic();
	struct event_source *s;

	while ((s = first_expired(now))) {
		event_loop_disarm(s);
		s->expired(s);
	}
}

void event_loop_run(void)
{
	struct epoll_event events[EVENTS];

	for (;;) {
		const int n = epoll_wait(epoll_fd, events, EVENTS, first_deadline());

		for (int i = 0; i < n; i++) {
			struct event_source *src = events[i].data.ptr;

			if (src->fd >= 0)
				src->ready(src, events[i].events);
		}
		expire();
		while (n_graveyard > 0)
			free(graveyard[--n_graveyard]);
	}
}
