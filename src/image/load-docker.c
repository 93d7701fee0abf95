/* SPDX-License-Identifier: Apache-2.0 */
/* docker save's archive (since Docker 1.10): manifest.json lists images, each with the names of its
 * config and layers in the archive. */
#include <errno.h>
#include <string.h>

#include "base/strv.h"
#include "image/find.h"
#include "image/load.h"
#include "layer/unpack.h"

struct docker_item {
	char *config;
	char **repo_tags, **layers;
};

static const struct json_field docker_item_fields[] = {
	FIELD_STR(struct docker_item, config, "Config"),
	FIELD_STRV(struct docker_item, repo_tags, "RepoTags"),
	FIELD_STRV(struct docker_item, layers, "Layers"),
};
static const struct json_shape docker_item_shape =
	JSON_SHAPE(struct docker_item, docker_item_fields, JSON_SHAPE_ANYCASE);

/* Names of the archive's files, as they are in load->files. */
static int clean_name(const char *name, char **ret, struct error *err)
{
	if (unpack_clean_path(name, ret) < 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid archive: manifest.json names \"%.256s\", which is "
				 "outside of it",
				 name);
	return 0;
}

static int item_tags(const struct docker_item *item, char ***ret, struct error *err)
{
	for (size_t i = 0; item->repo_tags && item->repo_tags[i]; i++) {
		cleanup(reference_release) struct reference ref = REFERENCE_INIT;
		cleanup(strbuf_release) struct strbuf full = STRBUF_INIT;
		int r = reference_parse_docker(item->repo_tags[i], &ref, err);

		if (r >= 0 && (!ref.tag || ref.digest))
			r = error_set(err, ERR_INVALID, EINVAL, "invalid tag \"%.256s\"",
				      item->repo_tags[i]);
		if (r < 0)
			return error_prefix(err, "invalid archive: manifest.json");
		reference_string(&ref, &full);
		if (!strv_contains(*ret, strbuf_str(&full)))
			strv_push(ret, strbuf_str(&full));
	}
	return 0;
}

static int load_item(struct load *load, const struct docker_item *item, struct error *err)
{
	cleanup(strv_release) char **layers = NULL, **tags = NULL;
	const struct strbuf *text = NULL;
	cleanup_free char *config = NULL;
	int r;

	if (!item->config || !*item->config)
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid archive: manifest.json has an image without a config");
	r = clean_name(item->config, &config, err);
	for (size_t i = 0; r >= 0 && item->layers && item->layers[i]; i++) {
		char *layer = NULL;

		r = clean_name(item->layers[i], &layer, err);
		if (r >= 0)
			strv_push_take(&layers, layer);
	}
	if (r >= 0)
		r = item_tags(item, &tags, err);
	if (r >= 0)
		r = load_document(load, config, "manifest.json", &text, err);
	return r < 0 ? r : load_add(load, text, layers, tags, err);
}

int load_docker(struct load *load, const struct strbuf *manifest, struct error *err)
{
	struct docker_item *items = NULL;
	size_t n = 0;
	int r = json_decode_array(&docker_item_shape, strbuf_str(manifest), manifest->len, &items,
				  &n, err);

	if (r < 0)
		return error_prefix(err, "invalid archive: manifest.json");
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = load_item(load, &items[i], err);
	json_release_array(&docker_item_shape, items, n);
	return r;
}
