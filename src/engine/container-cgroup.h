/* SPDX-License-Identifier: Apache-2.0 */
/* The cgroup of a container that runs, as the kernel tells it: that of its first process. */
#pragma once

#include "engine/instance.h"
#include "sys/cgroup.h"

/* Of a running instance. The caller releases. */
must_check int container_cgroup(const struct engine *e, const struct instance *in,
				struct cgroup *ret, struct error *err);
