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
	char *base_url;	      /* "https://host" */
	char *authorization;  /* header value, NULL none */
	char *identity_token; /* that a token server gave at a login, NULL none */
};

#define REGISTRY_INIT                                                                              \
	{                                                                                          \
		NULL                                                                               \
	}

/* Ready to ask; for an insecure registry finds out whether it speaks TLS. Request and certificates
 * are borrowed. */
must_check int registry_open(const struct fetch_request *request,
			     const struct registry_certificates *certificates, int watch_fd,
			     struct registry *ret, struct error *err);
void registry_release(struct registry *registry);
/* Use one that has no request any more for another: false when that is for another registry. Way,
 * login and connections stay. */
bool registry_resume(struct registry *registry, const struct fetch_request *request, int watch_fd);

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
/* Any call, the same way. */
must_check int registry_call_until(struct registry *registry, struct registry_call *call,
				   struct registry_answer *ret, struct error *err);
/* Once; only a 401 is answered by logging in. Nothing is sent to another host than the registry's
 * that is for the registry alone. */
must_check int registry_call_once(struct registry *registry, struct registry_call *call,
				  struct registry_answer *ret, struct error *err);
bool registry_is_passing(int r, const struct registry_answer *answer); /* worth another try */

/* push.c. begin: log in as the request says, so that later children need not. */
must_check int registry_begin(struct registry *registry, struct error *err);
/* The first of request->blobs that is there or can be mounted: *ret_index, -1 none; *ret_from the
 * repository it was mounted from, NULL it was there (borrowed). */
must_check int registry_find(struct registry *registry, ssize_t *ret_index, const char **ret_from,
			     struct error *err);
struct registry_upload {
	int fd;
	void (*progress)(void *arg, uint64_t done); /* bytes of the whole */
	void *arg;
};
/* request->size bytes of upload->fd as the blob request->reference: in one piece or several,
 * resumed where it was cut. Not sent when it is there: then 1. */
must_check int registry_upload(struct registry *registry, const struct registry_upload *upload,
			       struct error *err);
must_check int registry_put_manifest(struct registry *registry, int fd, struct error *err);

/* list.c. Each name goes to take. */
typedef int (*registry_take)(void *arg, const char *text, size_t len, struct error *err);
must_check int registry_tags(struct registry *registry, registry_take take, void *arg,
			     struct error *err);
/* struct fetch_found as JSON: the answers of Docker's search, where the registry has it, else of
 * its catalogue those names that have the term in them. */
must_check int registry_search(struct registry *registry, registry_take take, void *arg,
			       struct error *err);
/* An index of what refers to request->reference; of a registry without the list an empty one. */
must_check int registry_referrers(struct registry *registry, struct strbuf *ret, struct error *err);
/* Prove the credentials. */
must_check int registry_login(struct registry *registry, struct error *err);
/* What the reference names, without choosing a platform: index, or manifest and config. */
must_check int registry_describe(struct registry *registry, struct registry_image *ret,
				 struct error *err);

/* errors.c: an answer that is not success, in words. */
int registry_refused(struct registry *registry, const struct registry_answer *answer,
		     struct error *err);

/* The parts of 'Bearer realm="…",service="…",scope="…"'. Owned; NULL when absent. */
struct registry_challenge {
	char *scheme, *realm, *service, *scope;
};
must_check int registry_challenge_parse(const char *text, struct registry_challenge *ret);
void registry_challenge_release(struct registry_challenge *challenge);
void registry_url_escape(const char *text, struct strbuf *out);
