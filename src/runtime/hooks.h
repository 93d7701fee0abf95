/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks: programs of the config that run at six moments, with the container's state on their stdin.
 */
#pragma once

#include "oci/runtime-spec.h"

/* The first that fails ends it. @kind is for the words of the error: "createRuntime". */
must_check int hooks_run(const char *kind, const struct oci_hook *hooks, size_t n,
			 const char *state, struct error *err);
