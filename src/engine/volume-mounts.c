/* SPDX-License-Identifier: Apache-2.0 */
/* From a request's wishes to rows of volumes, and from rows to mounts. */
#include "engine/volume-mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/strv.h"
#include "engine/names.h"
#include "engine/volume-copy.h"
#include "engine/volumes.h"

/* A later one takes the place of an earlier one on the same target. */
static void plan_put(struct mount_list *plan, struct container_mount *m)
{
	struct container_mount *old = mount_list_find(plan, m->target);

	if (old)
		mount_list_drop(plan, (size_t)(old - plan->items));
	mount_list_add(plan, m);
}

static void plan_row(struct mount_list *plan, const struct volume_mount_record *row, bool rw)
{
	struct container_mount m = {
		.kind = row->volume ? MOUNT_VOLUME : MOUNT_BIND,
		.source = xstrdup(row->source),
		.target = xstrdup(row->target),
		.mode = xstrdup(row->mode),
		.propagation = xstrdup(row->propagation),
		.volume = xstrdup(row->volume),
		.rw = row->rw && rw,
		.recursive = true,
		.named = row->named,
	};

	plan_put(plan, &m);
}

static void plan_bind(struct mount_list *plan, const struct container_mount *bind, bool rw)
{
	const struct volume_mount_record row = { .target = bind->target,
						 .source = bind->source,
						 .mode = bind->mode,
						 .propagation = bind->propagation,
						 .rw = bind->rw };

	if (bind->kind == MOUNT_BIND)
		plan_row(plan, &row, rw);
}

static int mode_of_from(const char *mode, bool *ret_rw, struct error *err)
{
	static const char *const words[] = { "rw", "z", "Z", "nocopy" };
	cleanup(strv_release) char **given = strv_split(mode, ',');

	*ret_rw = true;
	for (size_t i = 0; given[i]; i++) {
		bool known = strcmp(given[i], "ro") == 0;

		*ret_rw = *ret_rw && !known;
		for (size_t j = 0; !known && j < ARRAY_SIZE(words); j++)
			known = strcmp(given[i], words[j]) == 0;
		if (!known)
			return error_set(err, ERR_INVALID, EINVAL,
					 "invalid mode for volumes-from: %s", mode);
	}
	return 0;
}

/* Not a 404: to a client that would mean that the image is missing. */
static int find_other(struct engine *e, const char *ref, struct container *ret, struct error *err)
{
	int r = container_find(&e->store, ref, ret, err);

	if (r < 0 && err && err->kind == ERR_NOT_FOUND)
		err->kind = ERR_INVALID;
	return r;
}

static int plan_from(struct engine *e, const char *text, struct mount_list *plan, struct error *err)
{
	const char *colon = strchr(text, ':');
	cleanup_free char *ref = colon ? xstrndup(text, (size_t)(colon - text)) : xstrdup(text);
	cleanup(container_release) struct container other = CONTAINER_INIT;
	cleanup(host_config_release) struct host_config host = { 0 };
	cleanup(mount_list_release) struct mount_list own = { NULL, 0 };
	struct volume_mount_record *rows = NULL;
	size_t n = 0;
	bool rw = true;
	int r = colon ? mode_of_from(colon + 1, &rw, err) : 0;

	if (r >= 0)
		r = find_other(e, ref, &other, err);
	if (r >= 0)
		r = json_decode(&host_config_shape, other.host, strlen(other.host), &host, err);
	if (r >= 0)
		r = mount_list_read(&host, &own, err);
	if (r >= 0)
		r = volume_mount_list(&e->store, other.id, &rows, &n, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < own.n; i++)
		plan_bind(plan, &own.items[i], rw);
	for (size_t i = 0; i < n; i++)
		plan_row(plan, &rows[i], rw);
	volume_mount_list_free(rows, n);
	return 0;
}

/* VOLUME and `-v /path`: where nothing else is mounted. */
static int plan_declared(const struct container_config *config, const struct mount_list *own,
			 struct mount_list *plan, struct error *err)
{
	for (size_t i = 0; config->volumes && config->volumes[i]; i++) {
		struct container_mount m = { .kind = MOUNT_VOLUME,
					     .mode = xstrdup(""),
					     .propagation = xstrdup("rprivate"),
					     .rw = true,
					     .recursive = true,
					     .copy = true };
		int r = mount_target("volume", config->volumes[i], &m.target, err);

		if (r >= 0 && !mount_list_find(plan, m.target) && !mount_list_find(own, m.target)) {
			mount_list_add(plan, &m);
			continue;
		}
		free(m.target);
		free(m.mode);
		free(m.propagation);
		if (r < 0)
			return r;
	}
	return 0;
}

static int plan_names(struct mount_list *plan, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < plan->n; i++) {
		struct container_mount *m = &plan->items[i];

		if (m->kind != MOUNT_VOLUME)
			continue;
		if (!m->volume) {
			m->volume = id_random();
			strmap_set(&m->labels, VOLUME_ANONYMOUS_LABEL, "");
		}
		r = volume_name_check(m->volume, err);
	}
	return r;
}

