/* SPDX-License-Identifier: Apache-2.0 */
/* What images take on the disk, layer by layer: each counts once, whoever has it. */
#include <stdlib.h>
#include <string.h>

#include "base/strv.h"
#include "image/image.h"
#include "layer/layer.h"
#include "store/containers.h"
#include "store/images.h"
#include "store/layers.h"

struct layer_use {
	const char *diff_id;
	int64_t size;
	size_t n_images;
	bool active; /* a container needs it */
};

struct usage {
	char **diff_ids; /* sorted */
	struct layer_use *layers;
	size_t n;
	int64_t total, active;
};

static void usage_release(struct usage *usage)
{
	strv_release(&usage->diff_ids);
	free(usage->layers);
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct layer_use *)a)->diff_id,
		      ((const struct layer_use *)b)->diff_id);
}

static struct layer_use *find(const struct usage *usage, const char *diff_id)
{
	const struct layer_use key = { .diff_id = diff_id };

	return usage->n > 0
		       ? bsearch(&key, usage->layers, usage->n, sizeof(*usage->layers), compare)
		       : NULL;
}

static int read_layers(struct image_context *ctx, struct usage *usage, struct error *err)
{
	int r = layer_record_list(ctx->store, &usage->diff_ids, err);

	if (r < 0)
		return r;
	usage->n = strv_len(usage->diff_ids);
	usage->layers = xcalloc(usage->n + 1, sizeof(*usage->layers));
	for (size_t i = 0; i < usage->n; i++) {
		usage->layers[i] = (struct layer_use){
			.diff_id = usage->diff_ids[i],
			.size = layer_disk_usage(ctx->store, usage->diff_ids[i]),
		};
		usage->total += usage->layers[i].size;
	}
	return 0;
}

static int read_containers(struct image_context *ctx, struct usage *usage, struct error *err)
{
	struct container *list = NULL;
	size_t n = 0;
	int r = container_list(ctx->store, &list, &n, err);

	for (size_t i = 0; r >= 0 && i < n; i++) {
		cleanup(strv_release) char **diff_ids = strv_split(list[i].layers, ' ');

		for (size_t k = 0; diff_ids[k]; k++) {
			struct layer_use *layer = find(usage, diff_ids[k]);

			if (layer && !layer->active)
				usage->active += layer->size;
			if (layer)
				layer->active = true;
		}
	}
	container_list_free(list, n);
	return r;
}

/* An image may have a layer at two places. */
static void distinct(char ***diff_ids)
{
	cleanup(strv_release) char **all = *diff_ids;

	*diff_ids = NULL;
	for (size_t i = 0; all && all[i]; i++) {
		if (!strv_contains(*diff_ids, all[i]))
			strv_push(diff_ids, all[i]);
	}
}

/* First pass (count): which layers are shared; second: the image's sizes. */
static int image_pass(struct image_context *ctx, struct usage *usage, struct image_summary *item,
		      bool count, struct error *err)
{
	cleanup(strv_release) char **diff_ids = NULL;
	int r = image_layers(ctx->store, item->id, &diff_ids, err);

	if (r < 0)
		return r;
	distinct(&diff_ids);
	if (!count)
		item->size = item->shared_size = 0;
	for (size_t i = 0; diff_ids && diff_ids[i]; i++) {
		struct layer_use *layer = find(usage, diff_ids[i]);

		if (!layer)
			continue;
		if (count) {
			layer->n_images++;
			continue;
		}
		item->size += layer->size;
		item->shared_size += layer->n_images > 1 ? layer->size : 0;
	}
	return 0;
}

static int count_containers(struct image_context *ctx, struct image_summary *item,
			    struct error *err)
{
	struct container *list = NULL;
	size_t n = 0;
	int r = containers_using_image(ctx->store, item->id, &list, &n, err);

	item->containers = (int64_t)n;
	container_list_free(list, n);
	return r;
}

int image_usage(struct image_context *ctx, struct image_usage *ret, struct error *err)
{
	cleanup(usage_release) struct usage usage = { 0 };
	const struct image_list_options opts = { .all = true };
	int r = read_layers(ctx, &usage, err);

	if (r >= 0)
		r = read_containers(ctx, &usage, err);
	if (r >= 0)
		r = image_list(ctx, &opts, &ret->items, &ret->n_items, err);
	for (size_t i = 0; r >= 0 && i < ret->n_items; i++)
		r = image_pass(ctx, &usage, &ret->items[i], true, err);
	for (size_t i = 0; r >= 0 && i < ret->n_items; i++) {
		r = image_pass(ctx, &usage, &ret->items[i], false, err);
		if (r >= 0)
			r = count_containers(ctx, &ret->items[i], err);
		ret->active_count += ret->items[i].containers > 0;
	}
	ret->total_count = (int64_t)ret->n_items;
	ret->total_size = usage.total;
	ret->reclaimable = usage.total - usage.active;
	return r;
}
