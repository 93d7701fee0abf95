/* SPDX-License-Identifier: Apache-2.0 */
/* A pull: ask the registry, fetch what is missing, make it visible in one step. */
#include "image/pull.h"

#include <errno.h>
#include <string.h>

#include "base/strv.h"
#include "image/pull-endpoint.h"
#include "image/find.h"
#include "image/request.h"
#include "oci/digest.h"
#include "store/holds.h"

enum { ROUNDS_MAX = 3 };

static void pull_release(struct pull *pull)
{
	transfer_crew_release(&pull->fetch);
	transfer_crew_release(&pull->fetch_own);
	transfer_crew_release(&pull->unpack); /* before what it writes to */
	layer_temp_release(pull->ctx->store, &pull->temp);
	strv_release(&pull->held);
	reference_release(&pull->ref);
	auth_config_release(&pull->auth);
	json_release(&fetch_request_shape, &pull->request);
	json_release(&fetch_request_shape, &pull->own);
	transfer_child_release(&pull->resolve);
	manifest_release(&pull->manifest);
	image_config_release(&pull->config);
}

static int parse_name(const struct image_pull_options *opts, struct reference *ref,
		      struct error *err)
{
	const char *tag = opts->tag;
	int r = reference_parse(opts->repository, ref, err);

	if (r < 0)
		return r;
	if (tag && strchr(tag, ':')) {
		if (!digest_is_valid(tag))
			return error_set(err, ERR_INVALID, EINVAL, "invalid digest %.128s", tag);
		free(ref->digest);
		ref->digest = xstrdup(tag);
	} else if (tag && *tag) {
		if (!reference_tag_is_valid(tag))
			return error_set(err, ERR_INVALID, EINVAL, "invalid tag format");
		free(ref->tag);
		ref->tag = xstrdup(tag);
	}
	if (ref->digest) { /* the digest says more than a tag beside it */
		free(ref->tag);
		ref->tag = NULL;
	}
	reference_set_default_tag(ref);
	return 0;
}

static int fill_platform(const char *text, struct fetch_request *request, struct error *err)
{
	cleanup(platform_release) struct platform platform = PLATFORM_INIT;
	int r = 0;

	if (text && *text)
		r = platform_parse(text, &platform, err);
	else
		platform_host(&platform);
	if (r < 0)
		return r;
	request->os = take_ptr(platform.os);
	request->architecture = take_ptr(platform.architecture);
	request->variant = take_ptr(platform.variant);
	return 0;
}

static int fill_request(struct pull *pull, const struct pull_endpoint *endpoint,
			const char *platform, struct error *err)
{
	json_release(&fetch_request_shape, &pull->request);
	fetch_request_fill_endpoint(pull->ctx, &pull->ref, endpoint, &pull->auth, &pull->request);
	return fill_platform(platform, &pull->request, err);
}

static int mismatch(struct error *err, const char *what)
{
	return error_set(err, ERR_SYSTEM, EBADMSG, "%s does not have the digest it should have",
			 what);
}

/* What was asked for -> index -> manifest: each link by digest. */
static int verify_chain(struct pull *pull, struct error *err)
{
	const struct transfer_child *got = &pull->resolve;
	cleanup(manifest_index_release) struct manifest_index index = { 0 };
	const char *top = got->resolved.digest;
	char digest[DIGEST_SIZE], manifest_digest[DIGEST_SIZE];
	int r;

	digest_of(strbuf_str(&got->manifest), got->manifest.len, manifest_digest);
	memcpy(digest, manifest_digest, sizeof(digest));
	if (got->index.len > 0)
		digest_of(strbuf_str(&got->index), got->index.len, digest);
	if (!top || strcmp(top, digest) != 0 ||
	    (pull->ref.digest && strcmp(pull->ref.digest, digest) != 0))
		return mismatch(err, "the manifest");
	if (got->index.len == 0)
		return 0;
	r = manifest_index_decode(strbuf_str(&got->index), got->index.len, &index, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < index.n_manifests; i++) {
		if (strcmp(index.manifests[i].digest, manifest_digest) == 0)
			return 0;
	}
	return mismatch(err, "the platform's manifest");
}

/* Manifest -> config -> number of layers. */
static int verify_image(struct pull *pull, struct error *err)
{
	const struct transfer_child *got = &pull->resolve;
	char digest[DIGEST_SIZE];
	int r;

	r = manifest_decode(strbuf_str(&got->manifest), got->manifest.len, &pull->manifest, err);
	if (r < 0)
		return r;
	digest_of(strbuf_str(&got->config), got->config.len, digest);
	if (strcmp(pull->manifest.config.digest, digest) != 0)
		return mismatch(err, "the image config");
	r = image_config_decode(strbuf_str(&got->config), got->config.len, &pull->config, err);
	if (r < 0)
		return r;
	if (strv_len(pull->config.rootfs.diff_ids) != pull->manifest.n_layers)
		return error_set(
			err, ERR_INVALID, EINVAL,
			"invalid rootfs in image configuration: %zu diff-ids for %zu layers",
			strv_len(pull->config.rootfs.diff_ids), pull->manifest.n_layers);
	if (pull->config.os && *pull->config.os && strcmp(pull->config.os, "linux") != 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "image operating system \"%.64s\" cannot be used on this platform",
				 pull->config.os);
	return 0;
}

