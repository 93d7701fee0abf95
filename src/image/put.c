/* SPDX-License-Identifier: Apache-2.0 */
/* Layers to their places, records, tag and event in one transaction. */
#include "image/put.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/strv.h"
#include "image/child.h"
#include "image/find.h"
#include "oci/digest.h"
#include "store/holds.h"
#include "store/image-uses.h"
#include "store/images.h"
#include "store/layer-blobs.h"
#include "store/layers.h"

void put_layer_release(struct put_layer *layer)
{
	free(layer->temp_name);
	free(layer->diff_id);
	*layer = (struct put_layer){ 0 };
}

int put_layer_unpack(struct image_context *ctx, const struct layer_temp *temp, const char *name,
		     int tar_fd, struct put_layer *ret, struct error *err)
{
	cleanup(transfer_child_release) struct transfer_child child = TRANSFER_CHILD_INIT;
	cleanup_fd int dirfd = -1;
	int r = layer_begin(ctx->store, temp, name, &dirfd, err);

	if (r >= 0)
		r = transfer_child_unpack(ctx, temp, tar_fd, dirfd, &child, err);
	if (r >= 0)
		r = transfer_child_wait(&child, err);
	if (r < 0)
		return r;
	if (!digest_is_valid(child.diff_id))
		return error_set(err, ERR_SYSTEM, EBADMSG, "hoy-unpack's answer");
	r = layer_finish(dirfd, child.opaque, err);
	if (r < 0)
		return r;
	*ret = (struct put_layer){ .temp_name = xstrdup(name),
				   .diff_id = take_ptr(child.diff_id),
				   .size = child.size };
	return 0;
}

/* All of the image's layers have records now; their sizes together. */
static int total_size(struct image_context *ctx, char *const *diff_ids, int64_t *ret,
		      struct error *err)
{
	*ret = 0;
	for (size_t i = 0; diff_ids && diff_ids[i]; i++) {
		int64_t size = 0;
		int r = layer_record_get(ctx->store, diff_ids[i], &size, err);

		if (r <= 0)
			return r < 0 ? r : -ESTALE;
		*ret += size;
	}
	return 0;
}

static int put_names(struct image_context *ctx, const struct put *put, bool *ret_changed,
		     struct error *err)
{
	cleanup_free char *old = NULL;
	int r = 0;

	*ret_changed = true;
	if (put->tag) {
		r = image_tag_set(ctx->store, put->tag, put->id, &old, err);
		*ret_changed = !old || strcmp(old, put->id) != 0;
	}
	if (r >= 0 && put->tag && *ret_changed)
		r = image_tag_touch(ctx->store, put->id, clock_now(), err);
	for (size_t i = 0; r >= 0 && put->more_tags && put->more_tags[i]; i++) {
		cleanup_free char *was = NULL;

		r = image_tag_set(ctx->store, put->more_tags[i], put->id, &was, err);
	}
	if (r >= 0 && put->repo_digest)
		r = image_repo_digest_set(ctx->store, put->repo_digest, put->id, err);
	for (size_t i = 0; r >= 0 && put->more_digests && put->more_digests[i]; i++)
		r = image_repo_digest_set(ctx->store, put->more_digests[i], put->id, err);
	return r;
}

static int put_event(struct image_context *ctx, const struct put *put, struct error *err)
{
	const char *full = put->tag ? put->tag : put->repo_digest;
	cleanup_free char *familiar = full ? image_familiar(full) : NULL;
	const char *actor = strcmp(put->action, "pull") == 0 && familiar ? familiar : put->id;

	return image_event(ctx, put->action, actor, familiar, put->config, err);
}

/* Only for layers whose blob is known already (the pull that unpacked it wrote that) is it proven
 * that manifest and config mean the same. */
static int put_blobs(struct image_context *ctx, const struct put *put, struct error *err)
{
	char *const *diff_ids = put->config->rootfs.diff_ids;
	int r = 0;

	for (size_t i = 0; r >= 0 && put->blobs && i < put->blobs->n_layers; i++) {
		const struct descriptor *d = &put->blobs->layers[i];
		const struct layer_blob blob = { .digest = d->digest,
						 .size = d->size,
						 .media_type = d->media_type,
						 .repository = (char *)put->repository };

		r = layer_blob_is_known(ctx->store, diff_ids[i], d->digest, err);
		if (r > 0)
			r = layer_blob_put(ctx->store, diff_ids[i], &blob, err);
	}
	return r;
}

