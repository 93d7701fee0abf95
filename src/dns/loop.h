/* SPDX-License-Identifier: Apache-2.0 */
/* Inside hoy-dns: one epoll loop over the two listeners, questions that were passed on, and
 * connections. One thread; it wakes by itself only while something is on its way. */
#pragma once

#include <sys/epoll.h>

#include "dns/upstream.h"
#include "dns/zone.h"

/* Whatever epoll reports on: the first member of a listener, a question, a connection. */
struct source {
	void (*ready)(struct source *src, uint32_t events);
	void (*expired)(struct source *src); /* deadline is over */
	int fd;
	uint32_t events;  /* what epoll was told; 0: it is not in the set   */
	int64_t deadline; /* CLOCK_MONOTONIC, nanoseconds; 0 none           */
	struct source *next;
};

/* What everybody looks at. */
struct dns_server {
	struct zones zones;
	struct upstream up;
};

extern struct dns_server dns;

/* Put a source into the loop's list; take it out, close its fd, and free it when no event of this
 * round can point to it any more. */
void loop_add(struct source *src);
void loop_remove(struct source *src);
/* What is waited for; 0 nothing. */
void loop_watch(struct source *src, uint32_t events);
void loop_deadline(struct source *src, unsigned int ms);
_Noreturn void loop_run(void);

/* The first look at a query: LOCAL: *ret_len bytes of an answer are in out. */
enum verdict { VERDICT_DROP, VERDICT_LOCAL, VERDICT_FORWARD };
enum verdict dns_decide(const unsigned char *query, size_t len, bool tcp, unsigned char *out,
			size_t max, size_t *ret_len);
/* "I cannot say": the length, 0 when the query is none. */
size_t dns_fail(const unsigned char *query, size_t len, unsigned char *out, size_t max);

/* Serve a bound socket. */
must_check int udp_serve(int fd);
must_check int tcp_serve(int fd);
