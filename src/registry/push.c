/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sending (distribution-spec, "Push"): find or mount what is there, upload the rest, then the
 * manifest.
 *
 * An upload: POST opens a session, its Location is where the bytes go. Small blobs go with the one
 * PUT that ends it; others by PATCH, and after a cut the session tells how far it came. A server
 * that does not know PATCH gets the whole by PUT, one that finds the piece too large gets smaller
 * ones, one that forgot the session a new one.
 */
#include <errno.h>
#include <string.h>

#include "oci/digest.h"
#include "registry/registry.h"

enum {
	ANSWER_MAX = 256 * 1024,
	ONE_PUT_MAX = 1024 * 1024,
	PIECE_FIRST = 32 * 1024 * 1024, /* when the whole is too large for the server */
	PIECE_MIN = 1024 * 1024,
	SESSIONS_MAX = 3,
	MOUNTS_MAX = 4,
};

struct upload {
	struct registry *registry;
	const struct registry_upload *source;
	uint64_t size;
	uint64_t done;	   /* the session has so many bytes */
	uint64_t in_piece; /* … and so many are on their way */
	uint64_t piece;	   /* bytes in one PATCH */
	bool ranges;	   /* say which bytes they are */
	char *url;
};

static void upload_release(struct upload *upload)
{
	free(upload->url);
}

int registry_begin(struct registry *registry, struct error *err)
{
	cleanup(registry_answer_release) struct registry_answer answer = REGISTRY_ANSWER_INIT;
	int r = registry_ask(registry, "/v2/", NULL, ANSWER_MAX, &answer, err);

	if (r < 0)
		return r;
	return answer.status == 200 ? 0 : registry_refused(registry, &answer, err);
}

/* 1 it is there, 0 not. */
static int blob_is_there(struct registry *registry, const char *digest, struct error *err)
{
	cleanup(registry_answer_release) struct registry_answer answer = REGISTRY_ANSWER_INIT;
	cleanup_free char *url = xasprintf("%s/v2/%s/blobs/%s", registry->base_url,
					   registry->request->repository, digest);
	struct registry_call call = { .method = "HEAD", .url = url };
	int r = registry_call_until(registry, &call, &answer, err);

	if (r < 0)
		return r;
	if (answer.status == 200)
		return 1;
	if (answer.status == 404 || answer.status == 405)
		return 0;
	return registry_refused(registry, &answer, err);
}

/* Where an upload goes on. */
static int take_location(struct registry *registry, const struct registry_answer *answer,
			 const char *asked, char **url, struct error *err)
{
	char *next = answer->location ? registry_url_resolve(asked, answer->location) : NULL;

	if (!next)
		return error_set(err, ERR_SYSTEM, 0, "%s does not say where to upload to",
				 registry->request->host);
	free(*url);
	*url = next;
	return 0;
}

/* A session that nobody wants: best effort, the server forgets it some time. */
static void session_drop(struct registry *registry, const char *url)
{
	cleanup(registry_answer_release) struct registry_answer answer = REGISTRY_ANSWER_INIT;
	struct registry_call call = { .method = "DELETE", .url = url, .max = ANSWER_MAX };

	(void)!registry_call_once(registry, &call, &answer, NULL);
}

/* 1 mounted, 0 not. */
static int blob_mount(struct registry *registry, const struct fetch_blob *blob, struct error *err)
{
	cleanup(registry_answer_release) struct registry_answer answer = REGISTRY_ANSWER_INIT;
	cleanup(strbuf_release) struct strbuf url = STRBUF_INIT;
	struct registry_call call = { .method = "POST", .max = ANSWER_MAX };
	cleanup_free char *session = NULL;
	int r;

	strbuf_addf(&url, "%s/v2/%s/blobs/uploads/?mount=%s&from=", registry->base_url,
		    registry->request->repository, blob->digest);
	registry_url_escape(blob->from, &url);
	call.url = url.data;
	r = registry_call_until(registry, &call, &answer, err);
	if (r < 0 || answer.status == 201)
		return r < 0 ? r : 1;
	if (answer.status == 202 && take_location(registry, &answer, url.data, &session, NULL) >= 0)
		session_drop(registry, session);
	return 0; /* a source that may not be read is no failure either */
}

int registry_find(struct registry *registry, ssize_t *ret_index, const char **ret_from,
		  struct error *err)
{
	const struct fetch_request *request = registry->request;
	const char *last = "";
	int mounts = 0, r = 0;

