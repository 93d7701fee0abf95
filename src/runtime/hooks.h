/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks: programs of the config that run at six moments, with the container's state on their stdin.
 */
#pragma once

#include "oci/runtime-spec.h"

struct hook_run {
	const char *kind;  /* for the words: "createRuntime" */
	const char *state; /* JSON, for their stdin          */
	char *const *env;  /* of a hook that names none; NULL: ours */
	int dirfd;	   /* working directory; <= 0: ours */
	bool tolerant;	   /* a failure is a warning, and the next is run */
};

/* Unless tolerant, the first that fails ends it. What it wrote is in the error: a hook's stdout and
 * stderr are nobody's else. */
must_check int hooks_run(const struct hook_run *run, const struct oci_hook *hooks, size_t n,
			 struct error *err);
