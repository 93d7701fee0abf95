/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a push. The manifest that the image came with is sent as it is when the registry has
 * the very blobs that it names; else a new one is made, byte by byte the same for the same blobs.
 */
#include <errno.h>
#include <string.h>

#include "image/push.h"
#include "oci/digest.h"
#include "sys/fd.h"

enum compression { COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_ZSTD };

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len >= n && strcmp(text + len - n, end) == 0;
}

static enum compression compression_of(const char *media_type)
{
	if (ends_with(media_type, "zstd"))
		return COMPRESSION_ZSTD;
	return ends_with(media_type, "gzip") ? COMPRESSION_GZIP : COMPRESSION_NONE;
}

/* Docker's manifests know gzip alone. */
static bool is_oci(const struct push *push)
{
	const char *type = push->image.manifest_type;

	for (size_t i = 0; i < push->n_layers; i++) {
		if (compression_of(push->layers[i].blob.media_type) != COMPRESSION_GZIP)
			return true;
	}
	return type && strcmp(type, MEDIA_OCI_MANIFEST) == 0;
}

static void add_descriptor(struct strbuf *out, const char *indent, const char *media_type,
			   int64_t size, const char *digest)
{
	strbuf_addf(out, "{\n%s   \"mediaType\": \"%s\",\n%s   \"size\": %lld,\n", indent,
		    media_type, indent, (long long)size);
	strbuf_addf(out, "%s   \"digest\": \"%s\"\n%s}", indent, digest, indent);
}

/* Laid out as docker lays it out: the same blobs give the same digest. */
static void make_manifest(const struct push *push, struct strbuf *out, const char **ret_type)
{
	static const char *const suffixes[2][3] = { { "", ".gzip", ".zstd" },
						    { "", "+gzip", "+zstd" } };
	bool oci = is_oci(push);

	*ret_type = oci ? MEDIA_OCI_MANIFEST : MEDIA_DOCKER_MANIFEST;
	strbuf_addf(out, "{\n   \"schemaVersion\": 2,\n   \"mediaType\": \"%s\",\n   \"config\": ",
		    *ret_type);
	add_descriptor(out, "   ", oci ? MEDIA_OCI_CONFIG : MEDIA_DOCKER_CONFIG,
		       (int64_t)push->image.config_len, push->image.id);
	strbuf_adds(out, ",\n   \"layers\": [");
	for (size_t i = 0; i < push->n_layers; i++) {
		const struct layer_blob *blob = &push->layers[i].blob;
		const char *suffix = suffixes[oci][compression_of(blob->media_type)];
		cleanup_free char *type =
			xasprintf("%s%s", oci ? MEDIA_OCI_LAYER : MEDIA_DOCKER_LAYER, suffix);

		strbuf_adds(out, i > 0 ? ",\n      " : "\n      ");
		add_descriptor(out, "      ", type, blob->size, blob->digest);
	}
	strbuf_adds(out, push->n_layers > 0 ? "\n   ]\n}" : "]\n}");
}

static bool came_with_these(const struct push *push)
{
	const struct manifest *m = &push->manifest;

	if (!push->image.manifest || m->n_layers != push->n_layers ||
	    strcmp(m->config.digest, push->image.id) != 0)
		return false;
	for (size_t i = 0; i < push->n_layers; i++) {
		if (strcmp(m->layers[i].digest, push->layers[i].blob.digest) != 0)
			return false;
	}
	return true;
}

static int send_text(const struct push *push, struct fetch_request *request, const char *text,
		     size_t len, struct error *err)
{
	cleanup(transfer_child_release) struct transfer_child child = TRANSFER_CHILD_INIT;
	cleanup_fd int fd = -1;
	int r = fd_of_text(text, len, &fd);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "memory file");
	request->size = (int64_t)len;
	r = transfer_job_fetch(&push->fetch, request, fd, &child, err);
	return r < 0 ? r : transfer_child_wait(&child, err);
}

static int write_records(const struct push *push, const char *digest, struct error *err)
{
	struct store *store = push->ctx->store;
	cleanup_free char *repository = push_repository(push);
	cleanup_free char *name = xasprintf("%s@%s", repository, digest);
	cleanup(image_record_release) struct image_record rec = IMAGE_RECORD_INIT;
	int r = store_begin(store, err);

	for (size_t i = 0; r >= 0 && i < push->n_layers; i++) {
		struct layer_blob blob = push->layers[i].blob;

		blob.repository = repository;
		r = layer_blob_put(store, push->layers[i].diff_id, &blob, err);
	}
	if (r >= 0) /* the image may have been deleted meanwhile: it is pushed all the same */
		r = image_record_get(store, push->image.id, &rec, err);
	if (r > 0)
		r = image_repo_digest_set(store, name, push->image.id, err);
	if (r >= 0)
		r = store_commit(store, err);
	store_rollback(store);
	return r;
}

int push_manifest(struct push *push, char **ret_digest, size_t *ret_size, struct error *err)
{
	struct fetch_request config = push_request(push, "upload", push->image.id);
	struct fetch_request manifest = push_request(push, "manifest", push->ref.tag);
	cleanup(strbuf_release) struct strbuf made = STRBUF_INIT;
	const char *text = push->image.manifest, *type = push->image.manifest_type;
	size_t len = push->image.manifest_len;
	char digest[DIGEST_SIZE];
	int r;

	r = send_text(push, &config, push->image.config, push->image.config_len, err);
	if (r < 0)
		return r;
	if (!came_with_these(push)) {
		make_manifest(push, &made, &type);
		text = made.data;
		len = made.len;
	}
	digest_of(text, len, digest);
	manifest.media_type = (char *)type;
	r = send_text(push, &manifest, text, len, err);
	if (r >= 0)
		r = write_records(push, digest, err);
	if (r < 0)
		return r;
	*ret_digest = xstrdup(digest);
	*ret_size = len;
	return 0;
}
