/* SPDX-License-Identifier: Apache-2.0 */
/* Making, finding and removing volumes. */
#include "engine/volumes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/strv.h"
#include "engine/disk.h"
#include "engine/names.h"
#include "store/events.h"
#include "sys/file.h"
#include "wire/filters.h"

#define LOCAL "local"

struct labels_view {
	struct strmap labels;
};

static const struct json_field labels_fields[] = {
	FIELD_MAP(struct labels_view, labels, "Labels"),
};
static const struct json_shape labels_shape = JSON_SHAPE(struct labels_view, labels_fields, 0);

int volume_driver_check(const char *driver, const struct strmap *options, struct error *err)
{
	static char *const known[] = { (char *)"type", (char *)"o", (char *)"device",
				       (char *)"size", NULL };

	if (driver && driver[0] && strcmp(driver, LOCAL) != 0)
		return error_set(err, ERR_NOT_FOUND, 0,
				 "error looking up volume plugin %s: plugin \"%s\" not found",
				 driver, driver);
	for (size_t i = 0; options && i < options->n; i++)
		if (!strv_contains(known, options->entries[i].key))
			return error_set(err, ERR_INVALID, 0, "invalid option: \"%s\"",
					 options->entries[i].key);
	if (options && options->n > 0)
		return error_set(err, ERR_NOT_IMPLEMENTED, ENOSYS,
				 "option '%s' of a volume is not supported yet: a volume is a "
				 "directory of the engine's",
				 options->entries[0].key);
	return 0;
}

int volume_name_check(const char *name, struct error *err)
{
	size_t len = strlen(name);

	if (len == 1)
		return error_set(err, ERR_INVALID, EINVAL,
				 "create %s: volume name is too short, names should be at least "
				 "two alphanumeric characters",
				 name);
	if (len <= NAME_LEN_MAX && name_is_valid(name))
		return 0;
	return error_set(err, ERR_INVALID, EINVAL,
			 "create %s: \"%s\" includes invalid characters for a local volume name, "
			 "only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass "
			 "a host directory, use absolute path",
			 name, name);
}

char *volume_path(const struct engine *e, const char *name)
{
	return xasprintf("%s/volumes/%s/_data", e->config->data_root, name);
}

static int record_event(struct engine *e, const char *action, const char *name, struct error *err)
{
	cleanup(strmap_release) struct strmap attributes = STRMAP_INIT;

	strmap_set(&attributes, "driver", LOCAL);
	return event_record(&e->store, "volume", action, name, &attributes, err);
}

static int make_directory(struct engine *e, const char *name, struct error *err)
{
	cleanup_free char *outer = xasprintf("volumes/%s", name);
	cleanup_free char *inner = xasprintf("%s/_data", outer);
	int r = dir_make_all_at(e->store.data_fd, outer, 0711);

	if (r >= 0 && mkdirat(e->store.data_fd, inner, 0755) < 0 && errno != EEXIST)
		r = -errno;
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "create the directory of volume %s", name)
		     : 0;
}

int volume_ensure(struct engine *e, const char *name, const struct strmap *labels,
		  struct error *err)
{
	cleanup(volume_record_release) struct volume_record found = VOLUME_RECORD_INIT;
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct labels_view view = { *labels };
	struct volume_record rec = { .name = (char *)name, .created = clock_now() };
	int r = volume_record_get(&e->store, name, &found, err);

	if (r != 0)
		return r < 0 ? r : make_directory(e, name, err);
	json_encode(&labels_shape, &view, &text);
	rec.labels = (char *)strbuf_str(&text);
	r = make_directory(e, name, err);
	if (r >= 0)
		r = volume_record_insert(&e->store, &rec, err);
	return r < 0 ? r : record_event(e, "create", name, err);
}

int volume_drop(struct engine *e, const char *name, const struct layer_temp *temp,
		struct error *err)
{
	cleanup_free char *path = xasprintf("volumes/%s", name);
	int r = volume_record_delete(&e->store, name, err);

	if (r >= 0)
		r = record_event(e, "destroy", name, err);
	if (r >= 0 && renameat(e->store.data_fd, path, temp->dirfd, name) < 0 && errno != ENOENT)
		r = error_set(err, ERR_SYSTEM, errno, "remove volume %s", name);
	return r;
}

