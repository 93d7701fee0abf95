/* SPDX-License-Identifier: Apache-2.0 */
/* An OCI image layout (image-spec image-layout.md): index.json points at manifests, or at indexes
 * of several platforms, all of them files named by their digest. */
#include <errno.h>
#include <string.h>

#include "base/strv.h"
#include "image/find.h"
#include "image/load.h"
#include "oci/manifest.h"

enum { DEPTH_MAX = 4 };

static char *blob_name(const char *digest)
{
	return xasprintf("blobs/sha256/%s", digest_hex(digest));
}

/* A document that a descriptor points at, proven by its digest. */
static int blob_document(const struct load *load, const struct descriptor *desc, const char *what,
			 const struct strbuf **ret, struct error *err)
{
	cleanup_free char *name = blob_name(desc->digest);
	char digest[DIGEST_SIZE];
	int r = load_document(load, name, what, ret, err);

	if (r < 0)
		return r;
	digest_of(strbuf_str(*ret), (*ret)->len, digest);
	if (strcmp(digest, desc->digest) != 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid archive: the content of %s is another than its name says",
				 name);
	return 0;
}

static int load_manifest(struct load *load, const struct strbuf *text, char *const *tags,
			 struct error *err)
{
	cleanup(manifest_release) struct manifest manifest = { 0 };
	cleanup(strv_release) char **layers = NULL;
	const struct strbuf *config = NULL;
	int r = manifest_decode(strbuf_str(text), text->len, &manifest, err);

	if (r >= 0)
		r = blob_document(load, &manifest.config, "a manifest", &config, err);
	for (size_t i = 0; r >= 0 && i < manifest.n_layers; i++)
		strv_push_take(&layers, blob_name(manifest.layers[i].digest));
	return r < 0 ? r : load_add(load, config, layers, tags, err);
}

static bool is_image(const struct descriptor *desc)
{
	const char *type = strmap_get(&desc->annotations, "vnd.docker.reference.type");

	return !type && (!desc->platform || !desc->platform->os ||
			 strcmp(desc->platform->os, "unknown") != 0);
}

static int load_descriptor(struct load *load, const struct descriptor *desc, char *const *tags,
			   unsigned int depth, struct error *err);

/* An index inside: the one image of it that suits. */
static int load_index(struct load *load, const struct strbuf *text, char *const *tags,
		      unsigned int depth, struct error *err)
{
	cleanup(manifest_index_release) struct manifest_index index = { 0 };
	cleanup(platform_release) struct platform host = PLATFORM_INIT;
	const struct descriptor *best = NULL;
	int r = manifest_index_decode(strbuf_str(text), text->len, &index, err);

	platform_host(&host);
	if (r >= 0)
		r = manifest_index_select(&index, load->platform.os ? &load->platform : &host,
					  &best, err);
	return r < 0 ? r : load_descriptor(load, best, tags, depth + 1, err);
}

static int load_descriptor(struct load *load, const struct descriptor *desc, char *const *tags,
			   unsigned int depth, struct error *err)
{
	const struct strbuf *text = NULL;
	enum manifest_kind kind;
	int r;

	if (depth > DEPTH_MAX)
		return error_set(err, ERR_INVALID, ELOOP,
				 "invalid archive: indexes point at indexes again and again");
	r = blob_document(load, desc, "an index", &text, err);
	if (r >= 0)
		r = manifest_classify(strbuf_str(text), text->len, desc->media_type, &kind, err);
	if (r < 0)
		return r;
	return kind == MANIFEST_INDEX ? load_index(load, text, tags, depth, err)
				      : load_manifest(load, text, tags, err);
}

/* The image's name: a full one, or what some tools write into the standard annotation, which may be
 * a tag alone: that names nothing. */
static void descriptor_tags(const struct descriptor *desc, char ***ret)
{
	static const char *const keys[] = { "io.containerd.image.name",
					    "org.opencontainers.image.ref.name" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		cleanup(reference_release) struct reference ref = REFERENCE_INIT;
		cleanup(strbuf_release) struct strbuf full = STRBUF_INIT;
		const char *name = strmap_get(&desc->annotations, keys[i]);

		if (!name || !strpbrk(name, ":/") || reference_parse_docker(name, &ref, NULL) < 0 ||
		    ref.digest)
			continue;
		reference_set_default_tag(&ref);
		reference_string(&ref, &full);
		strv_push(ret, strbuf_str(&full));
		return;
	}
}

