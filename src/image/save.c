/* SPDX-License-Identifier: Apache-2.0 */
/*
 * save: images into one archive that is an OCI image layout and docker save's format at once, the
 * layers uncompressed and byte by byte what came in; or, when an image came with a manifest and
 * all blobs that this names are here (layer/kept.h), those and that. What is in it depends on the
 * images, names and kept blobs alone: the same ones give the same bytes.
 *
 *	blobs/sha256/…	 layers, configs, manifests
 *	index.json, oci-layout	 the layout: a manifest for each name
 *	manifest.json		 docker's
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/strv.h"
#include "image/child.h"
#include "image/find.h"
#include "image/save-json.h"
#include "layer/kept.h"
#include "layer/record.h"
#include "layer/tar-write.h"
#include "sys/fd.h"

enum { PIECE = 256 * 1024 };

struct save {
	struct image_context *ctx;
	const struct image_save_sink *sink;
	struct tar_writer writer;
	struct save_image *images;
	size_t n;
	char **written; /* digests of blobs */
};

static void save_release(struct save *save)
{
	tar_writer_release(&save->writer);
	for (size_t i = 0; i < save->n; i++)
		save_image_release(&save->images[i]);
	free(save->images);
	strv_release(&save->written);
}

static struct save_image *find_image(struct save *save, const char *id)
{
	for (size_t i = 0; i < save->n; i++) {
		if (strcmp(save->images[i].rec.id, id) == 0)
			return &save->images[i];
	}
	return NULL;
}

static int layer_sizes(struct save *save, struct save_image *image, struct error *err)
{
	char *const *diff_ids = image->config.rootfs.diff_ids;
	int r = 0;

	image->n_layers = strv_len(diff_ids);
	image->sizes = xcalloc(image->n_layers + 1, sizeof(*image->sizes));
	image->blobs = xcalloc(image->n_layers + 1, sizeof(*image->blobs));
	for (size_t i = 0; r >= 0 && i < image->n_layers; i++) {
		image->blobs[i] = diff_ids[i];
		r = layer_tar_size(save->ctx->store, diff_ids[i], &image->sizes[i], err);
	}
	return r;
}

/* 1: the image can be saved as it came, manifest and all. */
static int came_is_here(struct save *save, const struct save_image *image,
			const struct manifest *came, struct error *err)
{
	char *const *diff_ids = image->config.rootfs.diff_ids;
	int r = 0;

	if (came->n_layers != image->n_layers || strcmp(came->config.digest, image->rec.id) != 0)
		return 0;
	for (size_t i = 0; r >= 0 && i < came->n_layers; i++) {
		const struct descriptor *blob = &came->layers[i];
		cleanup_fd int fd = -1;

		if (strcmp(blob->digest, diff_ids[i]) != 0)
			r = layer_kept_open(save->ctx->store, diff_ids[i], blob->digest, blob->size,
					    &fd, err);
	}
	return r == -ENOENT ? 0 : r < 0 ? r : 1;
}

static int choose_blobs(struct save *save, struct save_image *image, struct error *err)
{
	cleanup(manifest_release) struct manifest came = { 0 };
	int r = layer_sizes(save, image, err);

	if (r < 0 || !image->rec.manifest)
		return r;
	r = manifest_decode(image->rec.manifest, image->rec.manifest_len, &came, err);
	if (r >= 0)
		r = came_is_here(save, image, &came, err);
	if (r <= 0)
		return r;
	image->came = came;
	came = (struct manifest){ 0 };
	for (size_t i = 0; i < image->n_layers; i++) {
		image->blobs[i] = image->came.layers[i].digest;
		image->sizes[i] = (uint64_t)image->came.layers[i].size;
	}
	return 0;
}

/* Adds an image, or one more name of one that is there. */
static int add_name(struct save *save, struct image_record *rec, const char *tag,
		    const struct platform *platform, struct error *err)
{
	struct save_image *image = find_image(save, rec->id);
	int r;

	if (!image) {
		save->images = xrealloc(save->images, save->n + 1, sizeof(*save->images));
		image = &save->images[save->n++];
		*image = (struct save_image){ .rec = *rec };
		*rec = (struct image_record)IMAGE_RECORD_INIT;
		r = image_config_of(&image->rec, &image->config, err);
		if (r >= 0)
			r = save_check_platform(image, platform, err);
		if (r >= 0)
			r = choose_blobs(save, image, err);
		if (r < 0)
			return r;
	}
	if (tag && !strv_contains(image->tags, tag))
		strv_push(&image->tags, tag);
	return 0;
}

