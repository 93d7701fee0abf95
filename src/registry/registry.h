/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The distribution-spec client (pull): find the way to a registry, log in when it asks, resolve a
 * reference to manifest and config, stream blobs. Runs in hoy-fetch.
 */
#pragma once

#include "registry/http.h"
#include "wire/transfer.h"

enum {
	REGISTRY_TRIES = 5, /* in a row without a new byte */
	REGISTRY_TRIES_ALL = 12,
};

struct registry {
	const struct fetch_request *request; /* borrowed */
	struct registry_http *http;
	char *base_url;	     /* "https://host" */
	char *authorization; /* header value, NULL none */
};

#define REGISTRY_INIT                                                                              \
	{                                                                                          \
		NULL, NULL, NULL, NULL                                                             \
	}

/* Ready to ask; for an insecure registry finds out whether it speaks TLS. */
must_check int registry_open(const struct fetch_request *request, int watch_fd,
			     struct registry *ret, struct error *err);
void registry_release(struct registry *registry);

struct registry_image {
	struct fetch_resolved info;
	struct strbuf index, manifest, config; /* index: empty when there is none */
};

#define REGISTRY_IMAGE_INIT                                                                        \
	{                                                                                          \
		{ 0 }, STRBUF_INIT, STRBUF_INIT, STRBUF_INIT                                       \
	}

void registry_image_release(struct registry_image *image);

/* The image that the request's reference and platform name; digests verified.
 * ERR_NOT_FOUND "manifest for X not found: …", "pull access denied for X, …". */
must_check int registry_resolve(struct registry *registry, struct registry_image *ret,
				struct error *err);

/* Stream the blob request->reference to sink, as often as need be from where it was cut. The caller
 * verifies what it got. received counts all bytes that the sink took. */
must_check int registry_download(struct registry *registry, registry_sink sink, void *arg,
				 struct error *err);

/* auth.c: answer a 401's challenge (Bearer: a token for scope pull; Basic: the credentials). */
must_check int registry_authenticate(struct registry *registry, const char *challenge,
				     struct error *err);
/* GET base_url + path; logs in and retries on 401, retries what was cut. */
must_check int registry_ask(struct registry *registry, const char *path, const char *accept,
			    size_t max, struct registry_answer *ret, struct error *err);
/* errors.c: an answer that is not success, in words. */
int registry_refused(struct registry *registry, const struct registry_answer *answer,
		     struct error *err);

/* The parts of 'Bearer realm="…",service="…",scope="…"'. Owned; NULL when absent. */
struct registry_challenge {
	char *scheme, *realm, *service, *scope;
};
must_check int registry_challenge_parse(const char *text, struct registry_challenge *ret);
void registry_challenge_release(struct registry_challenge *challenge);
void registry_base64(const void *data, size_t len, struct strbuf *out);
void registry_url_escape(const char *text, struct strbuf *out);
