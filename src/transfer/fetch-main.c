/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy-fetch: one question to a registry, or one thing for it. wire/transfer.h has the protocol.
 *
 * Rights: after the request and the certificates for the registry are read, none but to open
 * network connections and to read what name lookup and TLS need. A blob goes to fd 1 as it comes;
 * hoy-unpack reads it there; what is sent is read from fd 4.
 */
#include <curl/curl.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "registry/registry.h"
#include "sys/fd.h"
#include "sys/sandbox.h"
#include "transfer/hash.h"

enum {
	REQUEST_MAX = 1024 * 1024,
	REPORT_INTERVAL_NS = 100 * 1000 * 1000,
};

struct fetch {
	const struct fetch_request *request;
	struct registry_certificates certificates;
	struct hash hash;
	uint64_t received;
	bool too_long;	 /* more than the manifest promised */
	int keep_failed; /* -errno of writing the copy */
	int64_t last_report;
	struct transfer_done done; /* borrows */
};

/* Name lookup loads modules and reads configuration; TLS reads the machine's certificates. */
static const char *const readable[] = {
	"/etc",
	"/lib",
	"/lib64",
	"/usr/lib",
	"/usr/lib64",
	"/usr/share/ca-certificates",
	"/usr/local/share/ca-certificates",
	"/run/systemd/resolve",
	"/run/resolvconf",
	"/run/NetworkManager",
	"/dev/null",
	"/dev/urandom",
	NULL,
};

static int confine(struct error *err)
{
	const struct sandbox sandbox = {
		.uid = TRANSFER_FETCH_UID,
		.gid = TRANSFER_FETCH_UID,
		.readable_paths = readable,
		.network = true,
	};
	int r = sandbox_enter(&sandbox);

	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "hoy-fetch: enter the sandbox") : 0;
}

static int read_request(struct fetch_request *ret, struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len;
	int r = fd_read_all(TRANSFER_REQUEST_FD, REQUEST_MAX, &text, &len);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "hoy-fetch: read the request");
	return json_decode(&fetch_request_shape, text, len, ret, err);
}

static int send_text(enum transfer_type type, const struct strbuf *text)
{
	return text->len == 0
		       ? 0
		       : transfer_send(TRANSFER_CONTROL_FD, type, strbuf_str(text), text->len);
}

static int send_image(struct registry *registry, struct registry_image *image)
{
	int r;

	image->info.base_url = xstrdup(registry->base_url);
	image->info.authorization = xstrdup(registry->authorization);
	r = transfer_send_json(TRANSFER_CONTROL_FD, TRANSFER_RESOLVED, &fetch_resolved_shape,
			       &image->info);
	if (r >= 0)
		r = send_text(TRANSFER_INDEX, &image->index);
	if (r >= 0)
		r = send_text(TRANSFER_MANIFEST, &image->manifest);
	return r < 0 ? r : send_text(TRANSFER_CONFIG, &image->config);
}

static int fetch_image(struct registry *registry, struct fetch *fetch, struct error *err)
{
	cleanup(registry_image_release) struct registry_image image = REGISTRY_IMAGE_INIT;
	int r = registry_resolve(registry, &image, err);

	return r < 0 ? r : send_image(registry, &image);
}

static int describe(struct registry *registry, struct fetch *fetch, struct error *err)
{
	cleanup(registry_image_release) struct registry_image image = REGISTRY_IMAGE_INIT;
	int r = registry_describe(registry, &image, err);

	return r < 0 ? r : send_image(registry, &image);
}

static int referrers(struct registry *registry, struct fetch *fetch, struct error *err)
{
	cleanup(registry_image_release) struct registry_image image = REGISTRY_IMAGE_INIT;
	int r = registry_referrers(registry, &image.index, err);

	return r < 0 ? r : send_image(registry, &image);
}

static int begin(struct registry *registry, struct fetch *fetch, struct error *err)
{
	cleanup(registry_image_release) struct registry_image none = REGISTRY_IMAGE_INIT;
	int r = registry_begin(registry, err);

	return r < 0 ? r : send_image(registry, &none);
}

