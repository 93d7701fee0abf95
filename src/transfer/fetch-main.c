/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy-fetch: one question to a registry. wire/transfer.h has the protocol.
 *
 * Rights: after the request is read, none but to open network connections and to read what name
 * lookup and TLS need. A blob goes to fd 1 as it comes; hoy-unpack reads it there.
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
	struct hash hash;
	uint64_t received;
	bool too_long; /* more than the manifest promised */
	int64_t last_report;
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

static int fetch_image(struct registry *registry, struct error *err)
{
	cleanup(registry_image_release) struct registry_image image = REGISTRY_IMAGE_INIT;
	int r;

	r = registry_resolve(registry, &image, err);
	if (r < 0)
		return r;
	r = transfer_send_json(TRANSFER_CONTROL_FD, TRANSFER_RESOLVED, &fetch_resolved_shape,
			       &image.info);
	if (r >= 0 && image.index.len > 0)
		r = transfer_send(TRANSFER_CONTROL_FD, TRANSFER_INDEX, strbuf_str(&image.index),
				  image.index.len);
	if (r >= 0)
		r = transfer_send(TRANSFER_CONTROL_FD, TRANSFER_MANIFEST,
				  strbuf_str(&image.manifest), image.manifest.len);
	if (r >= 0)
		r = transfer_send(TRANSFER_CONTROL_FD, TRANSFER_CONFIG, strbuf_str(&image.config),
				  image.config.len);
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
	hash_add(&fetch->hash, data, len);
	fetch->received += len;
	now = clock_monotonic();
	if (now - fetch->last_report < REPORT_INTERVAL_NS)
		return 0;
	fetch->last_report = now;
	return transfer_send(TRANSFER_CONTROL_FD, TRANSFER_PROGRESS, &fetch->received,
			     sizeof(fetch->received));
}

static int fetch_blob(struct registry *registry, struct fetch *fetch, struct error *err)
{
	const struct fetch_request *request = fetch->request;
	char digest[DIGEST_SIZE];
	int r;

	if (!digest_is_valid(request->reference))
		return error_set(err, ERR_INVALID, EINVAL, "invalid blob digest");
	fetch->last_report = clock_monotonic();
	r = registry_download(registry, take_blob, fetch, err);
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
	return 0;
}

static int fetch(struct error *err)
{
	cleanup(registry_release) struct registry registry = REGISTRY_INIT;
	struct fetch_request request = { 0 };
	struct fetch state = { .request = &request };
	int r;

	r = read_request(&request, err);
	if (r >= 0)
		r = hash_init(&state.hash, err);
	if (r >= 0)
		r = confine(err);
	if (r >= 0)
		r = registry_open(&request, TRANSFER_CONTROL_FD, &registry, err);
	if (r >= 0)
		r = strcmp(request.action, "blob") == 0 ? fetch_blob(&registry, &state, err)
							: fetch_image(&registry, err);
	hash_release(&state.hash);
	json_release(&fetch_request_shape, &request);
	return r;
}

int main(void)
{
	cleanup(error_release) struct error err = ERROR_INIT;
	const struct transfer_done done = { 0 };

	log_init("hoy-fetch", LOG_WARNING);
	(void)signal(SIGPIPE, SIG_IGN);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		die(EXIT_FAILURE, "start libcurl");
	if (fetch(&err) < 0) {
		transfer_send_error(TRANSFER_CONTROL_FD, &err);
		return EXIT_FAILURE;
	}
	if (transfer_send_json(TRANSFER_CONTROL_FD, TRANSFER_DONE, &transfer_done_shape, &done) < 0)
		return EXIT_FAILURE;
	return EXIT_SUCCESS;
}