/* All tags of a repository that is named without one. *ret_n: how many there were. */
static int add_repository(struct save *save, const char *name, const struct platform *platform,
			  size_t *ret_n, struct error *err)
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	cleanup(strbuf_release) struct strbuf repo = STRBUF_INIT;
	cleanup(strv_release) char **tags = NULL;
	int r = 0;

	if (reference_parse(name, &ref, NULL) < 0 || ref.tag || ref.digest)
		return 0;
	reference_name(&ref, &repo);
	r = image_tags_of_repository(save->ctx->store, strbuf_str(&repo), &tags, err);
	for (size_t i = 0; r >= 0 && tags && tags[i]; i++) {
		cleanup(image_record_release) struct image_record rec = IMAGE_RECORD_INIT;
		cleanup_free char *tag = xasprintf("%s:%s", strbuf_str(&repo), tags[i]);

		r = image_record_by_tag(save->ctx->store, tag, &rec, err);
		if (r > 0)
			r = add_name(save, &rec, tag, platform, err);
		*ret_n += 1;
	}
	return r;
}

static int add_image(struct save *save, const char *name, const struct platform *platform,
		     struct error *err)
{
	cleanup(image_record_release) struct image_record rec = IMAGE_RECORD_INIT;
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	cleanup(strbuf_release) struct strbuf full = STRBUF_INIT;
	cleanup_free char *familiar = NULL;
	size_t n = 0;
	int r = add_repository(save, name, platform, &n, err);

	if (r < 0 || n > 0)
		return r;
	r = image_find(save->ctx, name, &rec, &familiar, err);
	if (r < 0)
		return r;
	if (familiar && reference_parse(familiar, &ref, NULL) >= 0 && !ref.digest)
		reference_string(&ref, &full);
	return add_name(save, &rec, full.len > 0 ? strbuf_str(&full) : NULL, platform, err);
}

static bool is_written(struct save *save, const char *digest)
{
	if (strv_contains(save->written, digest))
		return true;
	strv_push(&save->written, digest);
	return false;
}

static int put_document(struct save *save, const char *name, const struct strbuf *text,
			struct error *err)
{
	const struct tar_file file = { .path = name, .data = text->data, .len = text->len };

	return tar_write_file(&save->writer, &file, err);
}

static int put_blob(struct save *save, const char *digest, const struct strbuf *text,
		    struct error *err)
{
	cleanup_free char *name = xasprintf("blobs/sha256/%s", digest_hex(digest));

	return is_written(save, digest) ? 0 : put_document(save, name, text, err);
}

static int copy_layer(struct save *save, int fd, struct error *err)
{
	cleanup_free char *buf = xmalloc(PIECE);

	for (;;) {
		ssize_t n = read(fd, buf, PIECE);
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, ERR_SYSTEM, errno, "read a layer");
		if (n == 0)
			return 0;
		r = tar_write_data(&save->writer, buf, (size_t)n, err);
		if (r < 0)
			return r;
	}
}

static int begin_blob(struct save *save, const char *digest, uint64_t size, struct error *err)
{
	cleanup_free char *name = xasprintf("blobs/sha256/%s", digest_hex(digest));
	const struct tar_entry e = { .type = TAR_FILE, .path = name, .mode = 0644, .size = size };

	return tar_write_entry(&save->writer, &e, err);
}

/* The blob that the layer came in as. */
static int put_kept(struct save *save, const char *diff_id, const char *digest, uint64_t size,
		    struct error *err)
{
	cleanup_fd int fd = -1;
	int r = layer_kept_open(save->ctx->store, diff_id, digest, (int64_t)size, &fd, err);

	if (r == -ENOENT)
		return error_set(err, ERR_CONFLICT, ENOENT,
				 "the compressed blob of layer %s was removed meanwhile", diff_id);
	if (r >= 0)
		r = begin_blob(save, digest, size, err);
	return r < 0 ? r : copy_layer(save, fd, err);
}

