/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's end of wire/monitor.h: find the monitor of a run directory and talk to it.
 *
 * dirfd is a container's run directory (struct instance) or an exec session's; O_PATH will do.
 * -errno idiom: the callers know the container's name and say it. -ESRCH: no monitor lives here.
 */
#pragma once

#include "wire/monitor.h"

/* Connect to the running monitor and say HELLO with flags (MONITOR_WANT_*). Returns the socket. */
must_check int monitor_connect(int dirfd, unsigned int flags);

/* Its process. It lives as long as it holds its lock: look at that afterwards. */
must_check int monitor_pid(int dirfd, pid_t *ret);

/* Ask once, wait for the answer. The process's -ESRCH (it ended) is -ESRCH too. */
must_check int monitor_signal(int dirfd, int sig, bool no_restart);
must_check int monitor_resize(int dirfd, unsigned int height, unsigned int width);
/* Another restart policy for the runs to come. */
must_check int monitor_restart_policy(int dirfd, const char *name, unsigned int max);
/* The container's hoy-dns from now on: "PID START". */
must_check int monitor_resolver(int dirfd, const char *text);

/* A connection to a monitor that runs or is yet to be started. One of the two fds is set. */
struct monitor_link {
	int fd;	       /* connected; -1: not yet */
	int listen_fd; /* pending socket; -1: none (any more) */
	int dirfd;     /* own copy, to unlink the pending socket */
	char name[MONITOR_PENDING_NAME_MAX];
	unsigned int flags;
};

#define MONITOR_LINK_INIT                                                                          \
	{                                                                                          \
		.fd = -1, .listen_fd = -1, .dirfd = -1                                             \
	}

/* Connect when a monitor runs, else leave a socket in pending/ (made when it is missing): when this
 * has returned, no start that begins later can be missed. */
must_check int monitor_link_open(int dirfd, unsigned int flags, struct monitor_link *ret);
/* What to poll for reading. */
int monitor_link_fd(const struct monitor_link *link);
/* The pending socket is readable: take the connection. */
must_check int monitor_link_accept(struct monitor_link *link);
void monitor_link_release(struct monitor_link *link);

/* The present run as something to wait for: its lock file (-ENOENT: there was no run). Every run
 * has a file of its own, so a later run is never waited for: take it before monitor_connect. */
must_check int monitor_run_open(int dirfd);
/* Wait until the monitor of that run, which ends or was killed, has dropped the lock: what it did
 * is done, and the record may be folded. One that is about to start is not waited for. run_fd:
 * -errno of monitor_run_open returns at once. */
must_check int monitor_wait_gone(int dirfd, int run_fd);
