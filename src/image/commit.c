/* SPDX-License-Identifier: Apache-2.0 */
/* A new image on top of another's layers: hoy-unpack makes the layer of what the source gives, as
 * it does for any archive. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/strv.h"
#include "image/changes.h"
#include "image/find.h"
#include "image/put.h"
#include "oci/digest.h"
#include "oci/platform.h"

struct commit {
	struct reference name; /* path NULL: untagged */
	struct image_config config;
	struct layer_temp temp;
	struct put_layer layer;
	bool empty;
};

static void commit_release(struct commit *commit)
{
	reference_release(&commit->name);
	image_config_release(&commit->config);
	put_layer_release(&commit->layer);
}

/* Platform and history of the image below. One that was deleted is known by its layers alone. */
static int take_parent(struct image_context *ctx, const struct image_commit_options *opts,
		       struct image_config *config, struct error *err)
{
	cleanup(image_record_release) struct image_record rec = IMAGE_RECORD_INIT;
	cleanup(platform_release) struct platform host = PLATFORM_INIT;
	int r = image_record_get(ctx->store, opts->parent_id, &rec, err);

	if (r < 0)
		return r;
	if (r > 0)
		return image_config_of(&rec, config, err);
	platform_host(&host);
	config->os = take_ptr(host.os);
	config->architecture = take_ptr(host.architecture);
	config->variant = take_ptr(host.variant);
	config->n_history = strv_len(opts->diff_ids);
	config->history = xcalloc(config->n_history + 1, sizeof(*config->history));
	return 0;
}

static void add_history(const struct image_commit_options *opts, struct image_config *config)
{
	config->history =
		xrealloc(config->history, config->n_history + 1, sizeof(*config->history));
	config->history[config->n_history++] = (struct image_history){
		.created = config->created,
		.created_by = xstrdup(opts->created_by),
		.author = opts->author && *opts->author ? xstrdup(opts->author) : NULL,
		.comment = opts->comment && *opts->comment ? xstrdup(opts->comment) : NULL,
	};
}

static int commit_prepare(struct image_context *ctx, const struct image_commit_options *opts,
			  struct commit *commit, struct error *err)
{
	struct image_config *config = &commit->config;
	int r = 0;

	if (opts->repository && *opts->repository)
		r = image_name_parse(opts->repository, opts->tag, &commit->name, err);
	if (r >= 0)
		r = take_parent(ctx, opts, config, err);
	if (r < 0)
		return r;
	json_release(&image_run_config_shape, &config->config);
	config->config = *opts->config;
	*opts->config = (struct image_run_config){ 0 };
	strv_free(config->rootfs.diff_ids);
	config->rootfs.diff_ids = strv_copy(opts->diff_ids);
	if (!config->rootfs.diff_ids)
		config->rootfs.diff_ids = xcalloc(1, sizeof(char *));
	free(config->rootfs.type);
	config->rootfs.type = xstrdup("layers");
	config->created = clock_now();
	free(config->author);
	config->author = opts->author && *opts->author ? xstrdup(opts->author) : NULL;
	add_history(opts, config);
	return image_changes_apply(opts->changes, &config->config, err);
}

/* Both ends of a pipe may fail: the one that only saw the other go has nothing to tell. */
static int commit_layer(struct image_context *ctx, const struct image_layer_source *source,
			struct commit *commit, struct error *err)
{
	cleanup(error_release) struct error unpack_err = ERROR_INIT, source_err = ERROR_INIT;
	cleanup_fd int tar_fd = -1;
	int unpacked, r = source->open(source->arg, &tar_fd, err);

	if (r < 0)
		return r;
	unpacked = put_layer_unpack(ctx, &commit->temp, "0", tar_fd, &commit->layer, &unpack_err);
	macros_close_fd(&tar_fd);
	tar_fd = -1; /* a packer that still writes ends now */
	r = source->end(source->arg, &commit->empty, &source_err);
	if (r < 0 && r != -EPIPE)
		return error_set(err, source_err.kind, 0, "%s", error_text(&source_err));
	if (unpacked < 0)
		return error_set(err, unpack_err.kind, 0, "%s", error_text(&unpack_err));
	if (!commit->empty)
		strv_push(&commit->config.rootfs.diff_ids, commit->layer.diff_id);
	return 0;
}

static int commit_put(struct image_context *ctx, struct commit *commit, char **ret_id,
		      struct error *err)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT, name = STRBUF_INIT;
	struct put put = { .temp = &commit->temp,
			   .layers = &commit->layer,
			   .n_layers = commit->empty ? 0 : 1,
			   .config = &commit->config,
			   .config_text = &text };
	char id[DIGEST_SIZE];
	bool changed;
	int r;

	commit->config.history[commit->config.n_history - 1].empty_layer = commit->empty;
	json_encode(&image_config_shape, &commit->config, &text);
	digest_of(strbuf_str(&text), text.len, id);
	put.id = id;
	if (commit->name.path) {
		reference_string(&commit->name, &name);
		put.tag = strbuf_str(&name);
	}
	r = put_image(ctx, &put, &changed, err);
	if (r == -ESTALE)
		return error_set(err, ERR_NOT_FOUND, ESTALE, "the container's image is gone");
	if (r >= 0)
		*ret_id = xstrdup(id);
	return r;
}

int image_commit(struct image_context *ctx, const struct image_commit_options *opts, char **ret_id,
		 struct error *err)
{
	cleanup(commit_release) struct commit commit = { .temp = LAYER_TEMP_INIT };
	int r = commit_prepare(ctx, opts, &commit, err);

	if (r >= 0)
		r = layer_temp_new(ctx->store, &commit.temp, err);
	if (r < 0)
		return r;
	r = commit_layer(ctx, &opts->source, &commit, err);
	if (r >= 0)
		r = commit_put(ctx, &commit, ret_id, err);
	layer_temp_release(ctx->store, &commit.temp);
	return r;
}