/* An image without an index may be for another machine; refused when one was asked for. */
static int verify_platform(const struct pull *pull, const struct image_pull_options *opts,
			   struct error *err)
{
	const struct fetch_request *request = &pull->request;
	const struct platform want = { request->os, request->architecture, request->variant };
	const struct image_config *c = &pull->config;

	if (!opts->platform || !*opts->platform ||
	    platform_score(&want, c->os, c->architecture, c->variant) > 0)
		return 0;
	return error_set(err, ERR_NOT_FOUND, 0,
			 "image with reference %s was found but does not match the specified "
			 "platform: wanted %s/%s, actual: %s/%s",
			 request->familiar, want.os, want.architecture, c->os ? c->os : "",
			 c->architecture ? c->architecture : "");
}

static int resolve_at(struct pull *pull, const struct pull_endpoint *endpoint,
		      const struct image_pull_options *opts, struct error *err)
{
	int r;

	transfer_child_release(&pull->resolve);
	transfer_crew_release(&pull->fetch);
	manifest_release(&pull->manifest);
	image_config_release(&pull->config);
	r = fill_request(pull, endpoint, opts->platform, err);
	if (r >= 0)
		r = transfer_crew_fetch(pull->ctx, &pull->fetch, err);
	if (r >= 0)
		r = transfer_job_fetch(&pull->fetch, &pull->request, -1, &pull->resolve, err);
	if (r >= 0)
		r = transfer_child_wait(&pull->resolve, err);
	if (r >= 0)
		r = verify_chain(pull, err);
	if (r >= 0)
		r = verify_image(pull, err);
	return r < 0 ? r : verify_platform(pull, opts, err);
}

/* What the mirror that answered fails to give is asked of the registry behind it. */
static void fill_own(struct pull *pull, const struct pull_endpoints *endpoints, size_t answered)
{
	for (size_t i = answered + 1; endpoints->items[answered].base_url && i < endpoints->n;
	     i++) {
		if (!endpoints->items[i].own)
			continue;
		fetch_request_fill_endpoint(pull->ctx, &pull->ref, &endpoints->items[i],
					    &pull->auth, &pull->own);
		return;
	}
}

/* The first place that has a whole answer; the error is the last one's. */
static int resolve(struct pull *pull, const struct image_pull_options *opts, struct error *err)
{
	cleanup(pull_endpoints_release) struct pull_endpoints endpoints = { 0 };
	int r = pull_endpoints_of(pull->ctx, &pull->ref, &endpoints, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < endpoints.n; i++) {
		error_release(err);
		r = resolve_at(pull, &endpoints.items[i], opts, err);
		if (r >= 0) {
			fill_own(pull, &endpoints, i);
			pull->searched = !endpoints.items[i].own && !endpoints.items[i].base_url;
			break;
		}
	}
	return r;
}

static int make_visible(struct pull *pull, bool *ret_changed, struct error *err)
{
	cleanup(strbuf_release) struct strbuf tag = STRBUF_INIT, repo_digest = STRBUF_INIT;
	cleanup(strbuf_release) struct strbuf repository = STRBUF_INIT;
	struct put put = { .config = &pull->config,
			   .config_text = &pull->resolve.config,
			   .manifest = &pull->resolve.manifest,
			   .manifest_type = pull->resolve.resolved.manifest_type,
			   .blobs = &pull->manifest,
			   .id = pull->manifest.config.digest,
			   .action = "pull" };

	reference_name(&pull->ref, &repository);
	put.repository = strbuf_str(&repository);
	reference_name(&pull->ref, &repo_digest);
	strbuf_addf(&repo_digest, "@%s", pull->resolve.resolved.digest);
	put.repo_digest = strbuf_str(&repo_digest);
	if (pull->ref.tag) {
		reference_string(&pull->ref, &tag);
		put.tag = strbuf_str(&tag);
	}
	return put_image(pull->ctx, &put, ret_changed, err);
}

/* A layer that was here may be deleted by somebody else before the image holds on to it: again
 * then. */
static int fetch_and_put(struct pull *pull, bool *ret_changed, struct error *err)
{
	int r = -ESTALE;

	for (; r == -ESTALE && pull->rounds < ROUNDS_MAX; pull->rounds++) {
		r = pull_layers(pull, err);
		if (r >= 0)
			r = make_visible(pull, ret_changed, err);
	}
	if (r == -ESTALE && error_text(err)[0] == '\0')
		return error_set(err, ERR_SYSTEM, ESTALE, "layers were deleted during the pull");
	return r;
}

/* What the world did to it: worth another try, which finds what is here. */
static bool is_interruption(int r)
{
	static const int list[] = { ECANCELED, ECONNRESET,   ECONNREFUSED, ECONNABORTED,
				    ETIMEDOUT, EHOSTUNREACH, ENETUNREACH };

	for (size_t i = 0; i < ARRAY_SIZE(list); i++) {
		if (r == -list[i])
			return true;
	}
	return false;
}

