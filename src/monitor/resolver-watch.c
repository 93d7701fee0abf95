/* SPDX-License-Identifier: Apache-2.0 */
/* Who answers names for the container: asked by monitor/serve. */
#include "monitor/resolver-watch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "sys/process.h"

/* At least between one's start and the next: whatever ends it may end that too. */
enum { SPACING_NS = 1000000000 };

int resolver_watch_set(struct resolver_watch *watch, const char *text, int64_t now)
{
	uint64_t start;
	int pid, end = 0, fd;

	if (sscanf(text, "%d %" SCNu64 "%n", &pid, &start, &end) != 2 || text[end] || pid <= 0)
		return -EINVAL;
	fd = process_find(pid, start);
	resolver_watch_release(watch);
	watch->pidfd = fd >= 0 ? fd : -1;
	watch->told = now;
	if (fd == -ESRCH)
		resolver_watch_ended(watch, now);
	return 0;
}

void resolver_watch_ended(struct resolver_watch *watch, int64_t now)
{
	macros_close_fd(&watch->pidfd);
	watch->pidfd = -1;
	watch->missing = true;
	watch->due_at = watch->told + SPACING_NS > now ? watch->told + SPACING_NS : now;
}

void resolver_watch_begin(struct resolver_watch *watch, int64_t now)
{
	if (watch->missing && watch->due_at == 0)
		watch->due_at = now;
}

void resolver_watch_release(struct resolver_watch *watch)
{
	macros_close_fd(&watch->pidfd);
	*watch = (struct resolver_watch)RESOLVER_WATCH_INIT;
}