static int fill(const struct engine *e, const struct volume_record *rec, struct volume *ret,
		struct error *err)
{
	cleanup(strbuf_release) struct strbuf created = STRBUF_INIT;
	struct labels_view view = { STRMAP_INIT };
	int r = json_decode(&labels_shape, rec->labels, strlen(rec->labels), &view, err);

	if (r < 0)
		return r;
	clock_format(rec->created / 1000000000 * 1000000000, &created);
	*ret = (struct volume){
		.created_at = strbuf_take(&created),
		.driver = xstrdup(LOCAL),
		.labels = view.labels,
		.mountpoint = volume_path(e, rec->name),
		.name = xstrdup(rec->name),
		.scope = xstrdup(LOCAL),
	};
	return 0;
}

static int get(struct engine *e, const char *name, struct volume_record *ret, struct error *err)
{
	int r = volume_record_get(&e->store, name, ret, err);

	return r == 0  ? error_set(err, ERR_NOT_FOUND, ENOENT, "get %s: no such volume", name)
	       : r < 0 ? r
		       : 0;
}

int engine_volume_inspect(struct engine *e, const char *name, struct volume *ret, struct error *err)
{
	cleanup(volume_record_release) struct volume_record rec = VOLUME_RECORD_INIT;
	int r = get(e, name, &rec, err);

	return r < 0 ? r : fill(e, &rec, ret, err);
}

static int create_record(struct engine *e, const char *name, const struct strmap *labels,
			 struct error *err)
{
	int r = store_begin(&e->store, err);

	if (r < 0)
		return r;
	r = volume_ensure(e, name, labels, err);
	if (r >= 0)
		r = store_commit(&e->store, err);
	store_rollback(&e->store);
	return r;
}

int engine_volume_create(struct engine *e, const struct volume_create_request *req,
			 struct volume *ret, struct error *err)
{
	cleanup(strmap_release) struct strmap labels = STRMAP_INIT;
	cleanup_free char *name = req->name && req->name[0] ? xstrdup(req->name) : id_random();
	int r = volume_driver_check(req->driver, &req->driver_opts, err);

	if (r >= 0 && req->cluster_volume_spec)
		return error_set(err, ERR_UNAVAILABLE, 0, "This node is not a swarm manager.");
	if (r >= 0)
		r = volume_name_check(name, err);
	if (r < 0)
		return r;
	strmap_copy(&labels, &req->labels);
	if (!req->name || !req->name[0])
		strmap_set(&labels, VOLUME_ANONYMOUS_LABEL, "");
	r = create_record(e, name, &labels, err);
	return r < 0 ? r : engine_volume_inspect(e, name, ret, err);
}

static int in_use(struct engine *e, const char *name, char ***ret_users, struct error *err)
{
	int r = volume_users(&e->store, name, ret_users, err);

	return r < 0 ? r : *ret_users && (*ret_users)[0];
}

/* Remove one in a transaction of its own; its files are in temp then. */
static int remove_record(struct engine *e, const char *name, const struct layer_temp *temp,
			 struct error *err)
{
	cleanup(volume_record_release) struct volume_record rec = VOLUME_RECORD_INIT;
	cleanup(strv_release) char **users = NULL;
	cleanup_free char *list = NULL;
	int r = store_begin(&e->store, err);

	if (r < 0)
		return r;
	r = get(e, name, &rec, err);
	if (r >= 0)
		r = in_use(e, name, &users, err);
	if (r > 0) {
		list = strv_join(users, ", ");
		r = error_set(err, ERR_CONFLICT, EBUSY, "remove %s: volume is in use - [%s]", name,
			      list);
	}
	if (r >= 0)
		r = volume_drop(e, name, temp, err);
	if (r >= 0)
		r = store_commit(&e->store, err);
	store_rollback(&e->store);
	return r;
}

int engine_volume_remove(struct engine *e, const char *name, bool force, struct error *err)
{
	struct layer_temp temp = LAYER_TEMP_INIT;
	struct error own = ERROR_INIT;
	int r = layer_temp_new(&e->store, &temp, &own);

	if (r >= 0)
		r = remove_record(e, name, &temp, &own);
	layer_temp_release(&e->store, &temp);
	if (r < 0 && force && own.kind == ERR_NOT_FOUND)
		r = 0;
	if (r < 0 && err)
		*err = own;
	else
		error_release(&own);
	return r;
}

