/* SPDX-License-Identifier: Apache-2.0 */
/* create and run: from a bundle to a container that is created or runs. And delete: back to
 * nothing. */
#pragma once

#include "runtime/bundle.h"
#include "runtime/command.h"
#include "runtime/container.h"
#include "runtime/launch.h"
#include "runtime/passed-fds.h"

struct create_options {
	char *bundle, *console_socket, *pid_file, *pidfd_socket;
	bool no_pivot, no_new_keyring, detach, keep, no_subreaper;
	int64_t preserve_fds;
	struct passed_fds fds;
	bool run; /* execute at once; else wait for start */
};

/* On failure nothing is left. */
struct launched {
	int pidfd;   /* the container's process, our child */
	int console; /* where its terminal's master comes from, when we are to relay; -1 none */
};
must_check int container_launch(const struct globals *g, const char *id,
				const struct create_options *options, struct container *ret,
				struct launched *ret_launched, struct error *err);
/* The steps of which a start is made, for a restore: the config and what it says into the record;
 * prestart and createRuntime hooks; the process into the record; its id into a file, if any. */
must_check int container_record(const struct bundle *b, struct container *c, struct error *err);
must_check int container_run_hooks(const struct bundle *b, const struct container *c,
				   struct error *err);
must_check int container_save_process(struct container *c, pid_t pid, struct error *err);
must_check int container_write_pid_file(const char *path, pid_t pid, struct error *err);
/* Kill what is left of it, remove its cgroup and its record, run poststop hooks. */
must_check int container_destroy(struct container *c, struct error *err);
/* After the program runs: poststart hooks. */
must_check int container_poststart(struct container *c, struct error *err);
/* Become the parent of what the container's processes leave behind, as long as we wait for it. */
must_check int relay_adopt(struct error *err);
/* The terminal's master comes in on @fd (connected); relay between it and our stdio, and signals,
 * until the process ends. @fd -1: no terminal. *ret_status as a shell has it. relay.c */
must_check int relay_until_exit(int pidfd, int console_fd, int *ret_status, struct error *err);
/* relay_until_exit, then nothing of @c is left unless @keep. */
must_check int container_foreground(struct container *c, int pidfd, int console_fd, bool keep,
				    int *ret_status, struct error *err);
/* Where the terminal's master goes: the socket that was named, or in the foreground a pair of which
 * *ret_ours is our end. Both stay -1 without a terminal; combinations that make no sense are
 * refused. */
must_check int console_open(const char *path, bool terminal, bool detached, int *ret_child,
			    int *ret_ours, struct error *err);
