/* SPDX-License-Identifier: Apache-2.0 */
/* What a container's cgroup has used, as the JSON that readers of `runc events` know. */
#pragma once

#include "base/strbuf.h"
#include "sys/cgroup.h"

/* Appends the object that stands in "data" of an event of type "stats". Figures that this kernel
 * does not have are zero or left out. */
void event_stats_json(const struct cgroup *cg, struct strbuf *out);
