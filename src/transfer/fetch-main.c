/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy-fetch: questions to a registry, and things for it, each a job. wire/transfer.h has the
 * protocol.
 *
 * Rights: before the first job, when the certificates for its registry are read, none but to open
 * network connections and to read what name lookup and TLS need. A blob goes to the job's pipe as
 * it comes: hoy-unpack, which reads it there, takes its digest.
 */
#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "oci/digest.h"
#include "registry/registry.h"
#include "sys/fd.h"
#include "sys/sandbox.h"
#include "transfer/jobs.h"
#include "transfer/proxies.h"

enum {
	REPORT_INTERVAL_NS = 100 * 1000 * 1000,
	KEPT_MAX = 16, /* sessions without a job */
};

struct fetch { /* a job */
	int control_fd, fd, keep_fd;
	const struct fetch_request *request;
	uint64_t received;
	bool too_long;		   /* more than the manifest promised */
	int keep_failed;	   /* -errno of writing the copy */
	int64_t last_report;	   /* none: the first byte is told at once */
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

static int send_text(const struct fetch *fetch, enum transfer_type type, const struct strbuf *text)
{
	return text->len == 0 ? 0
			      : transfer_send(fetch->control_fd, type, strbuf_str(text), text->len);
}

static int send_image(struct registry *registry, const struct fetch *fetch,
		      struct registry_image *image)
{
	int r;

