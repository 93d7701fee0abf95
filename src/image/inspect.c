/* SPDX-License-Identifier: Apache-2.0 */
/* One image in full, and its history. */
#include <errno.h>
#include <string.h>

#include "base/strv.h"
#include "image/find.h"
#include "image/image.h"
#include "layer/layer.h"
#include "oci/digest.h"
#include "store/layers.h"

static struct health_config *inspect_health(const struct image_health *from)
{
	struct health_config *to;

	if (!from)
		return NULL;
	to = xcalloc(1, sizeof(*to));
	to->test = strv_copy(from->test);
	to->interval = from->interval;
	to->timeout = from->timeout;
	to->start_period = from->start_period;
	to->start_interval = from->start_interval;
	to->retries = from->retries;
	return to;
}

static void inspect_config(struct image_run_config *from, struct image_inspect_config *to)
{
	to->user = take_ptr(from->user);
	to->exposed_ports = take_ptr(from->exposed_ports);
	to->env = take_ptr(from->env);
	to->entrypoint = take_ptr(from->entrypoint);
	to->cmd = take_ptr(from->cmd);
	to->volumes = take_ptr(from->volumes);
	to->working_dir = take_ptr(from->working_dir);
	strmap_copy(&to->labels, &from->labels);
	to->stop_signal = take_ptr(from->stop_signal);
	to->args_escaped = from->args_escaped;
	to->healthcheck = inspect_health(from->healthcheck);
	to->on_build = take_ptr(from->on_build);
	to->shell = take_ptr(from->shell);
}

/* What the layers are mounted from, in the words of the driver that Docker has for the same. */
static int inspect_driver(struct image_context *ctx, char *const *diff_ids,
			  struct driver_data **ret, struct error *err)
{
	cleanup(layer_stack_release) struct layer_stack layers = { NULL };
	struct driver_data *data;
	int r = layer_stack_open(ctx->store, diff_ids, &layers, err);

	if (r < 0)
		return r;
	data = xcalloc(1, sizeof(*data));
	data->name = xstrdup(layer_driver_of(ctx->store)->graph_name);
	data->data.present = true;
	if (layers.lower[0] && layers.lower[1]) {
		cleanup_free char *lower = strv_join(layers.lower + 1, ":");

		strmap_set(&data->data, "LowerDir", lower);
	}
	if (layers.lower[0])
		strmap_set(&data->data, "UpperDir", layers.lower[0]);
	*ret = data;
	return 0;
}

/* Familiar forms; an empty vector, not NULL, when there are none. */
static char **familiar_all(char *const *names)
{
	char **out = xcalloc(1, sizeof(*out));

	for (size_t i = 0; names && names[i]; i++)
		strv_push_take(&out, image_familiar(names[i]));
	return out;
}

static int inspect_names(struct image_context *ctx, const char *id, struct image_inspect *ret,
			 struct error *err)
{
	cleanup(strv_release) char **tags = NULL, **digests = NULL;
	int r;

	r = image_tags(ctx->store, id, &tags, err);
	if (r >= 0)
		r = image_repo_digests(ctx->store, id, &digests, err);
	if (r < 0)
		return r;
	ret->repo_tags = familiar_all(tags);
	ret->repo_digests = familiar_all(digests);
	return 0;
}

int image_inspect(struct image_context *ctx, const char *ref, struct image_inspect *ret,
		  struct error *err)
{
	cleanup(image_record_release) struct image_record rec = IMAGE_RECORD_INIT;
	cleanup(image_config_release) struct image_config config = { 0 };
	cleanup(image_inspect_release) struct image_inspect out = { 0 };
	cleanup_free char *name = NULL;
	size_t n;
	int r;

	r = image_find(ctx, ref, &rec, &name, err);
	if (r >= 0)
		r = image_config_of(&rec, &config, err);
	if (r >= 0)
		r = inspect_names(ctx, rec.id, &out, err);
	if (r >= 0)
		r = inspect_driver(ctx, config.rootfs.diff_ids, &out.graph_driver, err);
	if (r < 0)
		return r;
	n = config.n_history;
	out.id = take_ptr(rec.id);
	out.parent = xstrdup("");
	out.comment = xstrdup(n > 0 ? config.history[n - 1].comment : NULL);
	out.created = config.created;
	out.author = take_ptr(config.author);
	out.architecture = take_ptr(config.architecture);
	out.variant = take_ptr(config.variant);
	out.os = take_ptr(config.os);
	out.os_version = take_ptr(config.os_version);
	out.size = rec.size;
	out.root_fs.type = xstrdup("layers");
	out.root_fs.layers = take_ptr(config.rootfs.diff_ids);
	out.metadata.last_tag_time = rec.tagged;
	inspect_config(&config.config, &out.config);
	out.container_config = xcalloc(1, sizeof(*out.container_config));
	json_copy(&image_inspect_config_shape, &out.config, out.container_config);
	*ret = out;
	out = (struct image_inspect){ 0 };
	return 0;
}

/* Newest first; only steps that made a layer have a size. */
static int history_items(struct image_context *ctx, const struct image_config *config,
			 struct image_history_item *items, struct error *err)
{
	char *const *diff_ids = config->rootfs.diff_ids;
	size_t n = config->n_history, n_layers = strv_len(diff_ids), layer = 0;

	for (size_t i = 0; i < n; i++) {
		const struct image_history *from = &config->history[i];
		struct image_history_item *to = &items[n - 1 - i];
		int r = 0;

		if (!from->empty_layer && layer < n_layers)
			r = layer_record_get(ctx->store, diff_ids[layer++], &to->size, err);
		if (r < 0)
			return r;
		to->comment = xstrdup(from->comment);
		to->created = from->created / 1000000000;
		to->created_by = xstrdup(from->created_by);
		to->id = xstrdup("<missing>");
	}
	return 0;
}

int image_history(struct image_context *ctx, const char *ref, struct image_history_item **ret_items,
		  size_t *ret_n, struct error *err)
{
	cleanup(image_record_release) struct image_record rec = IMAGE_RECORD_INIT;
	cleanup(image_config_release) struct image_config config = { 0 };
	cleanup(strv_release) char **tags = NULL;
	struct image_history_item *items;
	cleanup_free char *name = NULL;
	int r;

	r = image_find(ctx, ref, &rec, &name, err);
	if (r >= 0)
		r = image_config_of(&rec, &config, err);
	if (r >= 0)
		r = image_tags(ctx->store, rec.id, &tags, err);
	if (r < 0)
		return r;
	items = xcalloc(config.n_history + 1, sizeof(*items));
	r = history_items(ctx, &config, items, err);
	if (r < 0) {
		json_release_array(&image_history_item_shape, items, config.n_history);
		return r;
	}
	if (config.n_history > 0) {
		free(items[0].id);
		items[0].id = take_ptr(rec.id);
		items[0].tags = tags ? familiar_all(tags) : NULL;
	}
	*ret_items = items;
	*ret_n = config.n_history;
	return 0;
}