static int send_item(void *arg, const char *text, size_t len, struct error *err)
{
	(void)arg;
	if (transfer_send(TRANSFER_CONTROL_FD, TRANSFER_ITEM, text, len) < 0)
		return error_set(err, ERR_SYSTEM, ECANCELED, "list");
	return 0;
}

static int tags(struct registry *registry, struct fetch *fetch, struct error *err)
{
	return registry_tags(registry, send_item, NULL, err);
}

static int search(struct registry *registry, struct fetch *fetch, struct error *err)
{
	return registry_search(registry, send_item, NULL, err);
}

static int find(struct registry *registry, struct fetch *fetch, struct error *err)
{
	const char *from;
	ssize_t index;
	int r = registry_find(registry, &index, &from, err);

	if (r >= 0 && index >= 0) {
		fetch->done.digest = fetch->request->blobs[index].digest;
		fetch->done.from = (char *)from;
	}
	return r;
}

static void on_progress(void *arg, uint64_t done)
{
	struct fetch *fetch = arg;
	int64_t now = clock_monotonic();

	if (now - fetch->last_report < REPORT_INTERVAL_NS)
		return;
	fetch->last_report = now;
	/* the engine gone is noticed by the transfer */
	(void)!transfer_send(TRANSFER_CONTROL_FD, TRANSFER_PROGRESS, &done, sizeof(done));
}

static int upload(struct registry *registry, struct fetch *fetch, struct error *err)
{
	const struct registry_upload source = { TRANSFER_SOURCE_FD, on_progress, fetch };
	int r;

	if (!digest_is_valid(fetch->request->reference))
		return error_set(err, ERR_INVALID, EINVAL, "invalid blob digest");
	r = registry_upload(registry, &source, err);
	if (r > 0)
		fetch->done.digest = fetch->request->reference;
	return r;
}

static int manifest(struct registry *registry, struct fetch *fetch, struct error *err)
{
	return registry_put_manifest(registry, TRANSFER_SOURCE_FD, err);
}

static int login(struct registry *registry, struct fetch *fetch, struct error *err)
{
	int r = registry_login(registry, err);

	fetch->done.identity_token = registry->identity_token;
	return r;
}

static int take_blob(void *arg, const void *data, size_t len)
{
	struct fetch *fetch = arg;
	int64_t now;
	int r;

	fetch->too_long = fetch->received + len > (uint64_t)fetch->request->size;
	if (fetch->too_long)
		return -EFBIG;
	r = fd_write_all(TRANSFER_BLOB_FD, data, len);
	if (r < 0)
		return r;
	if (fetch->request->keep)
		fetch->keep_failed = fd_write_all(TRANSFER_KEEP_FD, data, len);
	if (fetch->keep_failed < 0)
		return fetch->keep_failed;
	hash_add(&fetch->hash, data, len);
	fetch->received += len;
	now = clock_monotonic();
	if (now - fetch->last_report < REPORT_INTERVAL_NS)
		return 0;
	fetch->last_report = now;
	return transfer_send(TRANSFER_CONTROL_FD, TRANSFER_PROGRESS, &fetch->received,
			     sizeof(fetch->received));
}

/* Written to the disk here, beside whatever else works: the engine does not wait for it. */
static int keep_end(struct fetch *fetch, struct error *err)
{
	if (fetch->keep_failed >= 0 && fetch->request->keep && fsync(TRANSFER_KEEP_FD) < 0)
		fetch->keep_failed = -errno;
	if (fetch->keep_failed >= 0)
		return 0;
	error_release(err);
	return error_set(err, ERR_SYSTEM, -fetch->keep_failed, "keep the compressed layer");
}

