/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layers of a push, several at a time. Each goes as far as it must:
 *
 *	FIND	blobs that are known for its diff-id: in the repository, or mounted out of another.
 *		When the very blob that the image's manifest names is at hand (kept, or not
 *		compressed), that one alone
 *	PACK	its archive is made again and compressed (hoy-pack), into a file without a name
 *	SEND	hoy-fetch uploads the file, unless the registry has it after all
 *
 * Nothing of a layer is sent before its archive has proved to have the diff-id.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "image/push.h"
#include "layer/kept.h"
#include "layer/record.h"
#include "oci/digest.h"

enum { UPLOADS_DEFAULT = 5 };

enum job_state { JOB_WANTED, JOB_FIND, JOB_PACK, JOB_SEND, JOB_DONE };

struct job {
	struct push_layer *layer;
	char id[13]; /* what people see */
	enum job_state state;
	struct transfer_child child;
	struct layer_blob *known; /* for the diff-id */
	size_t n_known;
	const struct descriptor *exact; /* the blob that it will be, whoever has it; NULL: any */
	int file_fd;			/* compressed; -1 none */
	uint64_t total, said;
};

struct jobs {
	struct push *push;
	struct job *items;
	size_t n;
};

static void jobs_release(struct jobs *jobs)
{
	for (size_t i = 0; i < jobs->n; i++) {
		struct job *job = &jobs->items[i];

		transfer_child_release(&job->child);
		layer_blobs_free(job->known, job->n_known);
		macros_close_fd(&job->file_fd);
	}
	free(jobs->items);
}

static struct job *job_of(const struct jobs *jobs, const char *diff_id)
{
	for (size_t i = 0; i < jobs->n; i++) {
		if (strcmp(jobs->items[i].layer->diff_id, diff_id) == 0)
			return &jobs->items[i];
	}
	return NULL;
}

/* What the manifest that the image came with has for the layer; NULL: it came with none. */
static const struct descriptor *manifest_blob(const struct push *push,
					      const struct push_layer *layer)
{
	size_t at = (size_t)(layer - push->layers);

	return at < push->manifest.n_layers ? &push->manifest.layers[at] : NULL;
}

/* 1: its bytes are here, whatever registry has them. */
static int blob_is_here(const struct push *push, const char *diff_id, const struct descriptor *blob,
			struct error *err)
{
	cleanup_fd int fd = -1;
	int r;

	if (strcmp(blob->digest, diff_id) == 0)
		return 1;
	r = layer_kept_open(push->ctx->store, diff_id, blob->digest, blob->size, &fd, err);
	return r == -ENOENT ? 0 : r < 0 ? r : 1;
}

/* Blobs of the manifest that the image came with are looked for first: with all of them there the
 * manifest stays as it is. Of one that is here there is no need to look for others. */
static int prefer(const struct push *push, const struct push_layer *layer, struct job *job,
		  struct error *err)
{
	const struct descriptor *blob = manifest_blob(push, layer);
	size_t n = 0;
	int here;

	if (!blob)
		return 0;
	here = blob_is_here(push, layer->diff_id, blob, err);
	if (here < 0)
		return here;
	for (size_t i = 0; i < job->n_known; i++) {
		const struct layer_blob known = job->known[i];

		if (strcmp(known.digest, blob->digest) != 0)
			continue;
		memmove(&job->known[n + 1], &job->known[n], (i - n) * sizeof(known));
		job->known[n++] = known;
	}
	job->exact = here ? blob : NULL;
	return 0;
}