static int put_records(struct image_context *ctx, const struct put *put, bool synced,
		       bool *ret_changed, struct error *err)
{
	char *const *diff_ids = put->config->rootfs.diff_ids;
	struct image_record rec = {
		.id = (char *)put->id,
		.config = put->config_text->data,
		.config_len = put->config_text->len,
		.manifest = put->manifest ? put->manifest->data : NULL,
		.manifest_len = put->manifest ? put->manifest->len : 0,
		.manifest_type = (char *)put->manifest_type,
		.created = put->config->created,
		.tagged = 0,
	};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < put->n_layers; i++)
		r = layer_commit(ctx->store, put->temp, put->layers[i].temp_name,
				 put->layers[i].diff_id, put->layers[i].size, err);
	if (r >= 0 && synced)
		r = layer_commit_sync(ctx->store, err);
	if (r >= 0)
		r = total_size(ctx, diff_ids, &rec.size, err);
	if (r >= 0)
		r = image_record_put(ctx->store, &rec, diff_ids, err);
	if (r >= 0)
		r = image_use_touch(ctx->store, put->id, err);
	if (r >= 0 && diff_ids)
		r = layer_hold_drop(ctx->store, diff_ids, err);
	if (r >= 0)
		r = put_blobs(ctx, put, err);
	if (r >= 0)
		r = put_names(ctx, put, ret_changed, err);
	return r < 0 || !put->action ? r : put_event(ctx, put, err);
}

enum { SYNC_ONE_BY_ONE = 8 }; /* more layers than these are synced with the rest of the disk */

/* Of the image's layers that are in their place those that no image has had yet: paths. */
static int find_held(struct image_context *ctx, const struct put *put, char ***ret,
		     struct error *err)
{
	char *const *diff_ids = put->config->rootfs.diff_ids;
	int r = 0;

	for (size_t i = 0; r >= 0 && diff_ids && diff_ids[i]; i++) {
		char *one[] = { diff_ids[i], NULL };
		bool held = false;

		r = layer_hold_find(ctx->store, one, 0, &held, err);
		if (r >= 0 && held)
			strv_push_take(ret, xasprintf("layers/%s", digest_hex(diff_ids[i])));
	}
	return r;
}

/* Files of the image's new layers and of those that a pull has left without an image. */
static int put_sync(struct image_context *ctx, const struct put *put, bool *ret_synced,
		    struct error *err)
{
	cleanup(strv_release) char **held = NULL;
	int r = find_held(ctx, put, &held, err);
	size_t n = strv_len(held) + put->n_layers;
	bool rest = n > SYNC_ONE_BY_ONE;

	*ret_synced = n > 0;
	for (size_t i = 0; r >= 0 && !rest && held && held[i]; i++)
		r = layer_sync_files(ctx->store->data_fd, held[i], &rest, err);
	for (size_t i = 0; r >= 0 && !rest && i < put->n_layers; i++)
		r = layer_sync_files(put->temp->dirfd, put->layers[i].temp_name, &rest, err);
	return r < 0 || !rest ? r : layer_sync(ctx->store, err);
}

/* A layer that was deleted and came again since the sync is not known to be on the disk. */
static int put_check(struct image_context *ctx, const struct put *put, int64_t synced,
		     struct error *err)
{
	bool newer = false;
	int r = layer_hold_find(ctx->store, put->config->rootfs.diff_ids, synced, &newer, err);

	return r < 0 ? r : newer ? -ESTALE : 0;
}

/* A roll-back leaves directories that were moved without a record: the next layer_commit of the
 * same or the sweep takes them away. On the disk are first the files, then the names of the
 * directories, then the records: so a power cut leaves an image whole or not at all. */
int put_image(struct image_context *ctx, const struct put *put, bool *ret_changed,
	      struct error *err)
{
	int64_t start = clock_monotonic();
	bool synced = false;
	int r = put_sync(ctx, put, &synced, err);

	if (r >= 0)
		r = synced ? store_begin_durable(ctx->store, err) : store_begin(ctx->store, err);
	if (r < 0)
		return r;
	r = put_check(ctx, put, start, err);
	if (r >= 0)
		r = put_records(ctx, put, synced, ret_changed, err);
	if (r >= 0)
		r = store_commit(ctx->store, err);
	store_rollback(ctx->store);
	ctx->grew = ctx->grew || r >= 0;
	return r;
}
