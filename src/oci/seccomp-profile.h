/* SPDX-License-Identifier: Apache-2.0 */
/* A seccomp profile with conditions, before it is resolved for a container. Private to
 * seccomp-default.c and to the table that seccomp-table.py makes of seccomp-default.json at build
 * time. */
#pragma once

#include "oci/runtime-spec.h"

/* All that are set must hold. */
struct profile_condition {
	char **caps, **arches;
	char *min_kernel;
};

struct profile_rule {
	char *name; /* the old form with one name */
	char **names;
	char *action;
	struct opt_i64 errno_ret;
	struct oci_seccomp_arg *args;
	size_t n_args;
	struct profile_condition includes, excludes;
};

struct profile_arch {
	char *architecture;
	char **sub_architectures;
};

struct profile {
	char *default_action;
	struct opt_i64 default_errno_ret;
	char **architectures, **flags;
	char *listener_path, *listener_metadata;
	struct profile_arch *arch_map;
	size_t n_arch_map;
	struct profile_rule *syscalls;
	size_t n_syscalls;
};

extern const struct profile seccomp_default_profile;
