/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images that nobody wants any more go by themselves, if the configuration says so: those not
 * wanted for max_age; and, when the disk is fuller than high_water, the longest unwanted first
 * until it is at low_water. Never one that a container uses, or that was wanted within the hour.
 */
#include <errno.h>
#include <sys/statvfs.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/strv.h"
#include "image/find.h"
#include "image/image.h"
#include "layer/layer.h"
#include "store/image-uses.h"

static const int64_t grace_ns = INT64_C(3600) * 1000000000;

/* Percent of the data root's file system that is in use, as df tells. */
static int disk_used(struct store *store, unsigned int *ret, struct error *err)
{
	struct statvfs fs;
	uint64_t used;

	if (fstatvfs(store->data_fd, &fs) < 0)
		return error_set(err, ERR_SYSTEM, errno, "statvfs %s", store->data_root);
	used = (uint64_t)(fs.f_blocks - fs.f_bfree);
	*ret = used + fs.f_bavail == 0 ? 0 : (unsigned int)(used * 100 / (used + fs.f_bavail));
	return 0;
}

static int remove_one(struct image_context *ctx, const char *id, const char *why, struct error *err)
{
	struct image_delete_item *items = NULL;
	size_t n = 0;
	int r = image_remove_unused(ctx, id, &items, &n, err);

	if (r >= 0 && n > 0)
		log_info("image %s removed: %s", id, why);
	json_release_array(&image_delete_item_shape, items, n);
	return r < 0 ? r : layer_gc(ctx->store, err);
}

static int clean_by_age(struct image_context *ctx, int64_t max_age, struct error *err)
{
	cleanup(strv_release) char **ids = NULL;
	int64_t age = max_age > grace_ns ? max_age : grace_ns;
	int r = image_uses_idle(ctx->store, clock_now() - age, &ids, err);

	for (size_t i = 0; r >= 0 && ids && ids[i]; i++)
		r = remove_one(ctx, ids[i], "not used for long", err);
	return r;
}

static int clean_by_disk(struct image_context *ctx, const struct image_cleanup *policy,
			 struct error *err)
{
	cleanup(strv_release) char **ids = NULL;
	unsigned int used = 0;
	int r = disk_used(ctx->store, &used, err);

	if (r < 0 || used <= policy->high_water)
		return r;
	r = image_uses_idle(ctx->store, clock_now() - grace_ns, &ids, err);
	for (size_t i = 0; r >= 0 && ids && ids[i] && used > policy->low_water; i++) {
		r = remove_one(ctx, ids[i], "the disk is full beyond its mark", err);
		if (r >= 0)
			r = disk_used(ctx->store, &used, err);
	}
	return r;
}

int image_clean(struct image_context *ctx, struct error *err)
{
	const struct image_cleanup *policy = &ctx->cleanup;
	int r = 0;

	ctx->grew = false;
	if (policy->max_age > 0)
		r = clean_by_age(ctx, policy->max_age, err);
	if (r >= 0 && policy->high_water > 0)
		r = clean_by_disk(ctx, policy, err);
	return r;
}
