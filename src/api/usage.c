/* SPDX-License-Identifier: Apache-2.0 */
/* /system/df, /system/check, and prunes of containers and images. */
#include "engine/usage.h"
#include "wire/filters.h"

#include <errno.h>
#include <string.h>

#include "api/handlers.h"
#include "api/reply.h"
#include "api/versions.h"
#include "base/strv.h"

enum { USAGE_SINCE = 52 }; /* API: the usage of each kind instead of lists */

static int read_kinds(const struct request *req, unsigned int *ret, struct error *err)
{
	static const char *const names[] = { "image", "container", "volume", "build-cache" };
	cleanup(strv_release) char **types = NULL;

	request_list(req, "type", &types);
	*ret = types ? 0 : USAGE_ALL;
	for (size_t i = 0; types && types[i]; i++) {
		size_t k = 0;

		while (k < ARRAY_SIZE(names) && strcmp(names[k], types[i]) != 0)
			k++;
		if (k == ARRAY_SIZE(names))
			return error_set(err, ERR_INVALID, EINVAL, "unknown object type: %s",
					 types[i]);
		*ret |= 1U << k;
	}
	return 0;
}

/* The lists are not told unless asked for. */
static void drop_items(struct disk_usage *usage)
{
	if (usage->images) {
		json_release_array(&image_summary_shape, usage->images->items,
				   usage->images->n_items);
		usage->images->items = NULL;
		usage->images->n_items = 0;
	}
	if (usage->containers) {
		json_release_array(&container_summary_shape, usage->containers->items,
				   usage->containers->n_items);
		usage->containers->items = NULL;
		usage->containers->n_items = 0;
	}
	if (usage->volumes) {
		json_release_array(&volume_shape, usage->volumes->items, usage->volumes->n_items);
		usage->volumes->items = NULL;
		usage->volumes->n_items = 0;
	}
}

/* What was asked for and is empty is [], what was not asked for is null. */
static void *list_or_empty(void *items)
{
	static char empty;

	return items ? items : &empty;
}

/* Borrows from usage. */
static int reply_old(struct request *req, const struct disk_usage *usage)
{
	struct disk_usage_old old = { 0 };
	char *nothing[] = { NULL };

	if (usage->images) {
		old.layers_size = usage->images->total_size;
		old.images = list_or_empty(usage->images->items);
		old.n_images = usage->images->n_items;
	}
	if (usage->containers) {
		old.containers = list_or_empty(usage->containers->items);
		old.n_containers = usage->containers->n_items;
	}
	if (usage->volumes) {
		old.volumes = list_or_empty(usage->volumes->items);
		old.n_volumes = usage->volumes->n_items;
	}
	if (usage->build_cache)
		old.build_cache = nothing;
	versions_summaries(req, old.containers, old.n_containers);
	versions_images(req, old.images, old.n_images);
	return reply_json(req, 200, &disk_usage_old_shape, &old);
}

int usage_df(struct request *req, struct error *err)
{
	cleanup(disk_usage_release) struct disk_usage usage = { NULL };
	struct engine *engine;
	unsigned int kinds;
	int r = read_kinds(req, &kinds, err);

	if (r >= 0)
		r = request_engine(req, &engine, err);
	if (r >= 0)
		r = engine_usage(engine, kinds, &usage, err);
	if (r < 0)
		return r;
	if (req->minor < USAGE_SINCE)
		return reply_old(req, &usage);
	if (!request_bool(req, "verbose"))
		drop_items(&usage);
	return reply_json(req, 200, &disk_usage_shape, &usage);
}

int usage_prune_containers(struct request *req, struct error *err)
{
	cleanup(container_prune_response_release) struct container_prune_response answer = { 0 };
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	if (r >= 0)
		r = engine_container_prune(engine, request_str(req, "filters"), &answer, err);
	return r < 0 ? r : reply_json(req, 200, &container_prune_response_shape, &answer);
}

int usage_prune_images(struct request *req, struct error *err)
{
	cleanup(image_prune_response_release) struct image_prune_response answer = { 0 };
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	if (r >= 0)
		r = image_prune(&engine->images, request_str(req, "filters"), &answer, err);
	return r < 0 ? r : reply_json(req, 200, &image_prune_response_shape, &answer);
}

/* There is no build cache: nothing to do is not a failure, and docker's `system prune` asks. */
int usage_prune_build(struct request *req, struct error *err)
{
	static const char *const allowed[] = { "description", "id",	 "immutable", "inuse",
					       "label",	      "mutable", "parent",    "private",
					       "shared",      "type",	 "until",     NULL };
	static const char body[] = "{\"CachesDeleted\":null,\"SpaceReclaimed\":0}\n";
	const struct http_reply reply = {
		.status = 200,
		.content_type = "application/json",
		.body = body,
		.body_len = sizeof(body) - 1,
	};
	cleanup(filters_release) struct filters filters = FILTERS_INIT;
	int r = filters_parse(request_str(req, "filters"), &filters, err);

	if (r >= 0)
		r = filters_check(&filters, allowed, err);
	if (r < 0)
		return error_prefix(err, "failed to prune build cache");
	return http_server_reply(req->http, &reply);
}

int usage_check(struct request *req, struct error *err)
{
	cleanup(system_check_release) struct system_check answer = { 0 };
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	if (r >= 0)
		r = image_check(&engine->images, request_bool(req, "repair"), &answer, err);
	return r < 0 ? r : reply_json(req, 200, &system_check_shape, &answer);
}
