/* SPDX-License-Identifier: Apache-2.0 */
/* Inside hoy-dns: two listeners, questions passed on, connections, all in one loop. */
#pragma once

#include "dns/upstream.h"
#include "dns/zone.h"
#include "sys/event-loop.h"

/* What everybody looks at. */
struct dns_server {
	struct zones zones;
	struct upstream up;
};

extern struct dns_server dns;

/* The first look at a query: LOCAL: *ret_len bytes of an answer are in out. */
enum verdict { VERDICT_DROP, VERDICT_LOCAL, VERDICT_FORWARD };
enum verdict dns_decide(const unsigned char *query, size_t len, bool tcp, unsigned char *out,
			size_t max, size_t *ret_len);
/* "I cannot say": the length, 0 when the query is none. */
size_t dns_fail(const unsigned char *query, size_t len, unsigned char *out, size_t max);

/* Serve a bound socket. */
must_check int udp_serve(int fd);
must_check int tcp_serve(int fd);
