/* SPDX-License-Identifier: Apache-2.0 */
/* A session with one registry: how to reach it, questions with small answers, blobs with
 * resumption. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "registry/registry.h"

enum {
	ERROR_BODY_MAX = 256 * 1024,
	RETRY_AFTER_MAX = 60, /* seconds */
};

void registry_release(struct registry *registry)
{
	if (!registry)
		return;
	registry_http_free(registry->http);
	free(registry->base_url);
	free(registry->authorization);
	free(registry->identity_token);
	*registry = (struct registry)REGISTRY_INIT;
}

static bool is_passing(int r)
{
	return r == -ECONNRESET || r == -ETIMEDOUT;
}

/* Whether base answers as a registry does. 0: yes. */
static int probe(struct registry *registry, const char *base, struct error *err)
{
	cleanup(registry_answer_release) struct registry_answer answer = REGISTRY_ANSWER_INIT;
	cleanup_free char *url = xasprintf("%s/v2/", base);
	const struct registry_call call = { .url = url, .max = ERROR_BODY_MAX };
	int r;

	r = registry_http_call(registry->http, &call, &answer, err);
	if (r < 0)
		return r;
	if (answer.status == 400) /* what servers say to plain HTTP at their TLS port */
		return error_set(err, ERR_SYSTEM, 0, "Get \"%s\": server speaks TLS", url);
	return 0;
}

static bool is_loopback(const char *host)
{
	return strncmp(host, "127.", 4) == 0 || strncmp(host, "[::1]", 5) == 0 ||
	       (strncasecmp(host, "localhost", 9) == 0 && (host[9] == '\0' || host[9] == ':'));
}

/* An insecure registry may speak TLS or not. On loopback plain HTTP is likely and harmless, so it
 * is tried first; elsewhere TLS is. */
static int find_scheme(struct registry *registry, struct error *err)
{
	const char *host = registry->request->host;
	bool plain_first = is_loopback(host);
	cleanup_free char *first = xasprintf("%s://%s", plain_first ? "http" : "https", host);
	cleanup_free char *second = xasprintf("%s://%s", plain_first ? "https" : "http", host);
	cleanup(error_release) struct error first_err = ERROR_INIT;
	int r;

	r = probe(registry, first, &first_err);
	if (r >= 0) {
		registry->base_url = take_ptr(first);
		return 0;
	}
	if (r != -ECANCELED && r != -ETIMEDOUT && !(plain_first && r == -EHOSTUNREACH)) {
		int second_r = probe(registry, second, r == -ECONNRESET ? NULL : err);

		if (second_r >= 0)
			registry->base_url = take_ptr(second);
		if (second_r >= 0 || r != -ECONNRESET)
			return second_r;
	}
	*err = first_err; /* cut in the clear and no TLS either: the first is what was meant */
	first_err = (struct error)ERROR_INIT;
	return r;
}

int registry_open(const struct fetch_request *request,
		  const struct registry_certificates *certificates, int watch_fd,
		  struct registry *ret, struct error *err)
{
	cleanup(registry_release) struct registry registry = { .request = request };
	const struct registry_http_options http = {
		.host = request->host,
		.certificates = certificates,
		.verify = !request->insecure,
		.stall_seconds = request->stall_seconds > 0 ? request->stall_seconds : 30,
		.watch_fd = watch_fd,
	};
	int r;

	r = registry_http_new(&http, &registry.http, err);
	if (r < 0)
		return r;
	if (request->base_url && *request->base_url)
		registry.base_url = xstrdup(request->base_url);
	else if (!request->insecure)
		registry.base_url = xasprintf("https://%s", request->host);
	if (request->authorization && *request->authorization)
		registry.authorization = xstrdup(request->authorization);
	for (unsigned int i = 0; !registry.base_url; i++) {
		r = find_scheme(&registry, err);
		if (!is_passing(r) || i + 1 == REGISTRY_TRIES)
			break;
		error_release(err);
		r = registry_http_backoff(registry.http, i, 0);
		if (r < 0)
			break;
	}
	if (r < 0)
		return error_text(err)[0] ? r : error_set(err, ERR_SYSTEM, 0, "canceled");
	*ret = registry;
	registry = (struct registry)REGISTRY_INIT;
	return 0;
}

