/* SPDX-License-Identifier: Apache-2.0 */
/* linux.seccomp of the OCI runtime-spec; a part of oci/runtime-spec.h, which has the contract. */
#pragma once

#include "base/json.h"

struct oci_seccomp_arg {
	uint32_t index;
	uint64_t value, value_two;
	char *op; /* "SCMP_CMP_EQ" … */
};

struct oci_seccomp_rule {
	char **names;
	char *action;
	struct opt_i64 errno_ret;
	struct oci_seccomp_arg *args;
	size_t n_args;
};

struct oci_seccomp {
	char *default_action;
	struct opt_i64 default_errno_ret;
	char **architectures, **flags;
	char *listener_path, *listener_metadata;
	struct oci_seccomp_rule *syscalls;
	size_t n_syscalls;
};