static int put_layer(struct save *save, const char *diff_id, uint64_t size, struct error *err)
{
	cleanup(transfer_child_release) struct transfer_child child = TRANSFER_CHILD_INIT;
	cleanup_fd int read_fd = -1, write_fd = -1;
	int r = fd_pipe(&read_fd, &write_fd);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "make a pipe");
	(void)fcntl(write_fd, F_SETPIPE_SZ, TRANSFER_PIPE_SIZE); /* a smaller one works too */
	r = transfer_child_pack(save->ctx, diff_id, false, write_fd, &child, err);
	macros_close_fd(&write_fd);
	write_fd = -1;
	if (r >= 0)
		r = begin_blob(save, diff_id, size, err);
	if (r >= 0)
		r = copy_layer(save, read_fd, err);
	if (r >= 0)
		r = transfer_child_wait(&child, err);
	if (r >= 0 &&
	    (!child.diff_id || strcmp(child.diff_id, diff_id) != 0 || (uint64_t)child.size != size))
		return error_set(err, ERR_SYSTEM, EBADMSG, "layer %s is damaged", diff_id);
	return r;
}

/* With the directories that the blobs lie in: some readers expect them. */
static int put_directories(struct save *save, struct error *err)
{
	static const char *const names[] = { "blobs/", "blobs/sha256/" };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(names); i++) {
		const struct tar_entry e = { .type = TAR_DIR,
					     .path = (char *)names[i],
					     .mode = 0755 };

		r = tar_write_entry(&save->writer, &e, err);
	}
	return r;
}

static int put_image_blobs(struct save *save, const struct save_image *image, struct error *err)
{
	const struct strbuf config = { image->rec.config, image->rec.config_len, 0 };
	char *const *diff_ids = image->config.rootfs.diff_ids;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < image->n_layers; i++) {
		const char *blob = image->blobs[i];

		if (is_written(save, blob))
			continue;
		r = strcmp(blob, diff_ids[i]) == 0
			    ? put_layer(save, diff_ids[i], image->sizes[i], err)
			    : put_kept(save, diff_ids[i], blob, image->sizes[i], err);
	}
	if (r >= 0)
		r = put_blob(save, image->rec.id, &config, err);
	return r < 0 ? r : put_blob(save, image->manifest_digest, &image->manifest, err);
}

static int put_all(struct save *save, struct error *err)
{
	cleanup(strbuf_release) struct strbuf index = STRBUF_INIT, layout = STRBUF_INIT,
					      manifest = STRBUF_INIT;
	int r = put_directories(save, err);

	for (size_t i = 0; r >= 0 && i < save->n; i++)
		r = put_image_blobs(save, &save->images[i], err);
	if (r < 0)
		return r;
	strbuf_adds(&layout, "{\"imageLayoutVersion\":\"1.0.0\"}");
	save_index_json(save->images, save->n, &index);
	save_manifest_json(save->images, save->n, &manifest);
	r = put_document(save, "index.json", &index, err);
	if (r >= 0)
		r = put_document(save, "manifest.json", &manifest, err);
	if (r >= 0)
		r = put_document(save, "oci-layout", &layout, err);
	return r < 0 ? r : tar_write_end(&save->writer, err);
}

static int record_events(struct save *save, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < save->n; i++)
		r = image_event(save->ctx, "save", save->images[i].rec.id, save->images[i].rec.id,
				&save->images[i].config, err);
	return r;
}

int image_save(struct image_context *ctx, char *const *names, const char *platform_text,
	       const struct image_save_sink *sink, struct error *err)
{
	cleanup(save_release) struct save save = { .ctx = ctx, .sink = sink };
	cleanup(platform_release) struct platform platform = PLATFORM_INIT;
	int r = 0;

	tar_writer_init(&save.writer, sink->write, sink->arg);
	if (platform_text && *platform_text)
		r = platform_parse(platform_text, &platform, err);
	for (size_t i = 0; r >= 0 && names[i]; i++)
		r = add_image(&save, names[i], &platform, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < save.n; i++)
		save_manifest(&save.images[i]);
	r = sink->begin(sink->arg);
	if (r >= 0)
		r = put_all(&save, err);
	return r < 0 ? r : record_events(&save, err);
}
