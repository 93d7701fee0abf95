/* SPDX-License-Identifier: Apache-2.0 */
/* A tar becomes an image of one layer: hoy-unpack makes the layer, the config is written here. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/strv.h"
#include "image/changes.h"
#include "image/find.h"
#include "image/image.h"
#include "image/put.h"
#include "image/say.h"
#include "oci/digest.h"
#include "oci/platform.h"

struct import {
	struct reference name; /* path NULL: untagged */
	struct image_config config;
	struct layer_temp temp;
	struct put_layer layer;
};

static void import_release(struct import *import)
{
	reference_release(&import->name);
	image_config_release(&import->config);
	put_layer_release(&import->layer);
}

static int import_config(const struct image_import_options *opts, struct image_config *config,
			 struct error *err)
{
	cleanup(platform_release) struct platform platform = PLATFORM_INIT;
	int r = 0;

	if (opts->platform && *opts->platform)
		r = platform_parse(opts->platform, &platform, err);
	else
		platform_host(&platform);
	if (r < 0)
		return r;
	config->os = take_ptr(platform.os);
	config->architecture = take_ptr(platform.architecture);
	config->variant = take_ptr(platform.variant);
	config->created = clock_now();
	config->rootfs.type = xstrdup("layers");
	config->history = xcalloc(1, sizeof(*config->history));
	config->n_history = 1;
	config->history[0].created = config->created;
	config->history[0].comment =
		opts->message && *opts->message
			? xstrdup(opts->message)
			: xasprintf("Imported from %s", opts->source ? opts->source : "-");
	return image_changes_apply(opts->changes, &config->config, err);
}

/* Everything that can be wrong with the request, before the first byte is unpacked. */
static int import_prepare(const struct image_import_options *opts, struct import *import,
			  struct error *err)
{
	int r = 0;

	if (opts->repository && *opts->repository)
		r = image_name_parse(opts->repository, opts->tag, &import->name, err);
	return r < 0 ? r : import_config(opts, &import->config, err);
}

static int import_unpack(struct image_context *ctx, const struct image_import_options *opts,
			 struct import *import, struct error *err)
{
	int r = put_layer_unpack(ctx, &import->temp, "0", opts->tar_fd, &import->layer, err);

	if (r >= 0)
		strv_push(&import->config.rootfs.diff_ids, import->layer.diff_id);
	return r;
}

static int import_put(struct image_context *ctx, struct import *import, char **ret_id,
		      struct error *err)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT, name = STRBUF_INIT;
	struct put put = { .temp = &import->temp,
			   .layers = &import->layer,
			   .n_layers = 1,
			   .config = &import->config,
			   .action = "import" };
	char id[DIGEST_SIZE];
	bool changed;
	int r;

	json_encode(&image_config_shape, &import->config, &text);
	digest_of(strbuf_str(&text), text.len, id);
	put.config_text = &text;
	put.id = id;
	if (import->name.path) {
		reference_string(&import->name, &name);
		put.tag = strbuf_str(&name);
	}
	r = put_image(ctx, &put, &changed, err);
	if (r >= 0)
		*ret_id = xstrdup(id);
	return r;
}

int image_import(struct image_context *ctx, const struct image_import_options *opts,
		 progress_sink sink, void *sink_arg, char **ret_id, struct error *err)
{
	cleanup(import_release) struct import import = { .temp = LAYER_TEMP_INIT };
	const struct say say = { sink, sink_arg };
	int r;

	r = import_prepare(opts, &import, err);
	if (r >= 0)
		r = layer_temp_new(ctx->store, &import.temp, err);
	if (r < 0)
		return r;
	r = import_unpack(ctx, opts, &import, err);
	if (r >= 0)
		r = import_put(ctx, &import, ret_id, err);
	layer_temp_release(ctx->store, &import.temp);
	if (r >= 0)
		r = say_status(&say, NULL, err, "%s", *ret_id);
	return r;
}
