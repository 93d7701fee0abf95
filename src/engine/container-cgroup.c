/* SPDX-License-Identifier: Apache-2.0 */
/* From a record to its cgroup's path: the same rule as the spec's. */
#include "engine/container-cgroup.h"

#include "engine/spec-parts.h"

int container_cgroup(const struct engine *e, const struct instance *in, struct cgroup *ret,
		     struct error *err)
{
	cleanup(host_config_release) struct host_config host = { 0 };
	cleanup_free char *path = NULL;
	int r = instance_host_config(in, &host, err);

	if (r < 0)
		return r;
	path = spec_cgroup_path(e, &host, in->rec.id);
	r = cgroup_find(path, ret);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "find the cgroup of container %s", in->rec.id)
		     : 0;
}
