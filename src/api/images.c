/* SPDX-License-Identifier: Apache-2.0 */
/* /images. */
#include <errno.h>
#include <string.h>

#include "api/cancel.h"
#include "api/feeder.h"
#include "api/handlers.h"
#include "api/progress.h"
#include "api/reply.h"
#include "api/versions.h"
#include "base/strv.h"
#include "oci/reference.h"

int images_list(struct request *req, struct error *err)
{
	struct image_list_options opts = {
		.all = request_bool(req, "all"),
		.digests = request_bool(req, "digests"),
		.shared_size = request_bool(req, "shared-size"),
		.filters_json = request_str(req, "filters"),
	};
	struct image_summary *items = NULL;
	struct engine *engine;
	size_t n = 0;
	int r = request_engine(req, &engine, err);

	if (r < 0)
		return r;
	r = image_list(&engine->images, &opts, &items, &n, err);
	if (r < 0)
		return r;
	versions_images(req, items, n);
	r = reply_json_array(req, &image_summary_shape, items, n);
	json_release_array(&image_summary_shape, items, n);
	return r;
}

/* What the request wants the image to be for. */
static int check_platform(struct request *req, struct engine *engine, const char *name,
			  struct error *err)
{
	cleanup_free char *platform = NULL;
	int r = request_platform(req, name, &platform, err);

	return r < 0 ? r : image_check_platform(&engine->images, req->arg, platform, err);
}

int images_inspect(struct request *req, struct error *err)
{
	cleanup(image_inspect_release) struct image_inspect inspect = { 0 };
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	if (r < 0)
		return r;
	r = check_platform(req, engine, "platform", err);
	if (r < 0)
		return r;
	r = image_inspect(&engine->images, req->arg, &inspect, err);
	if (r < 0)
		return r;
	versions_image(req, &inspect);
	return reply_json(req, 200, &image_inspect_shape, &inspect);
}

/* What is said about an image beside it stays at the registry: an image that is here has none. */
int images_attestations(struct request *req, struct error *err)
{
	cleanup(image_inspect_release) struct image_inspect image = { 0 };
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	if (r >= 0)
		r = check_platform(req, engine, "platform", err);
	if (r >= 0)
		r = image_inspect(&engine->images, req->arg, &image, err);
	return r < 0 ? r : reply_json_array(req, &string_list_shape, NULL, 0);
}

int images_history(struct request *req, struct error *err)
{
	struct image_history_item *items = NULL;
	struct engine *engine;
	size_t n = 0;
	int r = request_engine(req, &engine, err);

	if (r < 0)
		return r;
	r = check_platform(req, engine, "platform", err);
	if (r < 0)
		return r;
	r = image_history(&engine->images, req->arg, &items, &n, err);
	if (r < 0)
		return r;
	r = reply_json_array(req, &image_history_item_shape, items, n);
	json_release_array(&image_history_item_shape, items, n);
	return r;
}

int images_tag(struct request *req, struct error *err)
{
	const char *repo = request_str(req, "repo");
	struct engine *engine;
	int r;

	if (!repo)
		return error_set(err, ERR_INVALID, EINVAL, "invalid reference format");
	r = request_engine(req, &engine, err);
	if (r < 0)
		return r;
	r = image_tag(&engine->images, req->arg, repo, request_str(req, "tag"), err);
	return r < 0 ? r : reply_empty(req, 201);
}

int images_remove(struct request *req, struct error *err)
{
	struct image_delete_item *items = NULL;
	struct engine *engine;
	size_t n = 0;
	int r = request_engine(req, &engine, err);

	if (r < 0)
		return r;
	r = check_platform(req, engine, "platforms", err);
	if (r < 0)
		return r;
	r = image_remove(&engine->images, req->arg, request_bool(req, "force"),
			 request_bool(req, "noprune"), &items, &n, err);
	if (r < 0)
		return r;
	r = reply_json_array(req, &image_delete_item_shape, items, n);
	json_release_array(&image_delete_item_shape, items, n);
	return r;
}

