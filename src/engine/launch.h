/* SPDX-License-Identifier: Apache-2.0 */
/* A start in progress, and its last step: hoy-monitor. */
#pragma once

#include "engine/instance.h"
#include "engine/links.h"
#include "engine/log-setup.h"
#include "engine/runtime.h"
#include "engine/start-net.h"
#include "layer/layer.h"

/* As shells and Docker number them. */
enum { EXIT_START_FAILED = 128, EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };

/* What a start has in hands. */
struct launch {
	struct container_config config;
	struct host_config host;
	struct networking_config networking;
	struct start_spaces spaces;
	struct links links;
	struct layer_stack layers;
	struct runtime_ref runtime;
	int lock_fd, ready_read, ready_write, monitor_pidfd;
	char *dir, *upper, *work, *users_dir;
	struct log_setup log;
	char **exit_command, **health_command, **resolver_command;
};

#define LAUNCH_INIT                                                                                \
	{                                                                                          \
		.spaces = START_SPACES_INIT, .lock_fd = -1, .ready_read = -1, .ready_write = -1,   \
		.monitor_pidfd = -1                                                                \
	}

/* Run hoy-monitor; it takes over lock_fd and the other end of ready_read. */
must_check int launch_monitor(struct engine *e, const struct instance *in, struct launch *l,
			      struct error *err);
/* Wait for its word. On failure *ret_code is what the container's exit code shall be. */
must_check int launch_ready(const struct launch *l, int64_t *ret_pid, int64_t *ret_code,
			    struct error *err);