int volume_mounts_plan(struct engine *e, const struct container_config *config,
		       const struct host_config *host, struct mount_list *ret, struct error *err)
{
	cleanup(mount_list_release) struct mount_list own = { NULL, 0 }, plan = { NULL, 0 };
	int r = volume_driver_check(host->volume_driver, NULL, err);

	if (r >= 0)
		r = mount_list_read(host, &own, err);
	for (size_t i = 0; r >= 0 && host->volumes_from && host->volumes_from[i]; i++)
		r = plan_from(e, host->volumes_from[i], &plan, err);
	for (size_t i = plan.n; r >= 0 && i > 0; i--) {
		if (mount_list_find(&own, plan.items[i - 1].target))
			mount_list_drop(&plan, i - 1);
	}
	if (r >= 0)
		r = plan_declared(config, &own, &plan, err);
	for (size_t i = own.n; r >= 0 && i > 0; i--) {
		struct container_mount *m = &own.items[i - 1];

		if (m->kind != MOUNT_VOLUME)
			continue;
		mount_list_add(&plan, m);
		own.n--;
		memmove(m, m + 1, (own.n - (i - 1)) * sizeof(*m));
	}
	if (r >= 0)
		r = plan_names(&plan, err);
	if (r < 0)
		return r;
	*ret = plan;
	plan = (struct mount_list){ NULL, 0 };
	return 0;
}

int volume_mounts_insert(struct engine *e, const char *container_id, const struct mount_list *plan,
			 struct error *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < plan->n; i++) {
		const struct container_mount *m = &plan->items[i];
		const struct volume_mount_record row = {
			.container_id = (char *)container_id,
			.target = m->target,
			.volume = m->volume,
			.source = m->volume ? NULL : m->source,
			.mode = m->mode,
			.propagation = m->propagation,
			.rw = m->rw,
			.named = m->named,
		};

		if (m->volume)
			r = volume_ensure(e, m->volume, &m->labels, err);
		if (r >= 0)
			r = volume_mount_insert(&e->store, &row, err);
	}
	return r;
}

int volume_mounts_populate(struct engine *e, const struct instance *in,
			   const struct mount_list *plan, char *const *lower, struct error *err)
{
	cleanup(volume_source_release) struct volume_source source = VOLUME_SOURCE_INIT;
	cleanup_free char *upper = instance_data_path(e, in->rec.id, "upper");
	int r = 0;

	for (size_t i = 0; r >= 0 && i < plan->n; i++) {
		const struct container_mount *m = &plan->items[i];
		cleanup_free char *path = m->volume ? volume_path(e, m->volume) : NULL;

		if (!m->volume || !m->copy || volume_is_filled(path))
			continue;
		if (source.root_fd < 0)
			r = volume_source_open(in->dirfd, upper, lower, &source, err);
		if (r >= 0)
			r = volume_copy_up(&source, m->target, m->volume, path, err);
	}
	return r;
}

int volume_mounts_join(const struct engine *e, const char *container_id,
		       const struct host_config *host, const struct volume_mount_record *rows,
		       size_t n, struct mount_list *ret, struct error *err)
{
	cleanup(mount_list_release) struct mount_list list = { NULL, 0 };
	int r = mount_list_read(host, &list, err);

	if (r < 0)
		return r;
	for (size_t i = list.n; i > 0; i--) {
		if (list.items[i - 1].kind == MOUNT_VOLUME)
			mount_list_drop(&list, i - 1);
	}
	for (size_t i = 0; i < n; i++) {
		if (strcmp(rows[i].container_id, container_id) != 0 ||
		    mount_list_find(&list, rows[i].target))
			continue;
		plan_row(&list, &rows[i], true);
		if (rows[i].volume)
			list.items[list.n - 1].source = volume_path(e, rows[i].volume);
	}
	r = mount_list_order(&list, err);
	if (r < 0)
		return r;
	*ret = list;
	list = (struct mount_list){ NULL, 0 };
	return 0;
}

static bool may_have_rows(const struct container_config *config, const struct host_config *host)
{
	return (config->volumes && config->volumes[0]) || (host->binds && host->binds[0]) ||
	       (host->volumes_from && host->volumes_from[0]) || host->n_mounts > 0;
}

int volume_mounts_read(struct engine *e, const char *container_id,
		       const struct container_config *config, const struct host_config *host,
		       struct mount_list *ret, struct error *err)
{
	struct volume_mount_record *rows = NULL;
	size_t n = 0;
	int r = 0;

	if (may_have_rows(config, host))
		r = volume_mount_list(&e->store, container_id, &rows, &n, err);
	if (r < 0)
		return r;
	r = volume_mounts_join(e, container_id, host, rows, n, ret, err);
	volume_mount_list_free(rows, n);
	return r;
}
