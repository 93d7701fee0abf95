/* SPDX-License-Identifier: Apache-2.0 */
/* What a caller hands over as file descriptors and sockets: --preserve-fds, $LISTEN_FDS,
 * --pidfd-socket. */
#pragma once

#include "runtime/launch.h"

/* The fds from 3 on that the program gets: those of socket activation, when $LISTEN_PID is us, then
 * those of --preserve-fds. */
struct passed_fds {
	unsigned int activated, preserved;
};

/* All must be open: called before anything else opens one. */
must_check int passed_fds_check(int64_t preserve_fds, struct passed_fds *ret, struct error *err);
/* Tell a start, and its program by $LISTEN_FDS; l->env is there. */
void passed_fds_give(const struct passed_fds *fds, struct launch *l);
/* Send @pidfd to who listens on @path, named @kind ("standard" of a container's own process,
 * "setns" of one more). NULL: nobody. */
must_check int pidfd_send(const char *path, const char *kind, int pidfd, struct error *err);