bool registry_resume(struct registry *registry, const struct fetch_request *request, int watch_fd)
{
	const char *base = request->base_url ? request->base_url : "";

	if ((*base && strcmp(base, registry->base_url) != 0) ||
	    !registry_http_resume(registry->http, request->host, !request->insecure, watch_fd))
		return false;
	registry->request = request;
	return true;
}

/* A server may say when to come again; who wants long waits is told so. */
static bool answer_is_passing(const struct registry_answer *answer)
{
	return (answer->status == 429 || answer->status == 408 || answer->status >= 500) &&
	       answer->retry_after <= RETRY_AFTER_MAX;
}

bool registry_is_passing(int r, const struct registry_answer *answer)
{
	return is_passing(r) || (r >= 0 && answer_is_passing(answer));
}

int registry_call_once(struct registry *registry, struct registry_call *call,
		       struct registry_answer *ret, struct error *err)
{
	bool ours = registry_url_same_origin(call->url, registry->base_url);
	int r;

	call->authorization = ours ? registry->authorization : NULL;
	registry_answer_release(ret);
	r = registry_http_call(registry->http, call, ret, err);
	if (r < 0 || ret->status != 401 || !ours)
		return r;
	r = registry_authenticate(registry, ret->challenge, err);
	if (r < 0)
		return r;
	call->authorization = registry->authorization;
	registry_answer_release(ret);
	return registry_http_call(registry->http, call, ret, err);
}

/* One question until it is answered: a cut connection or a server's bad moment is tried again. For
 * a download call->offset moves with what came in. */
static int ask_until(struct registry *registry, struct registry_call *call,
		     const uint64_t *received, struct registry_answer *ret, struct error *err)
{
	unsigned int tries = 0;
	int r;

	for (int all = 1;; all++) {
		uint64_t before = received ? *received : 0;

		call->offset = before;
		r = registry_call_once(registry, call, ret, err);
		if (!registry_is_passing(r, ret))
			return r;
		if (received && *received > before)
			tries = 0;
		if (++tries >= REGISTRY_TRIES || all >= REGISTRY_TRIES_ALL)
			return r;
		error_release(err);
		r = registry_http_backoff(registry->http, tries - 1, ret->retry_after);
		if (r < 0)
			return error_set(err, ERR_SYSTEM, ECANCELED, "canceled");
	}
}

int registry_call_until(struct registry *registry, struct registry_call *call,
			struct registry_answer *ret, struct error *err)
{
	return ask_until(registry, call, NULL, ret, err);
}

int registry_ask(struct registry *registry, const char *path, const char *accept, size_t max,
		 struct registry_answer *ret, struct error *err)
{
	cleanup_free char *url = xasprintf("%s%s", registry->base_url, path);
	struct registry_call call = { .url = url, .accept = accept, .max = max };

	return ask_until(registry, &call, NULL, ret, err);
}

struct download {
	registry_sink sink;
	void *arg;
	uint64_t received;
};

static int download_take(void *arg, const void *data, size_t len)
{
	struct download *download = arg;
	int r = download->sink(download->arg, data, len);

	if (r >= 0)
		download->received += len;
	return r;
}

int registry_download(struct registry *registry, registry_sink sink, void *arg, struct error *err)
{
	const struct fetch_request *request = registry->request;
	cleanup(registry_answer_release) struct registry_answer answer = REGISTRY_ANSWER_INIT;
	struct download download = { .sink = sink, .arg = arg };
	cleanup_free char *url = xasprintf("%s/v2/%s/blobs/%s", registry->base_url,
					   request->repository, request->reference);
	struct registry_call call = {
		.url = url, .max = ERROR_BODY_MAX, .sink = download_take, .sink_arg = &download
	};
	int r;

	r = ask_until(registry, &call, &download.received, &answer, err);
	if (r < 0)
		return r;
	if (answer.status != 200 && answer.status != 206)
		return registry_refused(registry, &answer, err);
	return 0;
}
