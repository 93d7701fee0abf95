/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store's layers from one driver to the other, one at a time: hoy-pack makes the archive again,
 * hoy-unpack stores it anew in a temporary directory, and when it is proven to be the same layer
 * the two directories change places. A crash leaves layers of both drivers, which work side by
 * side; the next run goes on.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/strv.h"
#include "image/child.h"
#include "image/image.h"
#include "image/put.h"
#include "image/say.h"
#include "layer/kept.h"
#include "oci/digest.h"
#include "store/layers.h"
#include "sys/fd.h"

struct migration {
	struct image_context *ctx;
	const struct layer_driver *driver;
	struct say say;
	size_t n_moved, n_kept;
};

/* hoy-pack into hoy-unpack. 1: the archive cannot be made again, *err says why. */
static int store_anew(struct migration *m, const struct layer_temp *temp, const char *diff_id,
		      struct put_layer *ret, struct error *err)
{
	cleanup(transfer_child_release) struct transfer_child pack = TRANSFER_CHILD_INIT;
	cleanup_fd int read_fd = -1, write_fd = -1;
	cleanup(error_release) struct error unpack_err = ERROR_INIT;
	int r = fd_pipe(&read_fd, &write_fd);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "make a pipe");
	r = transfer_child_pack(m->ctx, diff_id, false, write_fd, &pack, err);
	if (r < 0)
		return r;
	macros_close_fd(&write_fd);
	write_fd = -1;
	r = put_layer_unpack(m->ctx, temp, "0", read_fd, ret, &unpack_err);
	macros_close_fd(&read_fd); /* so that hoy-pack ends, whatever happened */
	read_fd = -1;
	while (pack.control_fd >= 0)
		transfer_child_read(&pack);
	if (!pack.done && pack.error.errnum != EPIPE && pack.error.errnum != ECANCELED) {
		(void)transfer_child_fail(&pack, err);
		return 1;
	}
	return r < 0 ? error_set(err, unpack_err.kind, 0, "%s", error_text(&unpack_err)) : 0;
}

/* What is kept of the layer stays beside it. */
static int keep_blobs(struct migration *m, const struct layer_temp *temp, const char *diff_id,
		      struct error *err)
{
	cleanup_fd int dirfd = openat(temp->dirfd, "0", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dirfd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open a new layer");
	return layer_kept_link(m->ctx->store, diff_id, dirfd, err);
}

static int migrate_in(struct migration *m, const struct layer_temp *temp, const char *diff_id,
		      struct error *err)
{
	struct put_layer layer = { 0 };
	int r = store_anew(m, temp, diff_id, &layer, err);

	if (r == 0 && strcmp(layer.diff_id, diff_id) != 0)
		r = error_set(err, ERR_SYSTEM, EBADMSG, "layer %s is %s when it is made again",
			      diff_id, layer.diff_id);
	if (r == 0)
		r = keep_blobs(m, temp, diff_id, err);
	if (r == 0)
		r = layer_sync(m->ctx->store, err);
	if (r == 0)
		r = layer_exchange(m->ctx->store, temp, "0", diff_id, err);
	put_layer_release(&layer);
	return r;
}

static int migrate_one(struct migration *m, const char *diff_id, struct error *err)
{
	cleanup_free char *id = xstrndup(digest_hex(diff_id), 12);
	cleanup(error_release) struct error why = ERROR_INIT;
	struct layer_temp temp = LAYER_TEMP_INIT;
	int r = layer_temp_new(m->ctx->store, &temp, err);

	if (r < 0)
		return r;
	r = migrate_in(m, &temp, diff_id, &why);
	layer_temp_release(m->ctx->store, &temp);
	if (r < 0)
		return error_set(err, why.kind, 0, "migrate layer %s: %s", id, error_text(&why));
	m->n_moved += r == 0;
	m->n_kept += r > 0;
	return r == 0 ? say_status(&m->say, id, err, "Migrated to %s", m->driver->name)
		      : say_status(&m->say, id, err, "Stays: %s", error_text(&why));
}

int image_migrate(struct image_context *ctx, const struct layer_driver *driver, progress_sink sink,
		  void *sink_arg, struct error *err)
{
	struct migration m = { ctx, driver, { sink, sink_arg }, 0, 0 };
	cleanup(strv_release) char **ids = NULL;
	int r = layer_driver_set(ctx->store, driver, err);

	if (r >= 0)
		r = layer_record_list(ctx->store, &ids, err);
	for (size_t i = 0; r >= 0 && ids && ids[i]; i++) {
		const struct layer_driver *now = layer_driver_of_layer(ctx->store, ids[i]);

		if (now && now != driver)
			r = migrate_one(&m, ids[i], err);
	}
	if (r < 0)
		return r;
	if (m.n_kept > 0)
		return error_set(err, ERR_CONFLICT, 0,
				 "%zu layers stay as they are: remove their images and pull them "
				 "again",
				 m.n_kept);
	return say_status(&m.say, NULL, err, "Layers migrated to %s: %zu", driver->name, m.n_moved);
}
