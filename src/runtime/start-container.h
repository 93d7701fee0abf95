/* SPDX-License-Identifier: Apache-2.0 */
/* create and run: from a bundle to a container that is created or runs. And delete: back to
 * nothing. */
#pragma once

#include "runtime/bundle.h"
#include "runtime/command.h"
#include "runtime/container.h"
#include "runtime/launch.h"

struct create_options {
	char *bundle, *console_socket, *pid_file;
	bool no_pivot, no_new_keyring, detach, keep, no_subreaper;
	int64_t preserve_fds;
	bool run; /* execute at once; else wait for start */
	int console_fd; /* -1; else already connected */
};

/* On failure nothing is left. @ret_pidfd: the container's process, our child. */
must_check int container_launch(const struct globals *g, const char *id,
				const struct create_options *options, struct container *ret,
				int *ret_pidfd, struct error *err);
/* Kill what is left of it, remove its cgroup and its record, run poststop hooks. */
must_check int container_destroy(struct container *c, struct error *err);
/* After the program runs: poststart hooks. */
must_check int container_poststart(const struct container *c, struct error *err);
/* The terminal's master comes in on @fd (connected); relay between it and our stdio, and signals,
 * until the process ends. @fd -1: no terminal. *ret_status as a shell has it. relay.c */
must_check int relay_until_exit(int pidfd, int console_fd, int *ret_status, struct error *err);
/* The path of --console-socket, connected. */
must_check int console_connect(const char *path, int *ret_fd, struct error *err);
