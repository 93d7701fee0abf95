/* SPDX-License-Identifier: Apache-2.0 */
/* A push: log in, layers, config, manifest; for one tag or all of a repository. */
#include "image/push.h"

#include <errno.h>
#include <string.h>

#include "base/strv.h"
#include "image/find.h"
#include "image/request.h"
#include "oci/platform.h"

enum { MOUNT_SOURCES_MAX = 8 };

static void push_tag_release(struct push *push)
{
	for (size_t i = 0; i < push->n_layers; i++) {
		free(push->layers[i].blob.digest);
		free(push->layers[i].blob.media_type);
	}
	free(push->layers);
	push->layers = NULL;
	push->n_layers = 0;
	image_record_release(&push->image);
	image_config_release(&push->config);
	manifest_release(&push->manifest);
}

static void push_release(struct push *push)
{
	push_tag_release(push);
	transfer_crew_release(&push->fetch);
	layer_temp_release(push->ctx->store, &push->temp);
	reference_release(&push->ref);
	auth_config_release(&push->auth);
	json_release(&fetch_request_shape, &push->request);
}

struct fetch_request push_request(const struct push *push, const char *action,
				  const char *reference)
{
	struct fetch_request request = push->request;

	request.action = (char *)action;
	request.reference = (char *)reference;
	return request;
}

char *push_repository(const struct push *push)
{
	struct strbuf name = STRBUF_INIT;

	reference_name(&push->ref, &name);
	return strbuf_take(&name);
}

/* Other repositories of the same registry that have layers of this one: a login must be good for
 * reading there, too. */
static int add_mount_sources(struct push *push, char *const *diff_ids, struct error *err)
{
	cleanup_free char *prefix = xasprintf("%s/", push->ref.domain);
	size_t len = strlen(prefix);

	for (size_t i = 0; diff_ids && diff_ids[i]; i++) {
		struct layer_blob *blobs = NULL;
		size_t n = 0;
		int r = layer_blobs_list(push->ctx->store, diff_ids[i], &blobs, &n, err);

		if (r < 0)
			return r;
		for (size_t k = 0; k < n; k++) {
			const char *path = blobs[k].repository + len;

			if (strncmp(blobs[k].repository, prefix, len) == 0 &&
			    strcmp(path, push->ref.path) != 0 &&
			    !strv_contains(push->request.from, path) &&
			    strv_len(push->request.from) < MOUNT_SOURCES_MAX)
				strv_push(&push->request.from, path);
		}
		layer_blobs_free(blobs, n);
	}
	return 0;
}

/* The first word with the registry, so that its children need not find the way again. */
static int push_begin(struct push *push, struct error *err)
{
	cleanup(transfer_child_release) struct transfer_child child = TRANSFER_CHILD_INIT;
	struct fetch_request request = push_request(push, "begin", NULL);
	int r;

	transfer_crew_release(&push->fetch);
	r = transfer_crew_fetch(push->ctx, &push->fetch, err);
	if (r >= 0)
		r = transfer_job_fetch(&push->fetch, &request, -1, &child, err);
	if (r >= 0)
		r = transfer_child_wait(&child, err);
	if (r < 0)
		return r;
	free(push->request.base_url);
	free(push->request.authorization);
	push->request.base_url = take_ptr(child.resolved.base_url);
	push->request.authorization = take_ptr(child.resolved.authorization);
	return 0;
}

static int check_platform(const struct push *push, const char *text, struct error *err)
{
	cleanup(platform_release) struct platform want = PLATFORM_INIT;
	const struct image_config *c = &push->config;
	int r = 0;

	if (!text || !*text)
		return 0;
	r = platform_parse(text, &want, err);
	if (r < 0 || platform_score(&want, c->os, c->architecture, c->variant) > 0)
		return r < 0 ? r : 0;
	return error_set(err, ERR_NOT_FOUND, 0,
			 "image with reference %s was found but does not match the specified "
			 "platform: wanted %s/%s, actual: %s/%s",
			 push->request.familiar, want.os, want.architecture, c->os ? c->os : "",
			 c->architecture ? c->architecture : "");
}

