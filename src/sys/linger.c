/* SPDX-License-Identifier: Apache-2.0 */
/* A lingering close. */
#include "sys/linger.h"

#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"

enum { NS_PER_MS = 1000000 };

void linger(int fd, int idle_ms, int total_ms)
{
	int64_t end = clock_monotonic() + (int64_t)total_ms * NS_PER_MS;
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char buf[16 * 1024];

	if (shutdown(fd, SHUT_WR) < 0)
		return;
	for (;;) {
		int64_t left = (end - clock_monotonic()) / NS_PER_MS;

		if (left <= 0 || poll(&pfd, 1, left < idle_ms ? (int)left : idle_ms) <= 0 ||
		    recv(fd, buf, sizeof(buf), MSG_DONTWAIT) <= 0)
			return;
	}
}
