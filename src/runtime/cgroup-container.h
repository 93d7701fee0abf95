/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container's cgroup, from its place to its end; the one door to it for all commands. Two drivers
 * make it: cgroupfs (mkdir) and systemd (a transient scope, systemd-unit.h).
 *
 * Order, so that "delete --force" finds everything whenever we are killed: place (nothing is made;
 * a group that is in use is refused) - the record - make_first - clone - the state - enter.
 */
#pragma once

#include "runtime/command.h"
#include "runtime/container.h"
#include "runtime/launch.h"

/* Sets c->cgroup_path, cgroup_systemd, cgroup_unit and rootless. Without root and where no cgroup
 * is given to us the path stays NULL: then nothing that needs one may be asked for. */
must_check int container_cgroup_place(const struct globals *g, const struct oci_spec *spec,
				      struct container *c, struct cgroup *ret, struct error *err);
/* What the child is born into: v2, or the v2 hierarchy beside v1. */
must_check int container_cgroup_make_first(const struct container *c, struct cgroup *cg,
					   struct error *err);
/* The child is there (and waits): the rest of its cgroup, its limits, itself in it. */
must_check int container_cgroup_enter(const struct container *c, struct launch *l,
				      struct error *err);

/* Of a container that exists. ERR_CONFLICT when it has none. */
must_check int container_cgroup_find(const struct container *c, struct cgroup *ret,
				     struct error *err);
must_check int container_cgroup_update(const struct container *c, const struct oci_resources *res,
				       struct error *err);
/* Kill what is in it, remove it; nothing there is success. Also of a container that was left
 * half-made: then @spec tells its path (NULL: none). */
must_check int container_cgroup_remove(const struct container *c, const struct oci_spec *spec,
				       struct error *err);
