/* SPDX-License-Identifier: Apache-2.0 */
/* Inside engine/: a container's root as fds, for hoy-copy. */
#pragma once

#include "engine/instance.h"
#include "store/idmaps.h"

struct copy_root {
	struct instance in; /* locked as long as nobody else may mount the root meanwhile */
	struct idmaps maps;
	int root_fd, mntns_fd, userns_fd; /* userns_fd -1: none */
	int copies_fd;			  /* shared while it is written and runs; -1 none */
	int holder_pidfd;		  /* of the monitor that mounted it for us; -1 none */
	char **targets;
	int *mounts; /* detached, one for each target */
	size_t n_mounts;
	struct container_config config;
	struct host_config host;
};

#define COPY_ROOT_INIT                                                                             \
	{                                                                                          \
		.in = INSTANCE_INIT, .root_fd = -1, .mntns_fd = -1, .userns_fd = -1,               \
		.copies_fd = -1, .holder_pidfd = -1                                                \
	}

/* Of a container that runs: its own root. Else the root is mounted; when it is to be written,
 * *ret holds the container's mutex until release, so that no start mounts it a second time. */
must_check int copy_root_open(struct engine *e, const char *ref, bool writes, struct copy_root *ret,
			      struct error *err);
/* Before a start, under the mutex: wait for copies into the run before. */
must_check int copy_root_settle(const struct instance *in, struct error *err);
void copy_root_release(struct copy_root *root);
