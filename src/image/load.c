/* SPDX-License-Identifier: Apache-2.0 */
/* load: the images of an archive, checked and put into the store. */
#include "image/load.h"

#include <errno.h>
#include <string.h>

#include "base/strv.h"
#include "image/find.h"
#include "store/images.h"

static void load_release(struct load *load)
{
	for (size_t i = 0; i < load->n_images; i++) {
		image_config_release(&load->images[i].config);
		strv_release(&load->images[i].tags);
		strv_release(&load->images[i].repo_digests);
		free(load->images[i].layers);
	}
	free(load->images);
	load_release_files(load);
	platform_release(&load->platform);
}

int load_document(const struct load *load, const char *name, const char *what,
		  const struct strbuf **ret, struct error *err)
{
	const struct load_file *file = load_find(load, name);

	if (!file)
		return error_set(err, ERR_INVALID, ENOENT,
				 "invalid archive: %s names \"%.256s\", which is not in it", what,
				 name);
	if (file->kind != LOAD_DOCUMENT)
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid archive: \"%.256s\", which %s names, is no document",
				 name, what);
	*ret = &file->text;
	return 0;
}

static int check_platform(const struct load *load, const struct load_image *image,
			  struct error *err)
{
	cleanup(strbuf_release) struct strbuf want = STRBUF_INIT, have = STRBUF_INIT;
	const struct platform own = { image->config.os, image->config.architecture,
				      image->config.variant };

	if (!load->platform.os ||
	    platform_score(&load->platform, own.os, own.architecture, own.variant) > 0)
		return 0;
	platform_format(&load->platform, &want);
	platform_format(&own, &have);
	return error_set(err, ERR_NOT_FOUND, 0, "the archive has image %.19s for %s, not for %s",
			 image->id, strbuf_str(&have), strbuf_str(&want));
}

/* The layer that an image's config has at this place. */
static int find_layer(const struct load *load, const char *name, const char *diff_id,
		      const struct load_layer **ret, struct error *err)
{
	const struct load_file *file = load_find(load, name);
	const struct load_layer *layer;

	if (!file)
		return error_set(err, ERR_INVALID, ENOENT,
				 "invalid archive: layer \"%.256s\" is not in it", name);
	if (file->kind != LOAD_LAYER)
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid archive: \"%.256s\" is no layer", name);
	layer = load->layers[file->layer];
	if (layer->error.kind != ERR_NONE)
		return error_set(err, layer->error.kind, 0, "layer \"%.256s\": %s", name,
				 error_text(&layer->error));
	if (strcmp(layer->diff_id, diff_id) != 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid archive: the content of layer \"%.256s\" is %s, the "
				 "image's config names %s",
				 name, layer->diff_id, diff_id);
	*ret = layer;
	return 0;
}

static int find_layers(const struct load *load, char *const *names, struct load_image *image,
		       struct error *err)
{
	char *const *diff_ids = image->config.rootfs.diff_ids;
	size_t n = strv_len(diff_ids);
	int r = 0;

	if (strv_len(names) != n)
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid archive: layers length mismatch: expected %zu, got %zu",
				 n, strv_len(names));
	image->layers = xcalloc(n + 1, sizeof(struct load_layer *));
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = find_layer(load, names[i], diff_ids[i], &image->layers[i], err);
	image->n_layers = n;
	return r;
}

int load_add(struct load *load, const struct strbuf *config, char *const *layers, char *const *tags,
	     struct error *err)
{
	struct load_image *image;
	int r;

	load->images = xrealloc(load->images, load->n_images + 1, sizeof(*load->images));
	image = &load->images[load->n_images++];
	*image = (struct load_image){ .text = config, .tags = strv_copy(tags) };
	digest_of(strbuf_str(config), config->len, image->id);
	r = image_config_decode(strbuf_str(config), config->len, &image->config, err);
	if (r < 0)
		return error_prefix(err, "invalid archive");
	r = check_platform(load, image, err);
	return r < 0 ? r : find_layers(load, layers, image, err);
}