	*ret_index = -1;
	*ret_from = NULL;
	for (size_t i = 0; i < request->n_blobs && r == 0; i++) {
		if (!digest_is_valid(request->blobs[i].digest))
			return error_set(err, ERR_INVALID, EINVAL, "invalid blob digest");
		if (strcmp(request->blobs[i].digest, last) != 0)
			r = blob_is_there(registry, request->blobs[i].digest, err);
		last = request->blobs[i].digest;
		if (r > 0)
			*ret_index = (ssize_t)i;
	}
	for (size_t i = 0; i < request->n_blobs && r == 0 && mounts < MOUNTS_MAX; i++) {
		const struct fetch_blob *blob = &request->blobs[i];

		if (!blob->from || !*blob->from)
			continue;
		mounts++;
		r = blob_mount(registry, blob, err);
		if (r > 0) {
			*ret_index = (ssize_t)i;
			*ret_from = blob->from;
		}
	}
	return r < 0 ? r : 0;
}

static void on_sent(void *arg, uint64_t n)
{
	struct upload *upload = arg;

	upload->in_piece += n;
	if (upload->source->progress)
		upload->source->progress(upload->source->arg, upload->done + upload->in_piece);
}

static int session_open(struct upload *upload, struct error *err)
{
	struct registry *registry = upload->registry;
	cleanup(registry_answer_release) struct registry_answer answer = REGISTRY_ANSWER_INIT;
	cleanup_free char *url = xasprintf("%s/v2/%s/blobs/uploads/", registry->base_url,
					   registry->request->repository);
	struct registry_call call = { .method = "POST", .url = url, .max = ANSWER_MAX };
	int r = registry_call_until(registry, &call, &answer, err);

	if (r < 0)
		return r;
	if (answer.status != 202)
		return registry_refused(registry, &answer, err);
	upload->done = 0;
	return take_location(registry, &answer, url, &upload->url, err);
}

/* How far did it come? -ESTALE: the session is gone. */
static int session_ask(struct upload *upload, struct error *err)
{
	struct registry *registry = upload->registry;
	cleanup(registry_answer_release) struct registry_answer answer = REGISTRY_ANSWER_INIT;
	struct registry_call call = { .url = upload->url, .max = ANSWER_MAX };
	int64_t end;
	int r = registry_call_until(registry, &call, &answer, err);

	if (r < 0)
		return r;
	if (answer.status != 204 && answer.status != 202)
		return -ESTALE;
	end = answer.range ? registry_range_end(answer.range) : 0;
	if (end < 0 || (uint64_t)end >= upload->size)
		return -ESTALE;
	upload->done = end > 0 ? (uint64_t)end + 1 : 0; /* "0-0" is said of none, too */
	upload->ranges = true;
	return answer.location ? take_location(registry, &answer, upload->url, &upload->url, err)
			       : 0;
}

/* One PATCH from where the session is. The answer's status is the caller's to judge. */
static int session_patch(struct upload *upload, struct registry_answer *answer, struct error *err)
{
	uint64_t left = upload->size - upload->done;
	uint64_t n = left < upload->piece ? left : upload->piece;
	cleanup_free char *range = NULL;
	struct registry_call call = {
		.method = "PATCH",
		.url = upload->url,
		.max = ANSWER_MAX,
		.body_fd = upload->source->fd,
		.body_offset = upload->done,
		.body_len = n,
		.content_type = "application/octet-stream",
		.sent = on_sent,
		.sent_arg = upload,
	};
	int r;

	if (upload->ranges)
		range = xasprintf("%llu-%llu", (unsigned long long)upload->done,
				  (unsigned long long)(upload->done + n - 1));
	call.content_range = range;
	upload->in_piece = 0;
	r = registry_call_once(upload->registry, &call, answer, err);
	upload->in_piece = 0;
	if (r >= 0 && (answer->status == 202 || answer->status == 204)) {
		upload->done += n;
		r = take_location(upload->registry, answer, upload->url, &upload->url, err);
	}
	return r;
}

/* The end of the session, with what is left of the bytes. */
static int session_put(struct upload *upload, struct registry_answer *answer, struct error *err)
{
	const char *digest = upload->registry->request->reference;
	char before = strchr(upload->url, '?') ? '&' : '?';
	cleanup_free char *url = xasprintf("%s%cdigest=%s", upload->url, before, digest);
	struct registry_call call = {
		.method = "PUT",
		.url = url,
		.max = ANSWER_MAX,
		.body_fd = upload->source->fd,
		.body_offset = upload->done,
		.body_len = upload->size - upload->done,
		.content_type = "application/octet-stream",
		.sent = on_sent,
		.sent_arg = upload,
		.patient = true, /* the server may read all of it again */
	};

	upload->in_piece = 0;
	return registry_call_once(upload->registry, &call, answer, err);
}

