/* SPDX-License-Identifier: Apache-2.0 */
/* Child processes by pidfd: spawn with a list of fds, wait, signal. A failed exec is an ordinary
 * -errno. */
#pragma once

#include <sys/types.h>

#include "base/macros.h"

/* The child's fd `to` becomes a copy of ours `from`. */
struct fd_map {
	int from, to;
};

struct spawn {
	const char *file; /* an absolute path (no PATH search)                         */
	char *const *argv;
	char *const *env; /* NULL: ours                                                 */
	/* what the child gets; every other fd >= 3 is closed; 0, 1, 2 not listed are /dev/null */
	const struct fd_map *fds;
	size_t n_fds;
	int dirfd;	  /* working directory; <= 0: ours                              */
	bool new_session; /* setsid                                                     */
	int death_signal; /* PR_SET_PDEATHSIG, 0: none                                  */
};

/* Start a process (vfork-like: fast beside a large parent). *ret_pid may be NULL. Returns 0 with
 * a CLOEXEC pidfd, or -errno of the step that failed, the exec included. */
must_check int process_spawn(const struct spawn *spawn, int *ret_pidfd, pid_t *ret_pid);

/* Wait for the end. *ret_status: 0 … 255 the exit code, 128 + n when killed by signal n. */
must_check int process_wait(int pidfd, int *ret_status);
must_check int process_signal(int pidfd, int sig);
must_check int process_pidfd(pid_t pid);		    /* pidfd_open */
must_check int process_of_pidfd(int pidfd, pid_t *ret_pid); /* -ESRCH when it was waited for */

/* Start time in clock ticks since boot (/proc/PID/stat field 22): with the pid it names a
 * process for ever. */
must_check int process_parse_start(char *stat,
				   uint64_t *ret); /* of that file's text, which is cut */
must_check int process_start_time(pid_t pid, uint64_t *ret);
/* The process of that pid and start time, as a pidfd; -ESRCH: it is gone. */
must_check int process_find(pid_t pid, uint64_t start);