static int load_images(struct load *load, struct error *err)
{
	const struct load_file *docker = load_find(load, "manifest.json");
	const struct load_file *oci = load_find(load, "index.json");
	int r;

	if (docker && docker->kind == LOAD_DOCUMENT)
		r = load_docker(load, &docker->text, err);
	else if (oci && oci->kind == LOAD_DOCUMENT)
		r = load_oci(load, &oci->text, err);
	else if (load_find(load, "repositories"))
		return error_set(err, ERR_INVALID, EINVAL,
				 "the archive was written by a Docker before 1.10, whose format is "
				 "not supported");
	else
		return error_set(err, ERR_INVALID, EINVAL,
				 "the archive holds no images: neither manifest.json nor "
				 "index.json is in it");
	if (r >= 0 && load->n_images == 0)
		return error_set(err, ERR_INVALID, EINVAL, "the archive holds no images%s",
				 load->platform.os ? " for that platform" : "");
	if (r >= 0 && oci && oci->kind == LOAD_DOCUMENT)
		load_oci_digests(load, &oci->text);
	return r;
}

/* As Docker says it when a name moves to another image. */
static int say_moved(struct load *load, const struct load_image *image, const char *tag,
		     struct error *err)
{
	cleanup(image_record_release) struct image_record old = IMAGE_RECORD_INIT;
	cleanup_free char *name = image_familiar(tag);
	int r = image_record_by_tag(load->ctx->store, tag, &old, err);

	if (r <= 0 || strcmp(old.id, image->id) == 0)
		return r < 0 ? r : 0;
	return say_stream(&load->result, err,
			  "The image %s already exists, renaming the old one with ID %s to empty "
			  "string\n",
			  name, old.id);
}

static int say_loaded(struct load *load, const struct load_image *image, struct error *err)
{
	int r = 0;

	if (!image->tags)
		return say_stream(&load->result, err, "Loaded image ID: %s\n", image->id);
	for (size_t i = 0; r >= 0 && image->tags[i]; i++) {
		cleanup_free char *name = image_familiar(image->tags[i]);

		r = say_stream(&load->result, err, "Loaded image: %s\n", name);
	}
	return r;
}

static int put_one(struct load *load, const struct load_image *image, struct error *err)
{
	cleanup_free struct put_layer *layers = xcalloc(image->n_layers + 1, sizeof(*layers));
	struct put put = {
		.temp = &load->temp,
		.layers = layers,
		.config = &image->config,
		.config_text = image->text,
		.id = image->id,
		.tag = image->tags ? image->tags[0] : NULL,
		.more_tags = image->tags ? image->tags + 1 : NULL,
		.more_digests = image->repo_digests,
		.action = "load",
	};
	bool changed;
	int r = 0;

	for (size_t i = 0; i < image->n_layers; i++) {
		if (!image->layers[i]->known) /* their texts stay the layers' */
			layers[put.n_layers++] = image->layers[i]->put;
	}
	for (size_t i = 0; r >= 0 && image->tags && image->tags[i]; i++)
		r = say_moved(load, image, image->tags[i], err);
	if (r >= 0)
		r = put_image(load->ctx, &put, &changed, err);
	if (r == -ESTALE)
		return error_set(err, ERR_CONFLICT, ESTALE,
				 "a layer of image %.19s was removed while it was loaded",
				 image->id);
	return r < 0 ? r : say_loaded(load, image, err);
}

int image_load(struct image_context *ctx, const struct image_load_options *opts, progress_sink sink,
	       void *sink_arg, struct error *err)
{
	cleanup(load_release) struct load load = {
		.ctx = ctx,
		.progress = { opts->quiet ? NULL : sink, sink_arg },
		.result = { sink, sink_arg },
		.temp = LAYER_TEMP_INIT,
	};
	int r = 0;

	if (opts->platform && *opts->platform)
		r = platform_parse(opts->platform, &load.platform, err);
	if (r >= 0)
		r = layer_temp_new(ctx->store, &load.temp, err);
	if (r < 0)
		return r;
	r = load_read(&load, opts->tar_fd, err);
	if (r >= 0)
		r = load_images(&load, err);
	for (size_t i = 0; r >= 0 && i < load.n_images; i++)
		r = put_one(&load, &load.images[i], err);
	load_release_files(&load); /* nobody writes to the temp any more */
	layer_temp_release(ctx->store, &load.temp);
	return r;
}
