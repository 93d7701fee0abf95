/* SPDX-License-Identifier: Apache-2.0 */
/* One epoll loop for a program that does nothing else: sources with a fd, some with a deadline.
 * One thread; it wakes by itself only while a deadline is set. */
#pragma once

#include <sys/epoll.h>

#include "base/macros.h"

/* Whatever is waited for: the first member of a listener, a connection, a question. Zeroed but for
 * ready, fd and, with deadlines, expired. */
struct event_source {
	void (*ready)(struct event_source *src, uint32_t events);
	void (*expired)(struct event_source *src); /* the deadline is over; it is none any more */
	int fd;
	uint32_t events;  /* what epoll was told; 0: it is not in the set */
	int64_t deadline; /* CLOCK_MONOTONIC, nanoseconds; 0 none	   */
	struct event_source *next_armed;
};

/* What is waited for; 0 nothing. */
void event_loop_watch(struct event_source *src, uint32_t events);
/* expired() in @ms milliseconds from now, instead of what was said before. */
void event_loop_arm(struct event_source *src, unsigned int ms);
void event_loop_disarm(struct event_source *src);
/* Out of the set and the deadlines, closed (fd -1): no call comes any more. It may get a new fd. */
void event_loop_close(struct event_source *src);
/* Free memory once no event of the current round can point to it any more. */
void event_loop_free_later(void *ptr);
_Noreturn void event_loop_run(void);
