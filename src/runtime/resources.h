/* SPDX-License-Identifier: Apache-2.0 */
/* linux.resources as values of control files. */
#pragma once

#include "oci/runtime-spec.h"
#include "sys/cgroup.h"

enum resources_flag {
	RESOURCES_UPDATE = 1,	/* the cgroup has limits and processes already: order matters */
	RESOURCES_ROOTLESS = 2, /* device rules that we may not set are left to the kernel, which
				 * lets nobody make device nodes in a user namespace */
};

/* Write what @res has; members that are not set stay as they are. An update leaves the device rules
 * alone unless @res has some: then they replace those that were there. */
must_check int resources_apply(const struct cgroup *cg, const struct oci_resources *res, int flags,
			       struct error *err);
/* Something in it needs a controller; device rules do not count. */
bool resources_need_cgroup(const struct oci_resources *res);

/* 2 … 262144 of cpu.shares -> 1 … 10000 of cpu.weight, 1024 -> 100. */
uint64_t resources_cpu_weight(int64_t shares);
/* memory+swap of v1 -> swap of v2; 0: leave it, -1: no limit. @limit 0: not set. */
must_check int resources_swap(int64_t limit, int64_t swap, int64_t *ret, struct error *err);

struct device_rule;
/* What linux.resources.devices comes to: the rules in order, before them "nothing", after them what
 * every container needs. *ret_n is 1 when everything is allowed. Owned. */
struct device_rule *device_rules_of(const struct oci_resources *res, size_t *ret_n);

/* resources-v1.c, resources-v2.c, device-rules.c */
must_check int resources_v1(const struct cgroup *cg, const struct oci_resources *res, int flags,
			    struct error *err);
must_check int resources_v2(const struct cgroup *cg, const struct oci_resources *res, int flags,
			    struct error *err);
must_check int device_rules_apply(const struct cgroup *cg, const struct oci_resources *res,
				  int flags, struct error *err);

/* One file; the words of a failure name it, and say why it is not there. */
must_check int resource_write(const struct cgroup *cg, const char *controller, const char *file,
			      const char *value, struct error *err);
must_check int resource_write_i64(const struct cgroup *cg, const char *controller, const char *file,
				  const struct opt_i64 *value, struct error *err);
