/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests, index.json and manifest.json of an archive. */
#include "image/save-json.h"

#include <string.h>

#include "base/strv.h"
#include "image/find.h"
#include "oci/descriptor.h"

void save_image_release(struct save_image *image)
{
	image_record_release(&image->rec);
	image_config_release(&image->config);
	strv_release(&image->tags);
	free(image->sizes);
	free(image->blobs);
	manifest_release(&image->came);
	strbuf_release(&image->manifest);
}

int save_check_platform(const struct save_image *image, const struct platform *want,
			struct error *err)
{
	const struct platform own = { image->config.os, image->config.architecture,
				      image->config.variant };
	cleanup(strbuf_release) struct strbuf wanted = STRBUF_INIT, have = STRBUF_INIT;

	if (!want->os || platform_score(want, own.os, own.architecture, own.variant) > 0)
		return 0;
	platform_format(want, &wanted);
	platform_format(&own, &have);
	return error_set(err, ERR_NOT_FOUND, 0, "image %.19s is for %s, not for %s", image->rec.id,
			 strbuf_str(&have), strbuf_str(&wanted));
}

static void add_string(struct strbuf *out, const char *text)
{
	json_quote(out, text, strlen(text));
}

static void add_descriptor(struct strbuf *out, const char *type, const char *digest, uint64_t size)
{
	strbuf_addf(out, "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%llu", type, digest,
		    (unsigned long long)size);
}

void save_manifest(struct save_image *image)
{
	struct strbuf *out = &image->manifest;

	image->manifest_type = MEDIA_OCI_MANIFEST;
	if (image->came.config.digest) {
		image->manifest_type = image->rec.manifest_type;
		strbuf_add(out, image->rec.manifest, image->rec.manifest_len);
		digest_of(strbuf_str(out), out->len, image->manifest_digest);
		return;
	}
	strbuf_adds(out,
		    "{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_OCI_MANIFEST "\",\"config\":");
	add_descriptor(out, MEDIA_OCI_CONFIG, image->rec.id, image->rec.config_len);
	strbuf_adds(out, "},\"layers\":[");
	for (size_t i = 0; i < image->n_layers; i++) {
		if (i > 0)
			strbuf_addc(out, ',');
		add_descriptor(out, MEDIA_OCI_LAYER, image->blobs[i], image->sizes[i]);
		strbuf_addc(out, '}');
	}
	strbuf_adds(out, "]}");
	digest_of(strbuf_str(out), out->len, image->manifest_digest);
}

static void add_platform(struct strbuf *out, const struct image_config *config)
{
	strbuf_adds(out, ",\"platform\":{\"architecture\":");
	add_string(out, config->architecture ? config->architecture : "");
	strbuf_adds(out, ",\"os\":");
	add_string(out, config->os ? config->os : "");
	if (config->variant && *config->variant) {
		strbuf_adds(out, ",\"variant\":");
		add_string(out, config->variant);
	}
	strbuf_addc(out, '}');
}

/* tag: NULL for an image without a name. */
static void add_index_entry(struct strbuf *out, const struct save_image *image, const char *tag)
{
	const char *colon = tag ? strrchr(tag, ':') : NULL;

	add_descriptor(out, image->manifest_type, image->manifest_digest, image->manifest.len);
	if (tag) {
		strbuf_adds(out, ",\"annotations\":{\"io.containerd.image.name\":");
		add_string(out, tag);
		strbuf_adds(out, ",\"org.opencontainers.image.ref.name\":");
		add_string(out, colon ? colon + 1 : tag);
		strbuf_addc(out, '}');
	}
	add_platform(out, &image->config);
	strbuf_addc(out, '}');
}

void save_index_json(const struct save_image *images, size_t n, struct strbuf *out)
{
	bool first = true;

	strbuf_adds(out,
		    "{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_OCI_INDEX "\",\"manifests\":[");
	for (size_t i = 0; i < n; i++) {
		char *const *tags = images[i].tags;

		for (size_t k = 0; k == 0 || (tags && tags[k]); k++) {
			if (!first)
				strbuf_addc(out, ',');
			first = false;
			add_index_entry(out, &images[i], tags ? tags[k] : NULL);
		}
	}
	strbuf_adds(out, "]}");
}

static void add_familiar(struct strbuf *out, char *const *tags)
{
	for (size_t i = 0; tags && tags[i]; i++) {
		cleanup_free char *name = image_familiar(tags[i]);

		if (i > 0)
			strbuf_addc(out, ',');
		add_string(out, name);
	}
}

void save_manifest_json(const struct save_image *images, size_t n, struct strbuf *out)
{
	strbuf_addc(out, '[');
	for (size_t i = 0; i < n; i++) {
		const struct save_image *image = &images[i];

		strbuf_addf(out, "%s{\"Config\":\"blobs/sha256/%s\",\"RepoTags\":", i ? "," : "",
			    digest_hex(image->rec.id));
		strbuf_adds(out, image->tags ? "[" : "null");
		add_familiar(out, image->tags);
		strbuf_adds(out, image->tags ? "],\"Layers\":[" : ",\"Layers\":[");
		for (size_t k = 0; k < image->n_layers; k++)
			strbuf_addf(out, "%s\"blobs/sha256/%s\"", k ? "," : "",
				    digest_hex(image->blobs[k]));
		strbuf_adds(out, "]}");
	}
	strbuf_addc(out, ']');
}