/* Top first, as docker lists them; a layer that is there twice is sent once. */
static int jobs_plan(struct jobs *jobs, struct error *err)
{
	struct push *push = jobs->push;

	jobs->items = xcalloc(push->n_layers + 1, sizeof(*jobs->items));
	for (size_t i = push->n_layers; i > 0; i--) {
		struct push_layer *layer = &push->layers[i - 1];
		struct job *job;
		int r;

		if (job_of(jobs, layer->diff_id))
			continue;
		job = &jobs->items[jobs->n++];
		*job = (struct job){ .layer = layer, .child = TRANSFER_CHILD_INIT, .file_fd = -1 };
		memcpy(job->id, digest_hex(layer->diff_id), 12);
		r = layer_blobs_list(push->ctx->store, layer->diff_id, &job->known, &job->n_known,
				     err);
		if (r >= 0)
			r = prefer(push, layer, job, err);
		if (r >= 0)
			r = say_progress(&push->say, job->id, "Preparing", 0, 0, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static void take_blob(struct job *job, const char *digest, int64_t size, const char *media_type)
{
	job->layer->blob = (struct layer_blob){ .digest = xstrdup(digest),
						.size = size,
						.media_type = xstrdup(media_type) };
	job->state = JOB_DONE;
}

/* The path of a known repository below the registry that is pushed to; NULL: elsewhere. */
static const char *path_here(const struct push *push, const char *repository)
{
	size_t len = strlen(push->ref.domain);

	if (strncmp(repository, push->ref.domain, len) != 0 || repository[len] != '/')
		return NULL;
	repository += len + 1;
	return strcmp(repository, push->ref.path) == 0 ? NULL : repository;
}

static int job_find(struct jobs *jobs, struct job *job, struct error *err)
{
	struct push *push = jobs->push;
	cleanup_free struct fetch_blob *blobs = xcalloc(job->n_known + 1, sizeof(*blobs));
	struct fetch_request request = push_request(push, "find", NULL);

	for (size_t i = 0; i < job->n_known; i++) {
		if (job->exact && strcmp(job->known[i].digest, job->exact->digest) != 0)
			break; /* those of one digest stand together */
		blobs[request.n_blobs++] = (struct fetch_blob){
			.digest = job->known[i].digest,
			.size = job->known[i].size,
			.from = (char *)path_here(push, job->known[i].repository),
		};
	}
	request.blobs = blobs;
	job->state = JOB_FIND;
	return transfer_job_fetch(&push->fetch, &request, -1, &job->child, err);
}

/* A file below tmp/ that goes with us, whatever happens. */
static int open_file(struct push *push, const char *name, int *ret_fd, struct error *err)
{
	int r = 0;

	if (push->temp.dirfd < 0)
		r = layer_temp_new(push->ctx->store, &push->temp, err);
	if (r < 0)
		return r;
	*ret_fd = openat(push->temp.dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (*ret_fd < 0 || unlinkat(push->temp.dirfd, name, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "create a temporary file");
	return 0;
}

static int job_pack(struct jobs *jobs, struct job *job, struct error *err)
{
	struct push *push = jobs->push;
	int r = layer_tar_size(push->ctx->store, job->layer->diff_id, &job->total, err);

	if (r >= 0)
		r = open_file(push, job->id, &job->file_fd, err);
	job->state = JOB_PACK;
	job->said = 0;
	return r < 0 ? r
		     : transfer_child_pack(push->ctx, job->layer->diff_id, !job->exact,
					   job->file_fd, &job->child, err);
}

/* The blob is in file_fd: upload it. */
static int job_send(struct jobs *jobs, struct job *job, const char *digest, int64_t size,
		    const char *media_type, struct error *err)
{
	struct push *push = jobs->push;
	struct fetch_request request = push_request(push, "upload", digest);

	take_blob(job, digest, size, media_type);
	transfer_child_release(&job->child);
	request.size = size;
	job->state = JOB_SEND;
	job->total = (uint64_t)size;
	job->said = 0;
	return transfer_job_fetch(&push->fetch, &request, job->file_fd, &job->child, err);
}

/* The registry has nothing of it: what was kept, or the archive made again. */
static int job_make(struct jobs *jobs, struct job *job, struct error *err)
{
	const struct descriptor *blob = job->exact;
	int r;

	if (!blob || strcmp(blob->digest, job->layer->diff_id) == 0)
		return job_pack(jobs, job, err);
	r = layer_kept_open(jobs->push->ctx->store, job->layer->diff_id, blob->digest, blob->size,
			    &job->file_fd, err);
	if (r >= 0)
		return job_send(jobs, job, blob->digest, blob->size, blob->media_type, err);
	job->exact = NULL; /* removed meanwhile */
	return r == -ENOENT ? job_pack(jobs, job, err) : r;
}

static int job_found(struct jobs *jobs, struct job *job, struct error *err)
{
	struct push *push = jobs->push;
	const char *digest = job->child.digest, *from = job->child.from;
	const struct layer_blob *known = NULL;
	cleanup_free char *status = NULL;

	for (size_t i = 0; digest && *digest && i < job->n_known && !known; i++) {
		if (strcmp(job->known[i].digest, digest) == 0)
			known = &job->known[i];
	}
	if (!known) {
		transfer_child_release(&job->child);
		return job_make(jobs, job, err);
	}
	if (from && *from)
		status = xasprintf("Mounted from %s", from);
	take_blob(job, known->digest, known->size, known->media_type);
	return say_progress(&push->say, job->id, status ? status : "Layer already exists", 0, 0,
			    err);
}

static int job_packed(struct jobs *jobs, struct job *job, struct error *err)
{
	const struct transfer_child *child = &job->child;
	cleanup_free char *digest = NULL;

	if (!child->diff_id || strcmp(child->diff_id, job->layer->diff_id) != 0 ||
	    !digest_is_valid(child->digest))
		return error_set(err, ERR_SYSTEM, EBADMSG,
				 "layer %s is damaged: its files no longer make the archive that "
				 "it came from",
				 job->layer->diff_id);
	digest = xstrdup(child->digest);
	return job_send(jobs, job, digest, child->blob_size,
			job->exact ? job->exact->media_type : MEDIA_DOCKER_LAYER ".gzip", err);
}

static int job_sent(struct jobs *jobs, struct job *job, struct error *err)
{
	bool was_there = job->child.digest && *job->child.digest;

	macros_close_fd(&job->file_fd);
	job->state = JOB_DONE;
	return say_progress(&jobs->push->say, job->id,
			    was_there ? "Layer already exists" : "Pushed", 0, 0, err);
}

static int job_say(const struct jobs *jobs, struct job *job, struct error *err)
{
	uint64_t now = job->child.progress;

	if (now == job->said || job->state == JOB_FIND)
		return 0;
	job->said = now;
	return say_progress(&jobs->push->say, job->id,
			    job->state == JOB_PACK ? "Compressing" : "Pushing", (int64_t)now,
			    (int64_t)job->total, err);
}

/* Its child said something, or is over. */
static int job_step(struct jobs *jobs, struct job *job, struct error *err)
{
	int r = job_say(jobs, job, err);

	if (r < 0 || job->child.control_fd >= 0)
		return r;
	if (!job->child.done)
		return transfer_child_fail(&job->child, err);
	if (job->state == JOB_FIND)
		return job_found(jobs, job, err);
	return job->state == JOB_PACK ? job_packed(jobs, job, err) : job_sent(jobs, job, err);
}

static int job_start(struct jobs *jobs, struct job *job, struct error *err)
{
	return job->n_known > 0 ? job_find(jobs, job, err) : job_make(jobs, job, err);
}

static bool job_runs(const struct job *job)
{
	return job->state != JOB_WANTED && job->state != JOB_DONE;
}

static int jobs_start(struct jobs *jobs, size_t *ret_running, struct error *err)
{
	const struct image_context *ctx = jobs->push->ctx;
	size_t max = ctx->max_uploads ? ctx->max_uploads : UPLOADS_DEFAULT, running = 0;

	for (size_t i = 0; i < jobs->n; i++)
		running += job_runs(&jobs->items[i]);
	for (size_t i = 0; i < jobs->n && running < max; i++) {
		if (jobs->items[i].state == JOB_WANTED) {
			int r = job_start(jobs, &jobs->items[i], err);

			if (r < 0)
				return r;
			running++;
		}
	}
	*ret_running = running;
	return 0;
}

static int jobs_wait(struct jobs *jobs, struct pollfd *fds, struct error *err)
{
	int n;

	for (size_t i = 0; i < jobs->n; i++)
		fds[i] = (struct pollfd){ jobs->items[i].child.control_fd, POLLIN, 0 };
	do
		n = poll(fds, jobs->n, -1);
	while (n < 0 && errno == EINTR);
	for (size_t i = 0; i < jobs->n; i++) {
		int r = 0;

		if (!fds[i].revents)
			continue;
		transfer_child_read(&jobs->items[i].child);
		r = job_step(jobs, &jobs->items[i], err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Of layers that are there twice, only one was sent. */
static void fill_twins(const struct jobs *jobs)
{
	struct push *push = jobs->push;

	for (size_t i = 0; i < push->n_layers; i++) {
		struct push_layer *layer = &push->layers[i];
		const struct job *job = job_of(jobs, layer->diff_id);

		if (layer->blob.digest || !job)
			continue;
		layer->blob = job->layer->blob;
		layer->blob.digest = xstrdup(layer->blob.digest);
		layer->blob.media_type = xstrdup(layer->blob.media_type);
	}
}

static int say_waiting(const struct jobs *jobs, struct error *err)
{
	for (size_t i = 0; i < jobs->n; i++) {
		const struct job *job = &jobs->items[i];
		int r = job->state == JOB_WANTED
				? say_progress(&jobs->push->say, job->id, "Waiting", 0, 0, err)
				: 0;

		if (r < 0)
			return r;
	}
	return 0;
}

int push_layers(struct push *push, struct error *err)
{
	cleanup(jobs_release) struct jobs jobs = { .push = push };
	cleanup_free struct pollfd *fds = NULL;
	size_t running = 0;
	int r;

	r = jobs_plan(&jobs, err);
	fds = xcalloc(jobs.n + 1, sizeof(*fds));
	if (r >= 0)
		r = jobs_start(&jobs, &running, err);
	if (r >= 0)
		r = say_waiting(&jobs, err);
	while (r >= 0 && running > 0) {
		r = jobs_wait(&jobs, fds, err);
		if (r >= 0)
			r = jobs_start(&jobs, &running, err);
	}
	if (r >= 0)
		fill_twins(&jobs);
	return r;
}
