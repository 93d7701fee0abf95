/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests and indexes: which one a document is, decoding with checks, choice of a platform. */
#include "oci/manifest.h"

#include <errno.h>
#include <string.h>

enum { INDEX_ENTRIES_MAX = 4096 };

static const int64_t blob_size_max = INT64_C(1) << 44; /* 16 TiB */

static const struct json_field manifest_fields[] = {
	FIELD_I64(struct manifest, schema_version, "schemaVersion"),
	FIELD_STR_OMIT(struct manifest, media_type, "mediaType"),
	FIELD_OBJ(struct manifest, config, "config", &descriptor_shape),
	FIELD_ARRAY(struct manifest, layers, n_layers, "layers", &descriptor_shape),
};
static const struct json_shape manifest_shape = JSON_SHAPE(struct manifest, manifest_fields, 0);

static const struct json_field index_fields[] = {
	FIELD_I64(struct manifest_index, schema_version, "schemaVersion"),
	FIELD_STR_OMIT(struct manifest_index, media_type, "mediaType"),
	FIELD_ARRAY(struct manifest_index, manifests, n_manifests, "manifests", &descriptor_shape),
};
static const struct json_shape index_shape = JSON_SHAPE(struct manifest_index, index_fields, 0);

/* Which members a document has, whatever is in them. */
struct manifest_probe {
	int64_t schema_version;
	char *media_type, *config, *layers, *manifests, *fs_layers;
};

static const struct json_field probe_fields[] = {
	FIELD_I64(struct manifest_probe, schema_version, "schemaVersion"),
	FIELD_STR(struct manifest_probe, media_type, "mediaType"),
	FIELD_RAW(struct manifest_probe, config, "config"),
	FIELD_RAW(struct manifest_probe, layers, "layers"),
	FIELD_RAW(struct manifest_probe, manifests, "manifests"),
	FIELD_RAW(struct manifest_probe, fs_layers, "fsLayers"),
};
static const struct json_shape probe_shape = JSON_SHAPE(struct manifest_probe, probe_fields, 0);

static void manifest_probe_release(struct manifest_probe *probe)
{
	json_release(&probe_shape, probe);
}

/* CVE-2021-41190: one document must not be a manifest to one reader and an index to another. */
static int probe_classify(const struct manifest_probe *p, const char *content_type,
			  enum manifest_kind *ret, struct error *err)
{
	bool is_index = p->manifests, is_image = p->layers || p->config;
	const char *types[] = { content_type, p->media_type };

	if (p->schema_version == 1 || p->fs_layers)
		return error_set(
			err, ERR_INVALID, EINVAL,
			"image manifest schema 1 is too old to be supported: push the image again");
	if (p->schema_version != 2)
		return error_set(err, ERR_INVALID, EINVAL, "manifest: unknown schemaVersion %lld",
				 (long long)p->schema_version);
	if (is_index == is_image)
		return error_set(err, ERR_INVALID, EINVAL,
				 is_index ? "manifest: has both layers and manifests"
					  : "manifest: has neither layers nor manifests");
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if ((is_index && media_is_manifest(types[i])) ||
		    (is_image && media_is_index(types[i])))
			return error_set(err, ERR_INVALID, EINVAL,
					 "manifest: content contradicts its type %s", types[i]);
	}
	*ret = is_index ? MANIFEST_INDEX : MANIFEST_IMAGE;
	return 0;
}

int manifest_classify(const char *text, size_t len, const char *content_type,
		      enum manifest_kind *ret, struct error *err)
{
	cleanup(manifest_probe_release) struct manifest_probe probe = { 0 };
	int r;

	if (len > MANIFEST_MAX)
		return error_set(err, ERR_INVALID, EFBIG, "manifest: more than %d bytes",
				 MANIFEST_MAX);
	r = json_decode(&probe_shape, text, len, &probe, err);
	if (r < 0)
		return error_prefix(err, "manifest");
	return probe_classify(&probe, content_type, ret, err);
}

