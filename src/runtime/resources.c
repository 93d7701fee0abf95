/* SPDX-License-Identifier: Apache-2.0 */
/* Limits: the parts that v1 and v2 share. */
#include "runtime/resources.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "sys/file.h"

enum { CONTROL_MAX = 1024 * 1024 };

/* A word of a control file of the cgroup directory @dir. */
static bool has_word(const char *dir, const char *file, const char *word, size_t len)
{
	cleanup_free char *path = xasprintf("%s/%s", dir, file);
	char *text cleanup_free = NULL, *save = NULL;

	if (file_read_at(AT_FDCWD, path, CONTROL_MAX, &text, NULL) < 0)
		return false;
	for (char *w = strtok_r(text, " \n", &save); w; w = strtok_r(NULL, " \n", &save)) {
		if (strlen(w) == len && !strncmp(w, word, len))
			return true;
	}
	return false;
}

static bool has_processes(const char *dir)
{
	cleanup_free char *path = xasprintf("%s/cgroup.procs", dir);
	cleanup_free char *text = NULL;

	return file_read_at(AT_FDCWD, path, CONTROL_MAX, &text, NULL) == 0 && *text;
}

/* Why a v2 file is not there: its controller was not handed down to this cgroup. */
static int missing_v2(const struct cgroup *cg, const char *file, struct error *err)
{
	const struct cgroup_dir *dir = &cg->dirs[0];
	const char *slash = strrchr(dir->path, '/');
	int len = (int)strcspn(file, ".");
	cleanup_free char *parent = xstrndup(dir->path, (size_t)(slash - dir->path));
	const char *name = slash - dir->path > dir->mount_len ? parent + dir->mount_len : "/";

	if (has_word(dir->path, "cgroup.controllers", file, (size_t)len))
		return error_set(err, ERR_INVALID, EOPNOTSUPP, "this kernel has no %s", file);
	if (!has_word(parent, "cgroup.controllers", file, (size_t)len))
		return error_set(err, ERR_INVALID, EOPNOTSUPP,
				 "cannot set %s: the controller %.*s is not available in cgroup %s",
				 file, len, file, name);
	if (has_processes(parent))
		return error_set(err, ERR_INVALID, EOPNOTSUPP,
				 "cannot set %s: cgroup %s has processes of its own, so that its "
				 "children cannot have the controller %.*s",
				 file, name, len, file);
	return error_set(err, ERR_INVALID, EOPNOTSUPP,
			 "cannot set %s: cgroup %s does not give its children the controller %.*s",
			 file, name, len, file);
}

int resource_write(const struct cgroup *cg, const char *controller, const char *file,
		   const char *value, struct error *err)
{
	int r = cgroup_write(cg, controller, file, value);

	if ((r == -ENOENT || r == -ENODEV) && cg->mode == CGROUP_V2 && cg->n_dirs)
		return missing_v2(cg, file, err);
	if (r == -ENODEV)
		return error_set(err, ERR_INVALID, EOPNOTSUPP,
				 "cannot set %s: the container has no cgroup of the controller %s",
				 file, controller);
	if (r == -ENOENT)
		return error_set(err, ERR_INVALID, EOPNOTSUPP,
				 "this machine has no %s: cannot set it to \"%s\"", file, value);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "write \"%s\" to %s", value, file);
	return 0;
}

int resource_write_i64(const struct cgroup *cg, const char *controller, const char *file,
		       const struct opt_i64 *value, struct error *err)
{
	char text[24];

	if (!value->set)
		return 0;
	(void)snprintf(text, sizeof(text), "%lld", (long long)value->value);
	return resource_write(cg, controller, file, text, err);
}

/* Reservations of huge pages count apart from their use; where the kernel can limit them (5.7), the
 * same number holds, or mmap would succeed and the first touch be SIGBUS. */
