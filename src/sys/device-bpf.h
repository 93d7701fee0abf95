/* SPDX-License-Identifier: Apache-2.0 */
/* Device rules of a v2 cgroup: a small eBPF program made and attached without a library. -errno
 * idiom. */
#pragma once

#include "base/macros.h"

struct device_rule {
	bool allow;
	char type;	      /* 'a' 'b' 'c' */
	int64_t major, minor; /* -1: all */
	char access[4];	      /* of "rwm" */
};

/* The last matching rule decides; without a match access is refused. Takes the place of the program
 * that was attached here before; those of others (systemd's) stay, and a device must pass them too.
 */
must_check int device_bpf_attach(int cgroup_fd, const struct device_rule *rules, size_t n);
/* No rules of ours any more. */
must_check int device_bpf_detach(int cgroup_fd);