static int fetch_blob(struct registry *registry, struct fetch *fetch, struct error *err)
{
	const struct fetch_request *request = fetch->request;
	char digest[DIGEST_SIZE];
	int r;

	if (!digest_is_valid(request->reference))
		return error_set(err, ERR_INVALID, EINVAL, "invalid blob digest");
	r = registry_download(registry, take_blob, fetch, err);
	if (fetch->keep_failed < 0)
		return keep_end(fetch, err);
	if (r < 0 && !fetch->too_long)
		return r;
	hash_finish(&fetch->hash, digest);
	if (fetch->too_long || fetch->received != (uint64_t)request->size ||
	    strcmp(digest, request->reference) != 0) {
		error_release(err);
		return error_set(err, ERR_SYSTEM, 0,
				 "filesystem layer verification failed for digest %s",
				 request->reference);
	}
	return keep_end(fetch, err);
}

static const struct {
	const char *name;
	int (*run)(struct registry *registry, struct fetch *fetch, struct error *err);
} actions[] = {
	{ "resolve", fetch_image }, { "describe", describe }, { "blob", fetch_blob },
	{ "begin", begin },	    { "find", find },	      { "upload", upload },
	{ "manifest", manifest },   { "tags", tags },	      { "referrers", referrers },
	{ "login", login },	    { "search", search },
};

static int act(struct registry *registry, struct fetch *fetch, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (strcmp(actions[i].name, fetch->request->action) == 0)
			return actions[i].run(registry, fetch, err);
	}
	return error_set(err, ERR_INVALID, EINVAL, "hoy-fetch: unknown action");
}

/* libcurl reads the environment's; what the engine was told stands above it. */
static void set_proxies(const struct fetch_request *request)
{
	const char *const values[][3] = {
		{ request->http_proxy, "http_proxy", "HTTP_PROXY" },
		{ request->https_proxy, "https_proxy", "HTTPS_PROXY" },
		{ request->no_proxy, "no_proxy", "NO_PROXY" },
	};
	const char *direct;

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		const char *value = values[i][0];

		if (!value || !*value)
			value = getenv(values[i][1]);
		if (!value || !*value)
			value = getenv(values[i][2]);
		if (value)
			(void)setenv(values[i][1], value, 1);
	}
	direct = getenv("no_proxy"); /* loopback never goes over a proxy */
	if (!direct || strcmp(direct, "*") != 0) {
		cleanup_free char *list = xasprintf("%s%slocalhost,127.0.0.0/8,::1",
						    direct ? direct : "", direct ? "," : "");

		(void)setenv("no_proxy", list, 1);
	}
}

static int fetch(struct fetch *state, struct registry *registry, struct fetch_request *request,
		 struct error *err)
{
	int r;

	r = read_request(request, err);
	if (r >= 0)
		r = hash_init(&state->hash, err);
	if (r >= 0)
		r = registry_certificates_read(request->host ? request->host : "",
					       &state->certificates, err);
	if (r >= 0)
		r = confine(err);
	if (r < 0)
		return r;
	set_proxies(request);
	state->last_report = clock_monotonic();
	r = registry_open(request, &state->certificates, TRANSFER_CONTROL_FD, registry, err);
	return r < 0 ? r : act(registry, state, err);
}

int main(void)
{
	cleanup(error_release) struct error err = ERROR_INIT;
	cleanup(registry_release) struct registry registry = REGISTRY_INIT;
	struct fetch_request request = { 0 };
	struct fetch state = { .request = &request };
	int r;

	log_init("hoy-fetch", LOG_WARNING);
	(void)signal(SIGPIPE, SIG_IGN);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		die(EXIT_FAILURE, "start libcurl");
	r = fetch(&state, &registry, &request, &err);
	if (r < 0 && err.errnum == 0)
		err.errnum = -r; /* its class, for the engine: whether another try may help */
	if (r < 0)
		transfer_send_error(TRANSFER_CONTROL_FD, &err);
	else
		r = transfer_send_json(TRANSFER_CONTROL_FD, TRANSFER_DONE, &transfer_done_shape,
				       &state.done);
	hash_release(&state.hash);
	registry_release(&registry);
	registry_certificates_release(&state.certificates);
	json_release(&fetch_request_shape, &request);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