/* The server does not take so much at a time. */
static int smaller_pieces(struct upload *upload, const struct registry_answer *answer,
			  struct error *err)
{
	upload->piece = upload->piece > PIECE_FIRST ? PIECE_FIRST : upload->piece / 2;
	if (upload->piece < PIECE_MIN)
		return registry_refused(upload->registry, answer, err);
	upload->ranges = true;
	return session_ask(upload, err);
}

/* All bytes into the session by PATCH. -EOPNOTSUPP: the server has none; -ESTALE: begin anew. */
static int session_fill(struct upload *upload, struct error *err)
{
	unsigned int tries = 0;
	int r = 0;

	for (int all = 0; upload->done < upload->size; all++) {
		cleanup(registry_answer_release) struct registry_answer answer =
			REGISTRY_ANSWER_INIT;
		uint64_t before = upload->done;

		r = session_patch(upload, &answer, err);
		if (r >= 0 && upload->done > before) {
			tries = 0;
			continue;
		}
		if (r >= 0 && (answer.status == 405 || answer.status == 501) && before == 0)
			return -EOPNOTSUPP;
		if (r >= 0 && answer.status == 404)
			return -ESTALE;
		if (r >= 0 && answer.status == 413) {
			r = smaller_pieces(upload, &answer, err);
			if (r < 0)
				return r;
			continue;
		}
		if (!(r >= 0 && answer.status == 416) && !registry_is_passing(r, &answer))
			return r < 0 ? r : registry_refused(upload->registry, &answer, err);
		if (++tries >= REGISTRY_TRIES || all >= REGISTRY_TRIES_ALL)
			return r < 0 ? r : registry_refused(upload->registry, &answer, err);
		error_release(err);
		r = registry_http_backoff(upload->registry->http, tries - 1, answer.retry_after);
		if (r < 0)
			return error_set(err, ERR_SYSTEM, ECANCELED, "canceled");
		r = session_ask(upload, err);
		if (r < 0)
			return r;
		tries = upload->done > before ? 0 : tries;
	}
	return 0;
}

/* One session. -ESTALE with err unset: worth a new one. */
static int upload_once(struct upload *upload, bool *patch, struct error *err)
{
	cleanup(registry_answer_release) struct registry_answer answer = REGISTRY_ANSWER_INIT;
	int r = session_open(upload, err);

	if (r < 0)
		return r;
	if (*patch) {
		r = session_fill(upload, err);
		if (r == -EOPNOTSUPP) {
			*patch = false;
			session_drop(upload->registry, upload->url);
			return -ESTALE;
		}
		if (r < 0)
			return r;
	}
	r = session_put(upload, &answer, err);
	if (r >= 0 && answer.status == 201)
		return 0;
	if (registry_is_passing(r, &answer) || (r >= 0 && answer.status == 404)) {
		error_release(err);
		return -ESTALE;
	}
	return r < 0 ? r : registry_refused(upload->registry, &answer, err);
}

int registry_upload(struct registry *registry, const struct registry_upload *source,
		    struct error *err)
{
	cleanup(upload_release) struct upload upload = {
		.registry = registry,
		.source = source,
		.size = (uint64_t)registry->request->size,
		.piece = UINT64_MAX,
	};
	bool patch = upload.size > ONE_PUT_MAX;
	int r = -ESTALE;

	for (unsigned int i = 0; r == -ESTALE && i < SESSIONS_MAX; i++) {
		if (i > 0 && registry_http_backoff(registry->http, i - 1, 0) < 0)
			return error_set(err, ERR_SYSTEM, ECANCELED, "canceled");
		/* a cut just before the answer: it may have arrived */
		r = blob_is_there(registry, registry->request->reference, err);
		if (r != 0)
			return r < 0 ? r : i == 0;
		r = upload_once(&upload, &patch, err);
	}
	if (r == -ESTALE)
		return error_set(err, ERR_SYSTEM, 0, "%s does not take the upload of %s",
				 registry->request->host, registry->request->reference);
	return r;
}

int registry_put_manifest(struct registry *registry, int fd, struct error *err)
{
	const struct fetch_request *request = registry->request;
	cleanup(registry_answer_release) struct registry_answer answer = REGISTRY_ANSWER_INIT;
	cleanup_free char *url = xasprintf("%s/v2/%s/manifests/%s", registry->base_url,
					   request->repository, request->reference);
	struct registry_call call = {
		.method = "PUT",
		.url = url,
		.max = ANSWER_MAX,
		.body_fd = fd,
		.body_len = (uint64_t)request->size,
		.content_type = request->media_type,
	};
	int r = registry_call_until(registry, &call, &answer, err);

	if (r < 0)
		return r;
	return answer.status >= 200 && answer.status < 300
		       ? 0
		       : registry_refused(registry, &answer, err);
}
