/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The systemd driver: a container's cgroup is a transient scope unit of the system's manager, or
 * without root of the user's. systemd makes, moves and removes the cgroup; the limits are both
 * properties of the unit, so that systemd does not undo them, and written by us, who can say more.
 *
 *	cgroupsPath "SLICE:PREFIX:NAME"  ->  unit PREFIX-NAME.scope in SLICE
 *	"a-b.slice"                      ->  /a.slice/a-b.slice/PREFIX-NAME.scope
 */
#pragma once

#include "runtime/container.h"
#include "sys/cgroup.h"

/* Sets c->cgroup_unit and c->cgroup_path. @cgroups_path NULL or "": system.slice (user.slice), the
 * container's id. */
must_check int systemd_unit_place(const char *cgroups_path, struct container *c, struct error *err);
/* Start the scope with @pid in it, and wait until systemd has done so. @annotations:
 * "org.systemd.property.NAME" are more of its properties. */
must_check int systemd_unit_start(const struct container *c, enum cgroup_mode mode, pid_t pid,
				  const struct oci_resources *res, const struct strmap *annotations,
				  struct error *err);
must_check int systemd_unit_update(const struct container *c, const struct cgroup *cg,
				   const struct oci_resources *res, struct error *err);
/* One more process in the unit's cgroup: for a user who may not move it there from where he is. */
must_check int systemd_unit_attach(const struct container *c, pid_t pid, struct error *err);
/* Kill what is in it and stop it, and wait for both. A unit that is not there is success. */
must_check int systemd_unit_stop(const struct container *c, struct error *err);

/* "a-b.slice" -> "/a.slice/a-b.slice", "-.slice" -> "". Owned. */
must_check int systemd_slice_path(const char *slice, char **ret, struct error *err);

/* systemd-properties.c: append the members of an a(sv). */
void systemd_put_bool(struct strbuf *b, const char *name, bool value);
void systemd_put_u64(struct strbuf *b, const char *name, uint64_t value);
void systemd_put_string(struct strbuf *b, const char *name, const char *value);
void systemd_put_pid(struct strbuf *b, const char *name, pid_t pid);
/* @cg: what holds now, NULL at the start. */
must_check int systemd_put_resources(struct strbuf *b, enum cgroup_mode mode,
				     const struct cgroup *cg, const struct oci_resources *res,
				     struct error *err);
/* systemd-annotations.c */
must_check int systemd_put_annotations(struct strbuf *b, const struct strmap *annotations,
				       struct error *err);