/* An image that is not what it says, or does not fit: nothing of it is kept. What fails here is
 * swept a day later. */
static void pull_drop(struct pull *pull)
{
	if (pull->held && layer_hold_drop(pull->ctx->store, pull->held, NULL) >= 0)
		ignore_result(layer_gc(pull->ctx->store, NULL));
}

/* The path, as docker says it; of a registry that was searched the whole, for the name does not
 * tell. */
static int say_pulling(const struct pull *pull, const char *which, struct error *err)
{
	const struct fetch_request *request = &pull->request;

	if (!pull->searched)
		return say_status(&pull->say, which, err, "Pulling from %s", pull->ref.path);
	return say_status(&pull->say, which, err, "Pulling from %s/%s", request->host,
			  request->repository);
}

static int pull_run(struct pull *pull, const struct image_pull_options *opts, bool *ret_changed,
		    struct error *err)
{
	const char *which = pull->ref.digest ? pull->ref.digest : pull->ref.tag;
	bool changed = false;
	int r;

	r = resolve(pull, opts, err);
	if (r >= 0)
		r = say_pulling(pull, which, err);
	if (r >= 0)
		r = layer_temp_new(pull->ctx->store, &pull->temp, err);
	if (r >= 0) {
		r = fetch_and_put(pull, &changed, err);
		if (r < 0 && !is_interruption(r))
			pull_drop(pull);
	}
	if (r >= 0)
		r = say_status(&pull->say, NULL, err, "Digest: %s", pull->resolve.resolved.digest);
	if (r >= 0)
		*ret_changed = changed;
	return r;
}

static int say_done(const struct say *say, const char *name, bool changed, struct error *err)
{
	return say_status(say, NULL, err, "Status: %s for %s",
			  changed ? "Downloaded newer image" : "Image is up to date", name);
}

/* One tag or digest; *ret_name as people know it, owned. */
static int pull_one(struct image_context *ctx, const struct image_pull_options *opts,
		    const struct say *say, char **ret_name, bool *ret_changed, struct error *err)
{
	cleanup(pull_release) struct pull pull = {
		.ctx = ctx,
		.say = *say,
		.resolve = TRANSFER_CHILD_INIT,
		.temp = LAYER_TEMP_INIT,
		.fetch = TRANSFER_CREW_INIT,
		.fetch_own = TRANSFER_CREW_INIT,
		.unpack = TRANSFER_CREW_INIT,
	};
	int r;

	pull.again = opts->again;
	r = parse_name(opts, &pull.ref, err);
	if (r >= 0)
		r = auth_config_decode(opts->auth, &pull.auth, err);
	if (r >= 0)
		r = pull_run(&pull, opts, ret_changed, err);
	if (r >= 0)
		*ret_name = take_ptr(pull.request.familiar);
	return r;
}

static void request_release(struct fetch_request *request)
{
	json_release(&fetch_request_shape, request);
}

static int list_tags(struct image_context *ctx, const struct image_pull_options *opts,
		     const struct reference *ref, char ***ret, struct error *err)
{
	cleanup(transfer_child_release) struct transfer_child child = TRANSFER_CHILD_INIT;
	cleanup(request_release) struct fetch_request request = { 0 };
	cleanup(auth_config_release) struct auth_config auth = { 0 };
	int r = auth_config_decode(opts->auth, &auth, err);

	if (r < 0)
		return r;
	fetch_request_fill(ctx, ref, &auth, "tags", NULL, &request);
	r = transfer_child_fetch(ctx, &request, -1, &child, err);
	if (r >= 0)
		r = transfer_child_wait(&child, err);
	if (r >= 0)
		*ret = take_ptr(child.items);
	return r;
}

static int pull_all(struct image_context *ctx, const struct image_pull_options *opts,
		    const struct say *say, struct error *err)
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	cleanup(strbuf_release) struct strbuf name = STRBUF_INIT;
	cleanup(strv_release) char **tags = NULL;
	bool any = false;
	int r = reference_parse(opts->repository, &ref, err);

	if (r >= 0)
		r = list_tags(ctx, opts, &ref, &tags, err);
	for (size_t i = 0; r >= 0 && tags && tags[i]; i++) {
		struct image_pull_options one = *opts;
		cleanup_free char *done = NULL;
		bool changed = false;

		one.tag = tags[i];
		r = pull_one(ctx, &one, say, &done, &changed, err);
		any |= changed;
	}
	reference_familiar_name(&ref, &name);
	return r < 0 ? r : say_done(say, strbuf_str(&name), any, err);
}

int image_pull(struct image_context *ctx, const struct image_pull_options *opts, progress_sink sink,
	       void *sink_arg, struct error *err)
{
	const struct say say = { sink, sink_arg };
	cleanup_free char *name = NULL;
	bool changed = false;
	int r;

	if (opts->all_tags)
		return pull_all(ctx, opts, &say, err);
	r = pull_one(ctx, opts, &say, &name, &changed, err);
	return r < 0 ? r : say_done(&say, name, changed, err);
}
