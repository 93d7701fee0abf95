/* SPDX-License-Identifier: Apache-2.0 */
/* How often the kernel's OOM killer struck in the container's cgroup, asked when it has ended. */
#pragma once

#include "base/macros.h"

struct oom {
	int fd; /* memory.events (v2) or memory.oom_control (v1); -1: cannot be told */
	uint64_t before;
};

#define OOM_INIT                                                                                   \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/* Best effort: a process that has ended already is in no cgroup any more. */
void oom_open(struct oom *oom, pid_t pid);
bool oom_happened(const struct oom *oom);
void oom_release(struct oom *oom);
