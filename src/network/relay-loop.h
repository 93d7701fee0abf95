/* SPDX-License-Identifier: Apache-2.0 */
/* Inside hoy-relay: listeners, TCP flows and UDP sessions in one loop, without deadlines. */
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "sys/event-loop.h"

struct relay_target {
	struct sockaddr_in addr;
};

/* Room for another connection or session: a bound against floods. */
bool relay_take_slot(void);
void relay_give_slot(void);

void relay_add_tcp(int fd, const struct relay_target *target);
void relay_add_udp(int fd, const struct relay_target *target);
/* Connections were ended: listeners that had to pause may accept again. */
void relay_tcp_resume(void);
