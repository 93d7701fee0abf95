/* SPDX-License-Identifier: Apache-2.0 */
/* Removing the images that nobody uses. */
#include <errno.h>
#include <string.h>

#include "base/strv.h"
#include "image/find.h"
#include "layer/kept.h"
#include "store/events.h"
#include "store/holds.h"
#include "store/layers.h"
#include "wire/filters.h"

struct prune {
	struct filters filters;
	bool dangling; /* only those without a tag */
	int64_t until;
};

static void prune_release(struct prune *prune)
{
	filters_release(&prune->filters);
}

static int prune_read(const char *json, struct prune *ret, struct error *err)
{
	static const char *const allowed[] = { "dangling", "label", "label!", "until", NULL };
	int r = filters_parse(json, &ret->filters, err);

	ret->dangling = true;
	if (r >= 0)
		r = filters_check(&ret->filters, allowed, err);
	if (r >= 0)
		r = filters_get_bool(&ret->filters, "dangling", &ret->dangling, err);
	return r < 0 ? r : filters_get_until(&ret->filters, &ret->until, err);
}

/* 1: it is to go, if nobody uses it. */
static int prune_wants(struct image_context *ctx, const struct prune *prune,
		       const struct image_record *rec, struct error *err)
{
	cleanup(image_config_release) struct image_config config = { 0 };
	cleanup(strv_release) char **tags = NULL;
	int r;

	if (rec->created >= prune->until)
		return 0;
	r = image_config_of(rec, &config, err);
	if (r >= 0)
		r = image_tags(ctx->store, rec->id, &tags, err);
	if (r < 0)
		return r;
	return (!prune->dangling || !tags) &&
	       filters_match_labels(&prune->filters, "label", &config.config.labels) &&
	       !filters_spare(&prune->filters, &config.config.labels);
}

static int prune_images(struct image_context *ctx, const struct prune *prune,
			struct image_prune_response *ret, struct error *err)
{
	struct image_record *recs = NULL;
	size_t n = 0;
	int r = image_record_list(ctx->store, &recs, &n, err);

	for (size_t i = 0; r >= 0 && i < n; i++) {
		r = prune_wants(ctx, prune, &recs[i], err);
		if (r > 0)
			r = image_remove_unused(ctx, recs[i].id, &ret->images_deleted,
						&ret->n_images_deleted, err);
	}
	image_record_list_free(recs, n);
	return r < 0 ? r : 0;
}

/* What the layers take that nobody needs any more. */
static int unused_size(struct image_context *ctx, int64_t *ret, struct error *err)
{
	cleanup(strv_release) char **unused = NULL;
	int r = layer_record_unused(ctx->store, &unused, err);

	for (size_t i = 0; r >= 0 && unused && unused[i]; i++)
		*ret += layer_disk_usage(ctx->store, unused[i]);
	return r;
}

static int prune_event(struct image_context *ctx, int64_t reclaimed, struct error *err)
{
	cleanup(strmap_release) struct strmap attributes = STRMAP_INIT;
	cleanup_free char *text = xasprintf("%lld", (long long)reclaimed);

	strmap_set(&attributes, "reclaimed", text);
	return event_record(ctx->store, "image", "prune", "", &attributes, err);
}

/* Layers of pulls that were cut short are no image's: they go too, unless only some were meant. */
static int prune_holds(struct image_context *ctx, const struct prune *prune, struct error *err)
{
	static const char *const some[] = { "label", "label!", "until" };

	for (size_t i = 0; i < ARRAY_SIZE(some); i++) {
		if (filters_get(&prune->filters, some[i]))
			return 0;
	}
	return layer_hold_drop(ctx->store, NULL, err);
}

/* Of an engine that keeps no compressed blobs, those that it kept before. */
static int prune_kept(struct image_context *ctx, int64_t *ret_freed, struct error *err)
{
	cleanup(strv_release) char **ids = NULL;
	int r = ctx->keep_compressed ? 0 : layer_record_list(ctx->store, &ids, err);

	for (size_t i = 0; r >= 0 && ids && ids[i]; i++) {
		cleanup(strv_release) char **digests = NULL;

		r = layer_kept_list(ctx->store, ids[i], &digests, err);
		for (size_t k = 0; r >= 0 && digests && digests[k]; k++)
			r = layer_kept_remove(ctx->store, ids[i], digests[k], ret_freed, err);
	}
	return r;
}

int image_prune(struct image_context *ctx, const char *filters_json,
		struct image_prune_response *ret, struct error *err)
{
	cleanup(prune_release) struct prune prune = { .filters = FILTERS_INIT };
	int r = prune_read(filters_json, &prune, err);

	if (r >= 0)
		r = prune_images(ctx, &prune, ret, err);
	if (r >= 0)
		r = prune_holds(ctx, &prune, err);
	if (r >= 0)
		r = unused_size(ctx, &ret->space_reclaimed, err);
	if (r >= 0)
		r = layer_gc(ctx->store, err);
	if (r >= 0)
		r = prune_kept(ctx, &ret->space_reclaimed, err);
	return r < 0 ? r : prune_event(ctx, ret->space_reclaimed, err);
}