static int open_image(struct push *push, const char *platform, struct error *err)
{
	cleanup(strbuf_release) struct strbuf name = STRBUF_INIT;
	int r;

	reference_string(&push->ref, &name);
	r = image_record_by_tag(push->ctx->store, strbuf_str(&name), &push->image, err);
	if (r == 0)
		return error_set(err, ERR_NOT_FOUND, 0, "tag does not exist: %s",
				 push->request.familiar);
	if (r > 0)
		r = image_config_of(&push->image, &push->config, err);
	if (r >= 0 && push->image.manifest_len > 0)
		r = manifest_decode(push->image.manifest, push->image.manifest_len, &push->manifest,
				    err);
	if (r < 0)
		return r;
	push->n_layers = strv_len(push->config.rootfs.diff_ids);
	push->layers = xcalloc(push->n_layers + 1, sizeof(*push->layers));
	for (size_t i = 0; i < push->n_layers; i++)
		push->layers[i].diff_id = push->config.rootfs.diff_ids[i];
	return check_platform(push, platform, err);
}

static int say_pushed(const struct push *push, const char *digest, size_t size, struct error *err)
{
	cleanup(strbuf_release) struct strbuf aux = STRBUF_INIT;
	int r = say_status(&push->say, NULL, err, "%s: digest: %s size: %zu", push->ref.tag, digest,
			   size);

	strbuf_addf(&aux, "{\"Tag\":\"%s\",\"Digest\":\"%s\",\"Size\":%zu}", push->ref.tag, digest,
		    size);
	return r < 0 ? r : say_aux(&push->say, aux.data, err);
}

static int push_event(const struct push *push, struct error *err)
{
	cleanup(strbuf_release) struct strbuf name = STRBUF_INIT;

	reference_familiar_name(&push->ref, &name);
	return image_event(push->ctx, "push", push->request.familiar, strbuf_str(&name),
			   &push->config, err);
}

static int push_tag(struct push *push, const char *tag, const char *platform, struct error *err)
{
	struct strbuf familiar = STRBUF_INIT;
	cleanup_free char *digest = NULL;
	size_t size;
	int r;

	free(push->ref.tag);
	push->ref.tag = xstrdup(tag);
	reference_familiar(&push->ref, &familiar);
	free(push->request.familiar);
	push->request.familiar = strbuf_take(&familiar);
	r = open_image(push, platform, err);
	if (r >= 0)
		r = add_mount_sources(push, push->config.rootfs.diff_ids, err);
	if (r >= 0)
		r = push_begin(push, err);
	if (r >= 0)
		r = push_layers(push, err);
	if (r >= 0)
		r = push_manifest(push, &digest, &size, err);
	if (r >= 0)
		r = say_pushed(push, digest, size, err);
	if (r >= 0)
		r = push_event(push, err);
	push_tag_release(push);
	return r;
}

/* The tags that the repository has here; ERR_NOT_FOUND in docker's words when there are none. */
static int local_tags(struct push *push, char ***ret, struct error *err)
{
	cleanup_free char *repository = push_repository(push);
	cleanup(strbuf_release) struct strbuf familiar = STRBUF_INIT;
	int r = image_tags_of_repository(push->ctx->store, repository, ret, err);

	if (r < 0 || *ret)
		return r;
	reference_familiar_name(&push->ref, &familiar);
	return error_set(err, ERR_NOT_FOUND, 0, "An image does not exist locally with the tag: %s",
			 strbuf_str(&familiar));
}

static int push_run(struct push *push, const struct image_push_options *opts, struct error *err)
{
	cleanup_free char *repository = push_repository(push);
	cleanup(strv_release) char **tags = NULL;
	int r;

	r = say_status(&push->say, NULL, err, "The push refers to repository [%s]", repository);
	if (r >= 0)
		r = local_tags(push, &tags, err);
	if (r >= 0 && opts->tag)
		return push_tag(push, opts->tag, opts->platform, err);
	for (size_t i = 0; r >= 0 && tags[i]; i++)
		r = push_tag(push, tags[i], opts->platform, err);
	return r;
}

int image_push(struct image_context *ctx, const struct image_push_options *opts, progress_sink sink,
	       void *sink_arg, struct error *err)
{
	cleanup(push_release) struct push push = { .ctx = ctx,
						   .say = { sink, sink_arg },
						   .fetch = TRANSFER_CREW_INIT,
						   .temp = LAYER_TEMP_INIT };
	int r = reference_parse(opts->repository, &push.ref, err);

	if (r < 0)
		return r;
	if (push.ref.digest)
		return error_set(err, ERR_INVALID, EINVAL, "cannot push a digest reference");
	if (opts->tag && !reference_tag_is_valid(opts->tag))
		return error_set(err, ERR_INVALID, EINVAL, "invalid tag format");
	r = auth_config_decode(opts->auth, &push.auth, err);
	if (r < 0)
		return r;
	fetch_request_fill(ctx, &push.ref, &push.auth, "begin", NULL, &push.request);
	push.request.push = true;
	return push_run(&push, opts, err);
}