	image->info.base_url = xstrdup(registry->base_url);
	image->info.authorization = xstrdup(registry->authorization);
	r = transfer_send_json(fetch->control_fd, TRANSFER_RESOLVED, &fetch_resolved_shape,
			       &image->info);
	if (r >= 0)
		r = send_text(fetch, TRANSFER_INDEX, &image->index);
	if (r >= 0)
		r = send_text(fetch, TRANSFER_MANIFEST, &image->manifest);
	return r < 0 ? r : send_text(fetch, TRANSFER_CONFIG, &image->config);
}

static int fetch_image(struct registry *registry, struct fetch *fetch, struct error *err)
{
	cleanup(registry_image_release) struct registry_image image = REGISTRY_IMAGE_INIT;
	int r = registry_resolve(registry, &image, err);

	return r < 0 ? r : send_image(registry, fetch, &image);
}

static int describe(struct registry *registry, struct fetch *fetch, struct error *err)
{
	cleanup(registry_image_release) struct registry_image image = REGISTRY_IMAGE_INIT;
	int r = registry_describe(registry, &image, err);

	return r < 0 ? r : send_image(registry, fetch, &image);
}

static int referrers(struct registry *registry, struct fetch *fetch, struct error *err)
{
	cleanup(registry_image_release) struct registry_image image = REGISTRY_IMAGE_INIT;
	int r = registry_referrers(registry, &image.index, err);

	return r < 0 ? r : send_image(registry, fetch, &image);
}

static int begin(struct registry *registry, struct fetch *fetch, struct error *err)
{
	cleanup(registry_image_release) struct registry_image none = REGISTRY_IMAGE_INIT;
	int r = registry_begin(registry, err);

	return r < 0 ? r : send_image(registry, fetch, &none);
}

static int send_item(void *arg, const char *text, size_t len, struct error *err)
{
	const struct fetch *fetch = arg;

	if (transfer_send(fetch->control_fd, TRANSFER_ITEM, text, len) < 0)
		return error_set(err, ERR_SYSTEM, ECANCELED, "list");
	return 0;
}

static int tags(struct registry *registry, struct fetch *fetch, struct error *err)
{
	return registry_tags(registry, send_item, fetch, err);
}

static int search(struct registry *registry, struct fetch *fetch, struct error *err)
{
	return registry_search(registry, send_item, fetch, err);
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
	(void)!transfer_send(fetch->control_fd, TRANSFER_PROGRESS, &done, sizeof(done));
}

static int upload(struct registry *registry, struct fetch *fetch, struct error *err)
{
	const struct registry_upload source = { fetch->fd, on_progress, fetch };
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
	return registry_put_manifest(registry, fetch->fd, err);
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
	r = fd_write_all(fetch->fd, data, len);
	if (r < 0)
		return r;
	if (fetch->request->keep)
		fetch->keep_failed = fd_write_all(fetch->keep_fd, data, len);
	if (fetch->keep_failed < 0)
		return fetch->keep_failed;
	fetch->received += len;
	now = clock_monotonic();
	if (now - fetch->last_report < REPORT_INTERVAL_NS)
		return 0;
	fetch->last_report = now;
	return transfer_send(fetch->control_fd, TRANSFER_PROGRESS, &fetch->received,
			     sizeof(fetch->received));
}

/* Written to the disk here, beside whatever else works: the engine does not wait for it. */
static int keep_end(struct fetch *fetch, struct error *err)
{
	if (fetch->keep_failed >= 0 && fetch->request->keep && fsync(fetch->keep_fd) < 0)
		fetch->keep_failed = -errno;
	if (fetch->keep_failed >= 0)
		return 0;
	error_release(err);
	return error_set(err, ERR_SYSTEM, -fetch->keep_failed, "keep the compressed layer");
}

static int fetch_blob(struct registry *registry, struct fetch *fetch, struct error *err)
{
	const struct fetch_request *request = fetch->request;
	int r;

	if (!digest_is_valid(request->reference))
		return error_set(err, ERR_INVALID, EINVAL, "invalid blob digest");
	r = registry_download(registry, take_blob, fetch, err);
	if (fetch->keep_failed < 0)
		return keep_end(fetch, err);
	if (r < 0 && !fetch->too_long)
		return r;
	if (fetch->too_long || fetch->received != (uint64_t)request->size) {
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

/* What all jobs share. */
static struct {
	char *host; /* the registry: another one's certificates could not be read any more */
	struct registry_certificates certificates;
	pthread_mutex_t lock;
	struct registry kept[KEPT_MAX]; /* sessions that a job has left, with their connections */
	size_t n_kept;
} shared = { .lock = PTHREAD_MUTEX_INITIALIZER };

static bool take_kept(struct fetch *state, struct registry *ret)
{
	bool found = false;

	(void)pthread_mutex_lock(&shared.lock);
	for (size_t i = shared.n_kept; i > 0 && !found; i--) {
		found = registry_resume(&shared.kept[i - 1], state->request, state->control_fd);
		if (found) {
			*ret = shared.kept[i - 1];
			shared.kept[i - 1] = shared.kept[--shared.n_kept];
		}
	}
	(void)pthread_mutex_unlock(&shared.lock);
	return found;
}

static void keep(struct registry *registry)
{
	(void)pthread_mutex_lock(&shared.lock);
	if (shared.n_kept < KEPT_MAX) {
		shared.kept[shared.n_kept++] = *registry;
		*registry = (struct registry)REGISTRY_INIT;
	}
	(void)pthread_mutex_unlock(&shared.lock);
	registry_release(registry);
}

static int fetch_over(struct fetch *state, struct registry *registry, struct error *err)
{
	const struct fetch_request *request = state->request;
	int r = 0;

	if (!request->host || strcmp(request->host, shared.host) != 0)
		return error_set(err, ERR_INVALID, EINVAL, "hoy-fetch: another registry");
	if (!take_kept(state, registry))
		r = registry_open(request, &shared.certificates, state->control_fd, registry, err);
	if (r >= 0)
		r = act(registry, state, err);
	if (r < 0 && err->errnum == 0)
		err->errnum = -r; /* its class, for the engine: whether another try may help */
	if (r >= 0 && transfer_send_json(state->control_fd, TRANSFER_DONE, &transfer_done_shape,
					 &state->done) < 0)
		r = error_set(err, ERR_SYSTEM, ECANCELED, "fetch");
	return r;
}

static int fetch(struct job *job, struct error *err)
{
	struct fetch_request request = { 0 };
	struct registry registry = REGISTRY_INIT;
	struct fetch state = { .control_fd = job->control_fd,
			       .fd = job->fd,
			       .keep_fd = job->to_fd,
			       .request = &request };
	int r = json_decode(&fetch_request_shape, job->text, job->len, &request, err);

	if (r >= 0)
		r = fetch_over(&state, &registry, err);
	if (r >= 0)
		keep(&registry);
	else
		registry_release(&registry);
	json_release(&fetch_request_shape, &request);
	return r;
}

/* By the first job: its registry is that of all, and its proxies are. */
static int prepare(const struct job *first, struct error *err)
{
	struct fetch_request request = { 0 };
	int r = json_decode(&fetch_request_shape, first->text, first->len, &request, err);

	if (r >= 0) {
		shared.host = xstrdup(request.host ? request.host : "");
		r = registry_certificates_read(shared.host, &shared.certificates, err);
	}
	if (r >= 0)
		r = confine(err);
	if (r >= 0)
		proxies_set(&request);
	json_release(&fetch_request_shape, &request);
	return r;
}

int main(void)
{
	cleanup(error_release) struct error err = ERROR_INIT;
	int r;

	log_init("hoy-fetch", LOG_WARNING);
	(void)signal(SIGPIPE, SIG_IGN);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		die(EXIT_FAILURE, "start libcurl");
	r = jobs_serve(prepare, fetch, &err);
	for (size_t i = 0; i < shared.n_kept; i++)
		registry_release(&shared.kept[i]);
	registry_certificates_release(&shared.certificates);
	free(shared.host);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
