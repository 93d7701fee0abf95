/* SPDX-License-Identifier: Apache-2.0 */
/* linux.resources as values of control files. */
#pragma once

#include "oci/runtime-spec.h"
#include "sys/cgroup.h"

/* Write what @res has; members that are not set stay as they are. @update: the cgroup has limits
 * already, whose order matters, and devices are left alone. */
must_check int resources_apply(const struct cgroup *cg, const struct oci_resources *res,
			       bool update, struct error *err);

/* resources-v1.c, resources-v2.c, device-rules.c */
must_check int resources_v1(const struct cgroup *cg, const struct oci_resources *res,
			    struct error *err);
must_check int resources_v2(const struct cgroup *cg, const struct oci_resources *res,
			    struct error *err);
must_check int device_rules_apply(const struct cgroup *cg, const struct oci_resources *res,
				  struct error *err);

/* One file; the words of a failure name it. */
must_check int resource_write(const struct cgroup *cg, const char *controller, const char *file,
			      const char *value, struct error *err);
must_check int resource_write_i64(const struct cgroup *cg, const char *controller, const char *file,
				  const struct opt_i64 *value, struct error *err);
