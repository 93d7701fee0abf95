/* SPDX-License-Identifier: Apache-2.0 */
/* A container's cgroup: where it is, making it, its end. docs/design/008-cgroups.md has the why. */
#include "runtime/cgroup-container.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/strbuf.h"
#include "runtime/resources.h"
#include "runtime/rootless.h"
#include "runtime/systemd-unit.h"

/* Our own group of the v2 hierarchy, as a path in it. On v1 it is another one in each: their root,
 * which in a container of its own cgroup namespace is ours. */
static char *own_path(void)
{
	cleanup(cgroup_release) struct cgroup own = { 0 };
	const char *path;

	if (cgroup_mode() == CGROUP_V1)
		return xstrdup("/");
	if (cgroup_of_pid(getpid(), &own) < 0)
		return NULL;
	path = own.dirs[0].path + own.dirs[0].mount_len;
	return xstrdup(*path ? path : "/");
}

static char *below(const char *parent, const char *name)
{
	return xasprintf("%s/%s", strcmp(parent, "/") ? parent : "", name);
}

/* To move a process from our own group to one below @path, we must be able to write there. */
static bool is_delegated(const char *path)
{
	cleanup(cgroup_release) struct cgroup cg = { 0 };
	cleanup_free char *probe = below(path, "x");

	if (cgroup_find(probe, &cg) < 0)
		return false;
	for (size_t i = 0; i < cg.n_dirs; i++) {
		cleanup_free char *procs = NULL;

		*strrchr(cg.dirs[i].path, '/') = '\0';
		procs = xasprintf("%s/cgroup.procs", cg.dirs[i].path);
		if (access(cg.dirs[i].path, W_OK) == 0 && access(procs, W_OK) == 0)
			return true;
	}
	return false;
}

/* A user's place: beside our own group, where controllers can be had, or below it. NULL: none. */
static char *delegated_path(const char *name)
{
	cleanup_free char *own = own_path();
	cleanup_free char *parent = NULL;
	char *slash = own ? strrchr(own, '/') : NULL;

	if (!own)
		return NULL;
	parent = slash > own ? xstrndup(own, (size_t)(slash - own)) : xstrdup("/");
	if (strcmp(own, "/") != 0 && is_delegated(parent))
		return below(parent, name);
	return is_delegated(own) ? below(own, name) : NULL;
}

/* Absolute: from the root of the hierarchies. Relative, or none: where we say, which is the root
 * too, since there it names the same whoever asks; but a user has his own place. */
static char *fs_path(const char *wanted, const struct container *c)
{
	const char *name = wanted && *wanted ? wanted : c->id;

	if (*name == '/')
		return xstrdup(name);
	return c->rootless ? delegated_path(name) : xstrdup(name);
}

/* Processes of somebody else would get our limits, and be killed with the container. */
static int check_unused(const struct container *c, const struct cgroup *cg, struct error *err)
{
	if (!cgroup_exists(cg))
		return 0;
	if (cgroup_is_populated(cg))
		return error_set(err, ERR_CONFLICT, EBUSY,
				 "container's cgroup is not empty: '%s' has processes",
				 c->cgroup_path);
	if (cgroup_is_frozen(cg))
		return error_set(err, ERR_CONFLICT, EBUSY, "container's cgroup '%s' is frozen",
				 c->cgroup_path);
	return 0;
}

int container_cgroup_place(const struct globals *g, const struct oci_spec *spec,
			   struct container *c, struct cgroup *ret, struct error *err)
{
	const struct oci_linux *lx = spec->linux_;
	cleanup(cgroup_release) struct cgroup cg = { 0 };
	int r = 0;

	c->rootless = rootless_is(g->rootless);
	c->cgroup_systemd = g->systemd_cgroup;
	if (c->cgroup_systemd)
		r = systemd_unit_place(lx->cgroups_path, c, err);
	else
		c->cgroup_path = fs_path(lx->cgroups_path, c);
	if (r < 0)
		return r;
	if (!c->cgroup_path) {
		if (!resources_need_cgroup(lx->resources))
			return 0;
		return error_set(err, ERR_FORBIDDEN, EACCES,
				 "limits need a cgroup, and none is delegated to this user");
	}
	r = cgroup_find(c->cgroup_path, &cg);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "find cgroup '%s'", c->cgroup_path);
	r = check_unused(c, &cg, err);
	if (r < 0)
		return r;
	*ret = cg;
	cg = (struct cgroup){ 0 };
	return 0;
}