/* Between: all conditions. dangling: nobody has it mounted. 1: in the list. */
static int fits(struct engine *e, const struct filters *f, const struct volume *v,
		struct error *err)
{
	cleanup(strv_release) char **users = NULL;
	bool dangling = false;
	int r = filters_get_bool(f, "dangling", &dangling, err);

	if (r < 0 || !filters_match(f, "driver", v->driver) ||
	    !filters_match_part(f, "name", v->name) ||
	    !filters_match_labels(f, "label", &v->labels))
		return r < 0 ? r : 0;
	if (!filters_get(f, "dangling"))
		return 1;
	r = in_use(e, v->name, &users, err);
	return r < 0 ? r : (r == 0) == dangling;
}

static int list(struct engine *e, const struct filters *f, struct volume **ret, size_t *ret_n,
		struct error *err)
{
	struct volume_record *recs = NULL;
	struct volume *out;
	size_t n_recs = 0, n = 0;
	int r = volume_record_list(&e->store, &recs, &n_recs, err);

	if (r < 0)
		return r;
	out = xcalloc(n_recs + 1, sizeof(*out));
	for (size_t i = 0; r >= 0 && i < n_recs; i++) {
		r = fill(e, &recs[i], &out[n], err);
		if (r >= 0)
			r = fits(e, f, &out[n], err);
		if (r > 0)
			n++;
		else
			volume_release(&out[n]);
	}
	volume_record_list_free(recs, n_recs);
	if (r < 0) {
		json_release_array(&volume_shape, out, n);
		return r;
	}
	*ret = out;
	*ret_n = n;
	return 0;
}

int engine_volume_list(struct engine *e, const char *filters_json, struct volume **ret,
		       size_t *ret_n, struct error *err)
{
	static const char *const allowed[] = { "dangling", "driver", "label", "name", NULL };
	cleanup(filters_release) struct filters f = FILTERS_INIT;
	int r = filters_parse(filters_json, &f, err);

	if (r >= 0)
		r = filters_check(&f, allowed, err);
	return r < 0 ? r : list(e, &f, ret, ret_n, err);
}

/* One of a prune: gone meanwhile, or in use, is no failure. */
static int prune_one(struct engine *e, const struct volume *v, const struct layer_temp *temp,
		     struct volume_prune_response *ret, struct error *err)
{
	struct error own = ERROR_INIT;
	int64_t size = disk_tree_size(v->mountpoint);
	int r = remove_record(e, v->name, temp, &own);

	if (r >= 0) {
		strv_push(&ret->volumes_deleted, v->name);
		ret->space_reclaimed += size;
	} else if (own.kind != ERR_CONFLICT && own.kind != ERR_NOT_FOUND) {
		if (err)
			*err = own;
		else
			error_release(&own);
		return r;
	}
	error_release(&own);
	return 0;
}

static bool prune_wants(const struct filters *f, const struct volume *v, bool all)
{
	if (!all && !strmap_get(&v->labels, VOLUME_ANONYMOUS_LABEL))
		return false;
	return !filters_spare(f, &v->labels);
}

int engine_volume_prune(struct engine *e, const char *filters_json, bool all_by_default,
			struct volume_prune_response *ret, struct error *err)
{
	static const char *const allowed[] = { "all", "label", "label!", NULL };
	cleanup(filters_release) struct filters f = FILTERS_INIT;
	struct layer_temp temp = LAYER_TEMP_INIT;
	struct volume *volumes = NULL;
	size_t n = 0;
	int r = filters_parse(filters_json, &f, err);

	if (r >= 0)
		r = filters_check(&f, allowed, err);
	if (r >= 0)
		r = filters_get_bool(&f, "all", &all_by_default, err);
	if (r >= 0)
		r = list(e, &f, &volumes, &n, err);
	if (r >= 0)
		r = layer_temp_new(&e->store, &temp, err);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		if (prune_wants(&f, &volumes[i], all_by_default))
			r = prune_one(e, &volumes[i], &temp, ret, err);
	}
	layer_temp_release(&e->store, &temp);
	json_release_array(&volume_shape, volumes, n);
	return r;
}