static int manifest_check(const struct manifest *m, struct error *err)
{
	int r;

	if (m->n_layers > MANIFEST_LAYERS_MAX)
		return error_set(err, ERR_INVALID, EINVAL, "manifest: more than %d layers",
				 MANIFEST_LAYERS_MAX);
	r = descriptor_check(&m->config, IMAGE_CONFIG_MAX, "manifest: the config", err);
	for (size_t i = 0; r >= 0 && i < m->n_layers; i++) {
		r = descriptor_check(&m->layers[i], blob_size_max, "manifest: a layer", err);
		if (r >= 0 && !media_is_layer(m->layers[i].media_type))
			r = error_set(err, ERR_INVALID, EINVAL,
				      "manifest: unsupported layer type \"%s\"",
				      m->layers[i].media_type ? m->layers[i].media_type : "");
	}
	return r;
}

int manifest_decode(const char *text, size_t len, struct manifest *ret, struct error *err)
{
	cleanup(manifest_release) struct manifest m = { 0 };
	enum manifest_kind kind;
	int r;

	r = manifest_classify(text, len, NULL, &kind, err);
	if (r < 0)
		return r;
	if (kind != MANIFEST_IMAGE)
		return error_set(err, ERR_INVALID, EINVAL,
				 "manifest: is an index, not an image's manifest");
	r = json_decode(&manifest_shape, text, len, &m, err);
	if (r < 0)
		return error_prefix(err, "manifest");
	r = manifest_check(&m, err);
	if (r < 0)
		return r;
	*ret = m;
	m = (struct manifest){ 0 };
	return 0;
}

int manifest_index_decode(const char *text, size_t len, struct manifest_index *ret,
			  struct error *err)
{
	cleanup(manifest_index_release) struct manifest_index index = { 0 };
	enum manifest_kind kind;
	int r;

	r = manifest_classify(text, len, NULL, &kind, err);
	if (r < 0)
		return r;
	if (kind != MANIFEST_INDEX)
		return error_set(err, ERR_INVALID, EINVAL,
				 "manifest: is an image's manifest, not an index");
	r = json_decode(&index_shape, text, len, &index, err);
	if (r < 0)
		return error_prefix(err, "manifest index");
	if (index.n_manifests > INDEX_ENTRIES_MAX)
		return error_set(err, ERR_INVALID, EINVAL, "manifest index: more than %d entries",
				 INDEX_ENTRIES_MAX);
	for (size_t i = 0; r >= 0 && i < index.n_manifests; i++)
		r = descriptor_check(&index.manifests[i], MANIFEST_MAX, "manifest index: an entry",
				     err);
	if (r < 0)
		return r;
	*ret = index;
	index = (struct manifest_index){ 0 };
	return 0;
}

void manifest_release(struct manifest *manifest)
{
	if (manifest)
		json_release(&manifest_shape, manifest);
}

void manifest_index_release(struct manifest_index *index)
{
	if (index)
		json_release(&index_shape, index);
}

int manifest_index_select(const struct manifest_index *index, const struct platform *want,
			  const struct descriptor **ret, struct error *err)
{
	cleanup(strbuf_release) struct strbuf name = STRBUF_INIT;
	const struct descriptor *best = NULL;
	int best_score = 0;

	for (size_t i = 0; i < index->n_manifests; i++) {
		const struct descriptor *d = &index->manifests[i];
		int score = d->platform ? platform_score(want, d->platform->os,
							 d->platform->architecture,
							 d->platform->variant)
					: 0;

		if (score > best_score && (!d->media_type || media_is_manifest(d->media_type))) {
			best = d;
			best_score = score;
		}
	}
	/* A single entry without a platform says nothing about it: the config will. */
	if (!best && index->n_manifests == 1 && !index->manifests[0].platform)
		best = &index->manifests[0];
	if (!best) {
		platform_format(want, &name);
		return error_set(err, ERR_NOT_FOUND, ENOENT,
				 "no matching manifest for %s in the manifest list entries",
				 strbuf_str(&name));
	}
	*ret = best;
	return 0;
}
