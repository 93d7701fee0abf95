/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The OCI runtime, called by its command line (hoy-runtime, runc and crun are alike here): one call
 * starts the container or exec session, one removes what is left of a container.
 */
#pragma once

#include "base/error.h"
#include "monitor/streams.h"
#include "wire/monitor.h"

/* Run `run --detach` (or `exec --detach`) with io's child ends. On success the init process is our
 * child (we are the subreaper); *ret_pidfd names it. A failure carries the runtime's own words. */
must_check int runtime_start(const struct monitor_args *args, int dirfd, const struct streams *io,
			     pid_t *ret_pid, int *ret_pidfd, struct error *err);

/* `delete --force`: cgroup and state, and any process that is left. */
void runtime_delete(const struct monitor_args *args);