static bool platform_suits(const struct load *load, const struct descriptor *desc)
{
	return !load->platform.os || !desc->platform ||
	       platform_score(&load->platform, desc->platform->os, desc->platform->architecture,
			      desc->platform->variant) > 0;
}

int load_oci(struct load *load, const struct strbuf *index_text, struct error *err)
{
	cleanup(manifest_index_release) struct manifest_index index = { 0 };
	int r = manifest_index_decode(strbuf_str(index_text), index_text->len, &index, err);

	if (r < 0)
		return error_prefix(err, "invalid archive: index.json");
	for (size_t i = 0; r >= 0 && i < index.n_manifests; i++) {
		const struct descriptor *desc = &index.manifests[i];
		cleanup(strv_release) char **tags = NULL;

		if (!is_image(desc) || !platform_suits(load, desc))
			continue;
		descriptor_tags(desc, &tags);
		r = load_descriptor(load, desc, tags, 0, err);
	}
	return r;
}

static struct load_image *image_of(const struct load *load, const char *id)
{
	for (size_t i = 0; i < load->n_images; i++) {
		if (strcmp(load->images[i].id, id) == 0)
			return &load->images[i];
	}
	return NULL;
}

/* save writes layers as they are on the disk, and a manifest for those: no registry has it. */
static bool is_of_registry(const struct manifest *manifest, const struct image_config *config)
{
	char *const *diff_ids = config->rootfs.diff_ids;

	for (size_t i = 0; i < manifest->n_layers && i < strv_len(diff_ids); i++) {
		if (strcmp(manifest->layers[i].digest, diff_ids[i]) != 0)
			return true;
	}
	return false;
}

static void add_repo_digest(struct load_image *image, const char *tag, const char *digest)
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	cleanup(strbuf_release) struct strbuf name = STRBUF_INIT;

	if (reference_parse_docker(tag, &ref, NULL) < 0)
		return;
	reference_name(&ref, &name);
	strbuf_addf(&name, "@%s", digest);
	if (!strv_contains(image->repo_digests, name.data))
		strv_push(&image->repo_digests, name.data);
}

/* From one entry to the image that it stands for, each link by digest; NULL: none is here. */
static struct load_image *entry_image(const struct load *load, const struct descriptor *desc)
{
	cleanup(manifest_release) struct manifest manifest = { 0 };
	const struct strbuf *text = NULL;
	struct load_image *image;
	enum manifest_kind kind;

	if (blob_document(load, desc, "index.json", &text, NULL) < 0 ||
	    manifest_classify(strbuf_str(text), text->len, desc->media_type, &kind, NULL) < 0 ||
	    kind != MANIFEST_IMAGE ||
	    manifest_decode(strbuf_str(text), text->len, &manifest, NULL) < 0)
		return NULL;
	image = image_of(load, manifest.config.digest);
	return image && is_of_registry(&manifest, &image->config) ? image : NULL;
}

/* The entry itself, or one of the index that it is. */
static struct load_image *descriptor_image(const struct load *load, const struct descriptor *desc)
{
	cleanup(manifest_index_release) struct manifest_index index = { 0 };
	const struct strbuf *text = NULL;
	struct load_image *image = entry_image(load, desc);

	if (image || blob_document(load, desc, "index.json", &text, NULL) < 0 ||
	    manifest_index_decode(strbuf_str(text), text->len, &index, NULL) < 0)
		return image;
	for (size_t i = 0; !image && i < index.n_manifests; i++)
		image = entry_image(load, &index.manifests[i]);
	return image;
}

void load_oci_digests(struct load *load, const struct strbuf *index_text)
{
	cleanup(manifest_index_release) struct manifest_index index = { 0 };

	if (manifest_index_decode(strbuf_str(index_text), index_text->len, &index, NULL) < 0)
		return;
	for (size_t i = 0; i < index.n_manifests; i++) {
		const struct descriptor *desc = &index.manifests[i];
		cleanup(strv_release) char **tags = NULL;
		struct load_image *image;

		descriptor_tags(desc, &tags);
		image = tags ? descriptor_image(load, desc) : NULL;
		if (image)
			add_repo_digest(image, tags[0], desc->digest);
	}
}
