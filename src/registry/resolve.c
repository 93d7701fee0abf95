/* SPDX-License-Identifier: Apache-2.0 */
/* From a reference to the manifest and config of one platform's image. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "oci/digest.h"
#include "oci/manifest.h"
#include "registry/registry.h"

static const char accept_manifests[] = MEDIA_OCI_INDEX
	", " MEDIA_DOCKER_LIST ", " MEDIA_OCI_MANIFEST ", " MEDIA_DOCKER_MANIFEST
	", application/vnd.docker.distribution.manifest.v1+prettyjws;q=0.1";

void registry_image_release(struct registry_image *image)
{
	if (!image)
		return;
	json_release(&fetch_resolved_shape, &image->info);
	strbuf_release(&image->index);
	strbuf_release(&image->manifest);
	strbuf_release(&image->config);
}

static int digest_mismatch(struct error *err, const char *what, const char *want, const char *got)
{
	return error_set(err, ERR_SYSTEM, 0, "%s verification failed: digest is %s, not %s", what,
			 got, want);
}

/* A manifest or index by tag or digest, with its digest and kind. */
static int get_manifest(struct registry *registry, const char *reference, struct strbuf *body,
			char digest[DIGEST_SIZE], enum manifest_kind *ret_kind, char **ret_type,
			struct error *err)
{
	cleanup(registry_answer_release) struct registry_answer answer = REGISTRY_ANSWER_INIT;
	cleanup_free char *path =
		xasprintf("/v2/%s/manifests/%s", registry->request->repository, reference);
	int r;

	r = registry_ask(registry, path, accept_manifests, MANIFEST_MAX, &answer, err);
	if (r < 0)
		return r;
	if (answer.status != 200)
		return registry_refused(registry, &answer, err);
	digest_of(strbuf_str(&answer.body), answer.body.len, digest);
	if (digest_is_valid(reference) && strcmp(reference, digest) != 0)
		return digest_mismatch(err, "manifest", reference, digest);
	if (answer.content_type)
		answer.content_type[strcspn(answer.content_type, "; ")] = '\0';
	r = manifest_classify(strbuf_str(&answer.body), answer.body.len, answer.content_type,
			      ret_kind, err);
	if (r < 0)
		return r;
	strbuf_reset(body);
	strbuf_add(body, strbuf_str(&answer.body), answer.body.len);
	free(*ret_type);
	*ret_type = take_ptr(answer.content_type);
	return 0;
}

static int select_digest(const struct registry *registry, const struct strbuf *index_text,
			 char **ret, struct error *err)
{
	cleanup(manifest_index_release) struct manifest_index index = { 0 };
	const struct fetch_request *request = registry->request;
	const struct platform want = { request->os, request->architecture, request->variant };
	const struct descriptor *chosen;
	int r;

	r = manifest_index_decode(strbuf_str(index_text), index_text->len, &index, err);
	if (r >= 0)
		r = manifest_index_select(&index, &want, &chosen, err);
	if (r >= 0)
		*ret = xstrdup(chosen->digest);
	return r;
}

static int get_config(struct registry *registry, struct registry_image *image, struct error *err)
{
	cleanup(manifest_release) struct manifest manifest = { 0 };
	cleanup(registry_answer_release) struct registry_answer answer = REGISTRY_ANSWER_INIT;
	cleanup_free char *path = NULL;
	char digest[DIGEST_SIZE];
	int r;

	r = manifest_decode(strbuf_str(&image->manifest), image->manifest.len, &manifest, err);
	if (r < 0)
		return r;
	path = xasprintf("/v2/%s/blobs/%s", registry->request->repository, manifest.config.digest);
	r = registry_ask(registry, path, NULL, IMAGE_CONFIG_MAX, &answer, err);
	if (r < 0)
		return r;
	if (answer.status != 200)
		return registry_refused(registry, &answer, err);
	digest_of(strbuf_str(&answer.body), answer.body.len, digest);
	if (strcmp(digest, manifest.config.digest) != 0)
		return digest_mismatch(err, "image config", manifest.config.digest, digest);
	strbuf_add(&image->config, strbuf_str(&answer.body), answer.body.len);
	return 0;
}

/* What the reference itself names: into image->manifest, or image->index. */
static int get_named(struct registry *registry, struct registry_image *image,
		     enum manifest_kind *ret_kind, struct error *err)
{
	char digest[DIGEST_SIZE];
	int r = get_manifest(registry, registry->request->reference, &image->manifest, digest,
			     ret_kind, &image->info.manifest_type, err);

	if (r < 0)
		return r;
	image->info.digest = xstrdup(digest);
	if (*ret_kind == MANIFEST_INDEX) {
		image->index = image->manifest;
		image->manifest = (struct strbuf)STRBUF_INIT;
	}
	return 0;
}

int registry_describe(struct registry *registry, struct registry_image *ret, struct error *err)
{
	cleanup(registry_image_release) struct registry_image image = REGISTRY_IMAGE_INIT;
	enum manifest_kind kind;
	int r = get_named(registry, &image, &kind, err);

	if (r >= 0 && kind != MANIFEST_INDEX) {
		r = get_config(registry, &image, err);
		if (r == -EINVAL) { /* an artifact that is no image has none */
			error_release(err);
			r = 0;
		}
	}
	if (r < 0)
		return r;
	*ret = image;
	image = (struct registry_image)REGISTRY_IMAGE_INIT;
	return 0;
}

int registry_resolve(struct registry *registry, struct registry_image *ret, struct error *err)
{
	cleanup(registry_image_release) struct registry_image image = REGISTRY_IMAGE_INIT;
	cleanup_free char *chosen = NULL;
	char digest[DIGEST_SIZE];
	enum manifest_kind kind;
	int r = get_named(registry, &image, &kind, err);

	if (r < 0)
		return r;
	(void)snprintf(digest, sizeof(digest), "%s", image.info.digest);
	if (kind == MANIFEST_INDEX) {
		r = select_digest(registry, &image.index, &chosen, err);
		if (r >= 0)
			r = get_manifest(registry, chosen, &image.manifest, digest, &kind,
					 &image.info.manifest_type, err);
		if (r >= 0 && kind == MANIFEST_INDEX)
			r = error_set(err, ERR_INVALID, EINVAL, "manifest: an index in an index");
		if (r < 0)
			return r;
	}
	image.info.manifest_digest = xstrdup(digest);
	r = get_config(registry, &image, err);
	if (r < 0)
		return r;
	*ret = image;
	image = (struct registry_image)REGISTRY_IMAGE_INIT;
	return 0;
}
