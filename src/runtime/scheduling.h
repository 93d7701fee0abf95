/* SPDX-License-Identifier: Apache-2.0 */
/* process.execCPUAffinity.initial: for the caller, before an exec goes into the container's cgroup;
 * what it clones inherits it. */
#pragma once

#include "oci/runtime-spec.h"

must_check int scheduling_initial_affinity(const struct oci_process *process, struct error *err);