/* A group below one of threads takes no processes. */
static int check_type(const struct container *c, const struct cgroup *cg, struct error *err)
{
	cleanup_free char *type = NULL;

	if (cg->mode != CGROUP_V2 || cgroup_read(cg, "", "cgroup.type", &type) < 0)
		return 0;
	type[strcspn(type, "\n")] = '\0';
	if (!strcmp(type, "domain") || !strcmp(type, "domain threaded"))
		return 0;
	return error_set(err, ERR_INVALID, EOPNOTSUPP,
			 "cgroup '%s' is %s: its parent is threaded, so that it takes no container",
			 c->cgroup_path, type);
}

static int make(const struct container *c, struct cgroup *cg, struct error *err)
{
	int r = c->rootless ? cgroup_create_allowed(cg) : cgroup_create(cg);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "make cgroup '%s'", c->cgroup_path);
	return check_type(c, cg, err);
}

int container_cgroup_make_first(const struct container *c, struct cgroup *cg, struct error *err)
{
	int r;

	/* What the config alone does not tell is made when the state is written. */
	if (!c->cgroup_path || c->rootless || c->cgroup_systemd)
		return 0;
	if (cg->mode == CGROUP_V2)
		return make(c, cg, err);
	r = cgroup_create_unified(cg);
	if (r < 0 && r != -ENOENT)
		return error_set(err, ERR_SYSTEM, -r, "make cgroup '%s'", c->cgroup_path);
	return 0;
}

static int attach(const struct container *c, struct launch *l, struct error *err)
{
	int r = l->attach_self ? 0 : cgroup_attach(&l->cgroup, l->pid, l->in_unified);

	if (r == -EBUSY)
		return error_set(err, ERR_CONFLICT, EBUSY,
				 "cgroup '%s' has groups below it that have controllers, so that "
				 "it takes no processes",
				 c->cgroup_path);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r,
				 "move the container's process into cgroup '%s'", c->cgroup_path);
	return 0;
}

int container_cgroup_enter(const struct container *c, struct launch *l, struct error *err)
{
	const struct oci_resources *res = l->spec->linux_->resources;
	int r = 0;

	if (!c->cgroup_path)
		return 0;
	if (c->cgroup_systemd)
		r = systemd_unit_start(c, l->cgroup.mode, l->pid, res, &l->spec->annotations, err);
	if (!r && (l->cgroup.mode == CGROUP_V1 || c->rootless || c->cgroup_systemd))
		r = make(c, &l->cgroup, err);
	if (!r)
		r = resources_apply(&l->cgroup, res, c->rootless ? RESOURCES_ROOTLESS : 0, err);
	return r < 0 ? r : attach(c, l, err);
}

int container_cgroup_find(const struct container *c, struct cgroup *ret, struct error *err)
{
	int r;

	if (!c->cgroup_path)
		return error_set(err, ERR_CONFLICT, 0, "the container has no cgroup");
	r = cgroup_find(c->cgroup_path, ret);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "find cgroup '%s'", c->cgroup_path);
	return 0;
}

int container_cgroup_update(const struct container *c, const struct oci_resources *res,
			    struct error *err)
{
	const int flags = RESOURCES_UPDATE | (c->rootless ? RESOURCES_ROOTLESS : 0);
	cleanup(cgroup_release) struct cgroup cg = { 0 };
	int r = container_cgroup_find(c, &cg, err);

	/* systemd first: it would undo at its next look what it was not told. */
	if (!r && c->cgroup_systemd)
		r = systemd_unit_update(c, &cg, res, err);
	return r < 0 ? r : resources_apply(&cg, res, flags, err);
}

static int remove_path(const char *path, struct error *err)
{
	cleanup(cgroup_release) struct cgroup cg = { 0 };
	int r = cgroup_find(path, &cg);

	/* No hierarchy is mounted: nothing was made. */
	r = r == -ENOENT || r == -EINVAL ? 0 : r < 0 ? r : cgroup_remove(&cg);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "remove cgroup '%s'", path);
	return 0;
}

int container_cgroup_remove(const struct container *c, const struct oci_spec *spec,
			    struct error *err)
{
	const char *path = c->cgroup_path;
	int r = 0;

	/* Until there is a state, only the cgroupfs driver makes something, and only as root; its
	 * config is on record when the group was seen to be unused. */
	if (c->half_made && spec && spec->linux_ && geteuid() == 0) {
		path = spec->linux_->cgroups_path;
		path = path && *path ? path : c->id;
		if (strchr(path, ':')) /* a unit's name */
			path = NULL;
	}
	if (c->cgroup_unit)
		r = systemd_unit_stop(c, err);
	return r < 0 || !path ? r : remove_path(path, err);
}
