/* SPDX-License-Identifier: Apache-2.0 */
/* Signals that end a worker's process group. Handlers here call async-signal-safe functions
 * only. */
#include "api/cancel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t cancel_fd = -1;

static void end_group(int sig)
{
	kill(0, SIGKILL);
}

/* SIGIO tells of any event on the connection: only the hang-up counts, not half of it nor a
 * request that comes early. */
static void end_when_gone(int sig)
{
	struct pollfd pfd = { .fd = cancel_fd };
	int saved = errno;

	if (poll(&pfd, 1, 0) > 0 && pfd.revents & (POLLHUP | POLLERR))
		kill(0, SIGKILL);
	errno = saved;
}

static void handle(int sig, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };

	sigemptyset(&action.sa_mask);
	sigaction(sig, &action, NULL);
}

void cancel_init(void)
{
	if (setpgid(0, 0) == 0)
		handle(SIGTERM, end_group);
}

void cancel_block_termination(bool on)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(on ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

void cancel_with_client(int fd)
{
	if (getpgrp() != getpid())
		return; /* a group that is not ours is not ours to end */
	cancel_fd = fd;
	handle(SIGIO, end_when_gone);
	(void)fcntl(fd, F_SETOWN, getpid());
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC);
	end_when_gone(SIGIO); /* gone already */
}

void cancel_with_client_end(int fd)
{
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_ASYNC);
	handle(SIGIO, SIG_IGN);
	cancel_fd = -1;
}