static int hugepages(const struct cgroup *cg, const struct oci_resources *res, struct error *err)
{
	const char *suffix = cg->mode == CGROUP_V2 ? "max" : "limit_in_bytes";
	int r = 0;

	for (size_t i = 0; !r && i < res->n_hugepage_limits; i++) {
		const struct oci_hugepage_limit *h = &res->hugepage_limits[i];
		char file[64], value[24];

		(void)snprintf(file, sizeof(file), "hugetlb.%.20s.%s", h->page_size, suffix);
		(void)snprintf(value, sizeof(value), "%llu", (unsigned long long)h->limit);
		r = resource_write(cg, "hugetlb", file, value, err);
		if (r < 0)
			return r;
		(void)snprintf(file, sizeof(file), "hugetlb.%.20s.rsvd.%s", h->page_size, suffix);
		r = cgroup_write(cg, "hugetlb", file, value);
		if (r == -ENOENT)
			r = 0;
		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "write \"%s\" to %s", value, file);
	}
	return r;
}

static int rdma(const struct cgroup *cg, const struct oci_resources *res, struct error *err)
{
	int r = 0;

	for (size_t i = 0; !r && i < res->n_rdma; i++) {
		const struct oci_rdma *d = &res->rdma[i];
		struct strbuf value = STRBUF_INIT;

		strbuf_adds(&value, d->key);
		if (d->hca_handles.set)
			strbuf_addf(&value, " hca_handle=%lld", (long long)d->hca_handles.value);
		if (d->hca_objects.set)
			strbuf_addf(&value, " hca_object=%lld", (long long)d->hca_objects.value);
		r = resource_write(cg, "rdma", "rdma.max", strbuf_str(&value), err);
		strbuf_release(&value);
	}
	return r;
}

/* A value of several lines is as many settings ("io.max" of several devices): the kernel takes one
 * a write. */
static int unified_file(const struct cgroup *cg, const char *file, const char *value,
			struct error *err)
{
	cleanup(strv_release) char **lines = strv_split(value, '\n');
	int r = 0;

	if (!*file || strchr(file, '/') || !strncmp(file, "cgroup.", 7))
		return error_set(err, ERR_INVALID, 0,
				 "unified resource \"%s\" must be a file name of a controller",
				 file);
	for (char **line = lines; !r && *line; line++) {
		if (**line || line == lines)
			r = resource_write(cg, "", file, *line, err);
	}
	return r;
}

static int unified(const struct cgroup *cg, const struct strmap *map, struct error *err)
{
	int r = 0;

	if (map->n && cg->mode == CGROUP_V1)
		return error_set(err, ERR_INVALID, EOPNOTSUPP,
				 "resources.unified needs cgroup v2, this machine has v1");
	for (size_t i = 0; !r && i < map->n; i++)
		r = unified_file(cg, map->entries[i].key, map->entries[i].value, err);
	return r;
}

bool resources_need_cgroup(const struct oci_resources *res)
{
	const struct oci_memory *m = res ? res->memory : NULL;
	const struct oci_cpu *c = res ? res->cpu : NULL;
	const struct oci_block_io *b = res ? res->block_io : NULL;

	if (!res)
		return false;
	if (m && (m->limit.set || m->reservation.set || m->swap.set || m->kernel.set ||
		  m->kernel_tcp.set || m->swappiness.set || m->disable_oom_killer.value))
		return true;
	if (c && (c->shares.set || c->quota.set || c->burst.set || c->period.set ||
		  c->realtime_runtime.set || c->realtime_period.set || c->idle.set ||
		  (c->cpus && *c->cpus) || (c->mems && *c->mems)))
		return true;
	if (b && (b->weight.set || b->leaf_weight.set || b->n_weight_device || b->n_read_bps ||
		  b->n_write_bps || b->n_read_iops || b->n_write_iops))
		return true;
	if (res->network && (res->network->class_id.set || res->network->n_priorities))
		return true;
	return (res->pids && res->pids->limit.set && res->pids->limit.value > 0) ||
	       res->n_hugepage_limits || res->n_rdma || res->unified.n;
}

int resources_apply(const struct cgroup *cg, const struct oci_resources *res, int flags,
		    struct error *err)
{
	static const struct oci_resources none;
	const bool update = flags & RESOURCES_UPDATE;
	int r = 0;

	if (!res && update)
		return 0;
	if (!res)
		res = &none;
	if (!update || res->n_devices)
		r = device_rules_apply(cg, res, flags, err);
	if (!r)
		r = cg->mode == CGROUP_V2 ? resources_v2(cg, res, flags, err)
					  : resources_v1(cg, res, flags, err);
	if (!r)
		r = hugepages(cg, res, err);
	if (!r)
		r = rdma(cg, res, err);
	return r < 0 ? r : unified(cg, &res->unified, err);
}