/* fromImage may carry tag or digest itself; ?tag= replaces it, as docker does. */
static int pull(struct request *req, struct progress *progress, struct error *err)
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	cleanup(strbuf_release) struct strbuf name = STRBUF_INIT;
	const char *tag = request_str(req, "tag");
	struct image_pull_options opts = {
		.platform = request_str(req, "platform"),
		.auth = http_headers_get(&req->http->head.headers, "X-Registry-Auth"),
	};
	struct engine *engine;
	int r = reference_parse(request_str(req, "fromImage"), &ref, err);

	if (r < 0)
		return r;
	if (!tag)
		tag = ref.digest ? ref.digest : ref.tag;
	opts.all_tags = !tag;
	reference_familiar_name(&ref, &name);
	opts.repository = strbuf_str(&name);
	opts.tag = tag;
	r = request_engine(req, &engine, err);
	if (r < 0)
		return r;
	cancel_with_client(req->http->fd); /* a registry that stalls says nothing to notice it by */
	r = image_pull(&engine->images, &opts, progress_send, progress, err);
	cancel_with_client_end(req->http->fd);
	return r;
}

static int import(struct request *req, struct progress *progress, struct error *err)
{
	cleanup(strv_release) char **changes = NULL;
	cleanup(feeder_release) struct feeder feeder = FEEDER_INIT;
	cleanup_free char *id = NULL;
	struct image_import_options opts = {
		.repository = request_str(req, "repo"),
		.tag = request_str(req, "tag"),
		.message = request_str(req, "message"),
		.platform = request_str(req, "platform"),
		.source = request_str(req, "fromSrc"),
	};
	struct engine *engine;
	int r;

	if (strcmp(opts.source, "-") != 0)
		return error_set(
			err, ERR_NOT_IMPLEMENTED, ENOSYS,
			"the engine does not download for an import: send the archive as the body");
	request_list(req, "changes", &changes);
	opts.changes = changes;
	r = request_engine(req, &engine, err);
	if (r < 0)
		return r;
	r = feeder_start(req, &feeder, err);
	if (r < 0)
		return r;
	opts.tar_fd = feeder.fd;
	return image_import(&engine->images, &opts, progress_send, progress, &id, err);
}

int images_create(struct request *req, struct error *err)
{
	struct progress progress = { .req = req };
	int r;

	if (request_str(req, "fromImage"))
		r = pull(req, &progress, err);
	else if (request_str(req, "fromSrc"))
		r = import(req, &progress, err);
	else
		return error_set(err, ERR_INVALID, EINVAL, "fromImage or fromSrc is required");
	r = progress_finish(&progress, r, err);
	progress_release(&progress);
	return r;
}

/* ?platform= is JSON, unlike a pull's: {"os": "linux", "architecture": "arm64"}. */
static int push_platform(struct request *req, char **ret, struct error *err)
{
	const char *text = request_str(req, "platform");
	struct image_platform platform = { 0 };
	int r;

	if (!text)
		return 0;
	r = json_decode(&image_platform_shape, text, strlen(text), &platform, err);
	if (r >= 0)
		*ret = xasprintf("%s/%s%s%s", platform.os ? platform.os : "",
				 platform.architecture ? platform.architecture : "",
				 platform.variant && *platform.variant ? "/" : "",
				 platform.variant ? platform.variant : "");
	json_release(&image_platform_shape, &platform);
	return r < 0 ? error_prefix(err, "invalid platform") : 0;
}

static int push(struct request *req, struct progress *progress, struct error *err)
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	cleanup(strbuf_release) struct strbuf name = STRBUF_INIT;
	cleanup_free char *platform = NULL;
	struct image_push_options opts = {
		.tag = request_str(req, "tag"),
		.auth = http_headers_get(&req->http->head.headers, "X-Registry-Auth"),
	};
	struct engine *engine;
	int r = reference_parse(req->arg, &ref, err);

	if (r >= 0)
		r = push_platform(req, &platform, err);
	if (r >= 0)
		r = request_engine(req, &engine, err);
	if (r < 0)
		return r;
	if (ref.digest)
		return error_set(err, ERR_INVALID, EINVAL, "cannot push a digest reference");
	reference_familiar_name(&ref, &name);
	opts.repository = strbuf_str(&name);
	opts.platform = platform;
	cancel_with_client(req->http->fd);
	r = image_push(&engine->images, &opts, progress_send, progress, err);
	cancel_with_client_end(req->http->fd);
	return r;
}

int images_push(struct request *req, struct error *err)
{
	struct progress progress = { .req = req };
	int r = push(req, &progress, err);

	r = progress_finish(&progress, r, err);
	progress_release(&progress);
	return r;
}
