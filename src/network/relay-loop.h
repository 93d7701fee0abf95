/* SPDX-License-Identifier: Apache-2.0 */
/* Inside hoy-relay: one epoll loop over listeners, TCP flows and UDP sessions. One thread, no
 * timers. */
#pragma once

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/macros.h"

/* Whatever epoll reports on: the first member of a listener, a side of a flow, a session. */
struct relay_source {
	void (*ready)(struct relay_source *src, uint32_t events);
	int fd;
	uint32_t events; /* what epoll was told; 0: it is not in the set */
};

struct relay_target {
	struct sockaddr_in addr;
};

/* Tell epoll what is waited for; 0 takes the fd out of the set. */
void relay_watch(struct relay_source *src, uint32_t events);
/* Out of the set, closed. */
void relay_close(struct relay_source *src);
/* Free memory once no event of the current round can point to it any more. */
void relay_free_later(void *ptr);

/* Room for another connection or session: a bound against floods. */
bool relay_take_slot(void);
void relay_give_slot(void);

void relay_add_tcp(int fd, const struct relay_target *target);
void relay_add_udp(int fd, const struct relay_target *target);
/* Connections were ended: listeners that had to pause may accept again. */
void relay_tcp_resume(void);
