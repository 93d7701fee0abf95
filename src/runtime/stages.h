/* SPDX-License-Identifier: Apache-2.0 */
/* The steps between clone and execve. Their order, and why, is in child.c; each is done when it
 * returns 0. */
#pragma once

#include "runtime/launch.h"

/* namespaces.c */
int stage_join(struct launch *l, struct error *err);
int stage_user_namespace(struct launch *l, struct error *err);
int stage_session(struct launch *l, struct error *err);
int stage_names(struct launch *l, struct error *err);
int stage_loopback(struct launch *l, struct error *err);
int stage_cgroup_namespace(struct launch *l, struct error *err);
int stage_wait_go(struct launch *l, struct error *err);

/* rootfs.c */
int stage_root_early(struct launch *l, struct error *err);
int stage_root(struct launch *l, struct error *err);
int stage_mounts(struct launch *l, struct error *err);
int stage_pivot(struct launch *l, struct error *err);
int stage_propagation(struct launch *l, struct error *err);
int stage_make_directory(struct launch *l, struct error *err);
int stage_readonly_root(struct launch *l, struct error *err);

/* masks.c */
int stage_mask_paths(struct launch *l, struct error *err);
int stage_readonly_paths(struct launch *l, struct error *err);
int stage_sysctl(struct launch *l, struct error *err);

/* devices.c */
int stage_devices(struct launch *l, struct error *err);

/* console.c */
int stage_console(struct launch *l, struct error *err);
int stage_console_exec(struct launch *l, struct error *err);

/* hooks.c */
int stage_hooks_runtime(struct launch *l, struct error *err);
int stage_hooks_create(struct launch *l, struct error *err);
int stage_hooks_start(struct launch *l, struct error *err);

/* rights.c */
int stage_personality(struct launch *l, struct error *err);
int stage_scheduling(struct launch *l, struct error *err);
int stage_rlimits(struct launch *l, struct error *err);
int stage_keyring(struct launch *l, struct error *err);
int stage_labels(struct launch *l, struct error *err);
int stage_user(struct launch *l, struct error *err);
int stage_working_directory(struct launch *l, struct error *err);
int stage_capabilities(struct launch *l, struct error *err);
int stage_fds(struct launch *l, struct error *err);

/* program.c */
int stage_find_program(struct launch *l, struct error *err);
int stage_home(struct launch *l, struct error *err);
int stage_wait_start(struct launch *l, struct error *err);
int stage_execute(struct launch *l, struct error *err);

/* filter.c */
int stage_seccomp(struct launch *l, struct error *err);
