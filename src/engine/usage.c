/* SPDX-License-Identifier: Apache-2.0 */
/* system df: images, containers and volumes with what they take on the disk. */
#include "engine/usage.h"

#include <fcntl.h>
#include <string.h>

#include "base/strv.h"
#include "engine/disk.h"
#include "engine/volumes.h"
#include "store/volumes.h"
#include "sys/disk-usage.h"

static int64_t size_of(const char *path)
{
	int64_t size;

	return disk_usage_at(AT_FDCWD, path, &size) < 0 ? 0 : size;
}

static bool is_active(const char *state)
{
	return strcmp(state, "running") == 0 || strcmp(state, "paused") == 0 ||
	       strcmp(state, "restarting") == 0;
}

static int usage_containers(struct engine *e, struct container_usage *ret, struct error *err)
{
	const struct container_list_options opts = { .all = true, .size = true };
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = engine_list(e, &opts, &text, err);

	if (r >= 0)
		r = json_decode_array(&container_summary_shape, text.data, text.len, &ret->items,
				      &ret->n_items, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ret->n_items; i++) {
		struct container_summary *c = &ret->items[i];
		cleanup_free char *upper = instance_data_path(e, c->id, "upper");
		int64_t size = size_of(upper);

		c->size_root_fs += size - c->size_rw;
		c->size_rw = size;
		ret->total_size += size;
		if (is_active(c->state))
			ret->active_count++;
		else
			ret->reclaimable += size;
	}
	ret->total_count = (int64_t)ret->n_items;
	return 0;
}

static int usage_volumes(struct engine *e, struct volumes_usage *ret, struct error *err)
{
	int r = engine_volume_list(e, NULL, &ret->items, &ret->n_items, err);

	for (size_t i = 0; r >= 0 && i < ret->n_items; i++) {
		cleanup(strv_release) char **users = NULL;
		struct volume *v = &ret->items[i];

		r = volume_users(&e->store, v->name, &users, err);
		if (r < 0)
			return r;
		v->usage_data = xcalloc(1, sizeof(*v->usage_data));
		v->usage_data->size = size_of(v->mountpoint);
		v->usage_data->ref_count = (int64_t)strv_len(users);
		ret->total_size += v->usage_data->size;
		if (users && users[0])
			ret->active_count++;
		else
			ret->reclaimable += v->usage_data->size;
	}
	ret->total_count = (int64_t)ret->n_items;
	return r < 0 ? r : 0;
}

int engine_usage(struct engine *e, unsigned int kinds, struct disk_usage *ret, struct error *err)
{
	int r = 0;

	if (kinds & USAGE_IMAGES) {
		ret->images = xcalloc(1, sizeof(*ret->images));
		r = image_usage(&e->images, ret->images, err);
	}
	if (r >= 0 && (kinds & USAGE_CONTAINERS)) {
		ret->containers = xcalloc(1, sizeof(*ret->containers));
		r = usage_containers(e, ret->containers, err);
	}
	if (r >= 0 && (kinds & USAGE_VOLUMES)) {
		ret->volumes = xcalloc(1, sizeof(*ret->volumes));
		r = usage_volumes(e, ret->volumes, err);
	}
	if (kinds & USAGE_BUILD_CACHE)
		ret->build_cache = xcalloc(1, sizeof(*ret->build_cache));
	return r;
}
