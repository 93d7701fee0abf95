/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layers of a pull, several at a time: each is a job of hoy-fetch that pipes into a job of
 * hoy-unpack, watched here by poll(2) on their control pipes. One that another pull fetches is
 * waited for (image/pull-slot.h). Each goes to its place as soon as it is proven, and is held for
 * the image (store/holds.h): a pull that is killed costs the layers that were on their way, no
 * more.
 *
 * wanted -> downloading -> extracting -> done
 * downloading, extracting -> downloading: once more, from the registry behind a mirror that failed
 * wanted <-> waiting     wanted -> done: there meanwhile
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>

#include "base/strv.h"
#include "image/pull-slot.h"
#include "image/pull.h"
#include "layer/kept.h"
#include "oci/digest.h"
#include "store/holds.h"
#include "store/layer-blobs.h"
#include "store/layers.h"
#include "sys/fd.h"

enum { DOWNLOADS_DEFAULT = 6, JOB_FDS = 3 };

enum job_state { JOB_WANTED, JOB_WAITING, JOB_DOWNLOADING, JOB_EXTRACTING, JOB_DONE };

struct job {
	const struct descriptor *blob;
	const char *diff_id;
	char id[13]; /* what people see */
	char *temp_name;
	enum job_state state;
	struct transfer_child fetch, unpack;
	struct slot slot;
	bool keep;     /* its blob stays (layer/kept.h) */
	bool own;      /* its mirror failed: from the registry itself */
	uint64_t said; /* progress that went out last */
	int dirfd;
};

struct jobs {
	struct store *store;
	struct job *items;
	size_t n;
	int inotify_fd; /* what other pulls tell of the layers that we wait for; -1 none */
};

static void jobs_release(struct jobs *jobs)
{
	macros_close_fd(&jobs->inotify_fd);
	for (size_t i = 0; i < jobs->n; i++) {
		struct job *job = &jobs->items[i];

		transfer_child_release(&job->fetch);
		transfer_child_release(&job->unpack);
		macros_close_fd(&job->dirfd);
		slot_release(jobs->store, &job->slot);
		free(job->temp_name);
	}
	free(jobs->items);
}

static bool layer_is_wanted_already(const struct jobs *jobs, const char *diff_id)
{
	for (size_t i = 0; i < jobs->n; i++) {
		if (strcmp(jobs->items[i].diff_id, diff_id) == 0)
			return true;
	}
	return false;
}

/* 1: it need not be fetched. */
static int layer_is_here(const struct pull *pull, const char *diff_id, struct error *err)
{
	if (strv_contains(pull->again, diff_id) && !strv_contains(pull->held, diff_id))
		return 0;
	return layer_record_get(pull->ctx->store, diff_id, NULL, err);
}

static void job_add(struct pull *pull, struct jobs *jobs, size_t i)
{
	struct job *job = &jobs->items[jobs->n++];

	*job = (struct job){ .blob = &pull->manifest.layers[i],
			     .diff_id = pull->config.rootfs.diff_ids[i],
			     .temp_name = xasprintf("%u-%zu", pull->rounds, i),
			     .fetch = TRANSFER_CHILD_INIT,
			     .unpack = TRANSFER_CHILD_INIT,
			     .slot = SLOT_INIT,
			     .dirfd = -1 };
	/* an archive that is not compressed can be made again as it is */
	job->keep = pull->ctx->keep_compressed && strcmp(job->blob->digest, job->diff_id) != 0;
	memcpy(job->id, digest_hex(job->blob->digest), 12);
}

/* Which layers are missing; says so, bottom first. */
static int jobs_plan(struct pull *pull, struct jobs *jobs, struct error *err)
{
	jobs->items = xcalloc(pull->manifest.n_layers + 1, sizeof(*jobs->items));
	for (size_t i = 0; i < pull->manifest.n_layers; i++) {
		const char *diff_id = pull->config.rootfs.diff_ids[i];
		cleanup_free char *id = xstrndup(digest_hex(pull->manifest.layers[i].digest), 12);
		int r = layer_is_here(pull, diff_id, err);

		if (r < 0)
			return r;
		if (r > 0 || layer_is_wanted_already(jobs, diff_id)) {
			r = say_progress(&pull->say, id, "Already exists", 0, 0, err);
		} else {
			job_add(pull, jobs, i);
			r = say_progress(&pull->say, id, "Pulling fs layer", 0, 0, err);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static int job_start(struct pull *pull, struct job *job, struct error *err)
{
	struct fetch_request request = job->own ? pull->own : pull->request;
	cleanup_fd int read_fd = -1, write_fd = -1, keep_fd = -1;
	int r;

	request.action = (char *)"blob";
	request.keep = job->keep;
	request.reference = job->blob->digest;
	request.size = job->blob->size;
	if (!job->own) {
		request.base_url = pull->resolve.resolved.base_url;
		request.authorization = pull->resolve.resolved.authorization;
	}
	r = fd_pipe(&read_fd, &write_fd);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "make a pipe");
	(void)fcntl(write_fd, F_SETPIPE_SZ, TRANSFER_PIPE_SIZE); /* a smaller one works too */
	r = layer_begin(pull->ctx->store, &pull->temp, job->temp_name, &job->dirfd, err);
	if (r >= 0 && !transfer_crew_is_there(&pull->unpack))
		r = transfer_crew_unpack(pull->ctx, &pull->temp, &pull->unpack, err);
	if (r >= 0)
		r = transfer_job_unpack(&pull->unpack,
					&(struct transfer_layer){ read_fd, job->dirfd, true },
					&job->unpack, err);
	if (r >= 0 && job->own && !transfer_crew_is_there(&pull->fetch_own))
		r = transfer_crew_fetch(pull->ctx, &pull->fetch_own, err);
	if (r >= 0 && job->keep)
		r = layer_kept_begin(&pull->temp, job->temp_name, &keep_fd, err);
	if (r >= 0)
		r = transfer_job_blob(job->own ? &pull->fetch_own : &pull->fetch, &request,
				      (const int[2]){ write_fd, keep_fd }, &job->fetch, err);
	job->state = JOB_DOWNLOADING;
	return r;
}

static int job_say(struct pull *pull, struct job *job, struct error *err)
{
	bool wait = job->state == JOB_WAITING;
	struct slot_progress now = { 0, 0 };

	if (!wait) {
		now.extracting = job->state == JOB_EXTRACTING;
		now.bytes = now.extracting ? job->unpack.progress : job->fetch.progress;
	} else if (!slot_ask(&job->slot, &now)) {
		return 0;
	}
	if (now.bytes == job->said)
		return 0;
	job->said = now.bytes;
	if (!wait)
		slot_tell(&job->slot, &now);
	return say_progress(&pull->say, job->id, now.extracting ? "Extracting" : "Downloading",
			    (int64_t)now.bytes, job->blob->size, err);
}

/* Shown as if it were ours. Without inotify (a limit of the machine) it comes without progress. */
static int job_wait(struct pull *pull, struct jobs *jobs, struct job *job, struct error *err)
{
	char path[32];
	int r;

	job->state = JOB_WAITING;
	job->said = 0;
	slot_path(&job->slot, path, sizeof(path));
	if (jobs->inotify_fd < 0)
		jobs->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (jobs->inotify_fd >= 0)
		(void)!inotify_add_watch(jobs->inotify_fd, path, IN_MODIFY);
	r = say_progress(&pull->say, job->id, "Waiting", 0, 0, err);
	return r < 0 ? r : job_say(pull, job, err); /* how far it is already */
}

/* It has its slot, or waits for it; who had the slot before may have brought the layer. */
static int job_begin(struct pull *pull, struct jobs *jobs, struct job *job, struct error *err)
{
	bool waited = job->state == JOB_WAITING;
	int r = slot_take(pull->ctx->store, job->diff_id, &job->slot, err);

	if (r == 0)
		return waited ? 0 : job_wait(pull, jobs, job, err);
	if (r > 0)
		r = layer_is_here(pull, job->diff_id, err);
	if (r == 0)
		return job_start(pull, job, err);
	if (r < 0)
		return r;
	slot_release(pull->ctx->store, &job->slot);
	job->state = JOB_DONE;
	return say_progress(&pull->say, job->id, waited ? "Pull complete" : "Already exists", 0, 0,
			    err);
}

static bool is_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return fd >= 0 && poll(&p, 1, 0) > 0;
}

/* What came is not what the manifest names. */
static bool is_other_blob(const struct job *job)
{
	const char *digest = job->unpack.digest;

	return digest ? strcmp(digest, job->blob->digest) != 0 : job->unpack.done;
}

static int other_blob(const struct job *job, struct error *err)
{
	return error_set(err, ERR_SYSTEM, 0, "filesystem layer verification failed for digest %s",
			 job->blob->digest);
}

/*
 * One of both failed: whose fault was it? A fetch that fails says so before the pipe ends, so its
 * word is there when hoy-unpack complains of the end; a fetch that could not write waits for
 * hoy-unpack's.
 */
static int job_fail(struct job *job, struct error *err)
{
	while (is_readable(job->fetch.control_fd))
		transfer_child_read(&job->fetch);
	if (job->fetch.error.kind != ERR_NONE && job->fetch.error.errnum != ECANCELED)
		return transfer_child_fail(&job->fetch, err);
	while (job->unpack.control_fd >= 0)
		transfer_child_read(&job->unpack);
	if (is_other_blob(job))
		return other_blob(job, err);
	if (job->unpack.error.kind != ERR_NONE) {
		(void)transfer_child_fail(&job->unpack, err);
		return error_prefix(err, "failed to register layer");
	}
	return transfer_child_fail(&job->fetch, err);
}

/* A mirror that lacks a layer, or has a wrong one, is no reason to fail. What it had sent goes with
 * the pull's temporary directory. */
static int job_failed(struct pull *pull, struct job *job, struct error *err)
{
	char *name;
	int r = job_fail(job, err);

	if (job->own || !pull->own.host || r == -ENOSPC || r == -ECANCELED)
		return r;
	error_release(err);
	transfer_child_release(&job->fetch);
	transfer_child_release(&job->unpack);
	macros_close_fd(&job->dirfd);
	job->dirfd = -1;
	job->own = true;
	job->said = 0;
	name = xasprintf("%s-own", job->temp_name);
	free(job->temp_name);
	job->temp_name = name;
	r = say_progress(&pull->say, job->id, "Retrying at the registry itself", 0, 0, err);
	return r < 0 ? r : job_start(pull, job, err);
}

static int job_downloaded(struct pull *pull, struct job *job, struct error *err)
{
	int r;

	job->state = JOB_EXTRACTING;
	job->said = 0;
	r = say_progress(&pull->say, job->id, "Verifying Checksum", 0, 0, err);
	if (r >= 0)
		r = say_progress(&pull->say, job->id, "Download complete", 0, 0, err);
	return r;
}

/* To its place, held for the image that is still to come. */
static int job_commit(struct pull *pull, struct job *job, struct error *err)
{
	cleanup(strbuf_release) struct strbuf repository = STRBUF_INIT;
	struct layer_blob blob = { .digest = job->blob->digest,
				   .size = job->blob->size,
				   .media_type = job->blob->media_type };
	struct store *store = pull->ctx->store;
	bool again = strv_contains(pull->again, job->diff_id);
	int r = store_begin(store, err);

	reference_name(&pull->ref, &repository);
	blob.repository = (char *)strbuf_str(&repository);

	if (r < 0)
		return r;
	if (r >= 0)
		r = again ? layer_replace(store, &pull->temp, job->temp_name, job->diff_id, err)
			  : layer_commit(store, &pull->temp, job->temp_name, job->diff_id,
					 job->unpack.size, err);
	if (r >= 0)
		r = layer_hold_put(store, job->diff_id, err);
	if (r >= 0)
		r = layer_blob_put(store, job->diff_id, &blob, err);
	if (r >= 0)
		r = store_commit(store, err);
	store_rollback(store);
	if (r >= 0)
		strv_push(&pull->held, job->diff_id);
	return r;
}

/* Proven here: the bytes that were unpacked are those that the config names. */
static int job_finish(struct pull *pull, struct job *job, struct error *err)
{
	int r;

	if (!job->unpack.diff_id || strcmp(job->unpack.diff_id, job->diff_id) != 0)
		return error_set(
			err, ERR_SYSTEM, 0,
			"failed to register layer: its content is %.71s, the image names %s",
			job->unpack.diff_id ? job->unpack.diff_id : "nothing", job->diff_id);
	r = layer_finish(job->dirfd, job->unpack.opaque, err);
	if (r >= 0 && job->keep)
		r = layer_kept_finish(&pull->temp, job->temp_name, job->dirfd, job->blob->digest,
				      err);
	if (r >= 0)
		r = job_commit(pull, job, err);
	if (r < 0)
		return r;
	macros_close_fd(&job->dirfd);
	job->dirfd = -1;
	slot_release(pull->ctx->store, &job->slot);
	job->state = JOB_DONE;
	return say_progress(&pull->say, job->id, "Pull complete", 0, 0, err);
}

/* Something was read from one of its children. */
static int job_step(struct pull *pull, struct job *job, struct error *err)
{
	int r = 0;

	if (job->fetch.error.kind != ERR_NONE || job->unpack.error.kind != ERR_NONE ||
	    (job->unpack.done && is_other_blob(job)))
		return job_failed(pull, job, err);
	if (job->state == JOB_DOWNLOADING && job->fetch.done && job->fetch.control_fd < 0)
		r = job_downloaded(pull, job, err);
	if (r >= 0)
		r = job_say(pull, job, err);
	if (r >= 0 && job->state == JOB_EXTRACTING && job->unpack.done &&
	    job->unpack.control_fd < 0)
		r = job_finish(pull, job, err);
	return r;
}

static size_t jobs_count(const struct jobs *jobs, enum job_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < jobs->n; i++)
		n += jobs->items[i].state == state;
	return n;
}

/* Those that other pulls fetch take no part of the limit. *ret_busy: nothing is done yet. */
static int jobs_start(struct pull *pull, struct jobs *jobs, bool *ret_busy, struct error *err)
{
	size_t max = pull->ctx->max_downloads ? pull->ctx->max_downloads : DOWNLOADS_DEFAULT;
	size_t running = jobs_count(jobs, JOB_DOWNLOADING) + jobs_count(jobs, JOB_EXTRACTING);

	for (size_t i = 0; i < jobs->n && running < max; i++) {
		struct job *job = &jobs->items[i];
		int r = job->state == JOB_WANTED ? job_begin(pull, jobs, job, err) : 0;

		if (r < 0)
			return r;
		if (job->state == JOB_DOWNLOADING)
			running = jobs_count(jobs, JOB_DOWNLOADING) +
				  jobs_count(jobs, JOB_EXTRACTING);
	}
	*ret_busy = jobs_count(jobs, JOB_DONE) < jobs->n;
	return 0;
}

static int job_events(struct pull *pull, struct jobs *jobs, struct job *job,
		      const struct pollfd fds[JOB_FDS], struct error *err)
{
	if (fds[0].revents)
		transfer_child_read(&job->fetch);
	if (fds[1].revents)
		transfer_child_read(&job->unpack);
	if (fds[0].revents || fds[1].revents)
		return job_step(pull, job, err);
	return fds[2].revents ? job_begin(pull, jobs, job, err) : 0;
}

/* Which file was written to is not worth the parsing: there are few. */
static int jobs_told(struct pull *pull, struct jobs *jobs, struct error *err)
{
	char events[4096];
	int r = 0;

	while (read(jobs->inotify_fd, events, sizeof(events)) > 0)
		;
	for (size_t i = 0; r >= 0 && i < jobs->n; i++) {
		if (jobs->items[i].state == JOB_WAITING)
			r = job_say(pull, &jobs->items[i], err);
	}
	return r;
}

static int jobs_wait(struct pull *pull, struct jobs *jobs, struct pollfd *fds, struct error *err)
{
	struct pollfd *told = &fds[JOB_FDS * jobs->n];
	int n, r = 0;

	for (size_t i = 0; i < jobs->n; i++) {
		const struct job *job = &jobs->items[i];
		struct pollfd *own = &fds[JOB_FDS * i];

		own[0] = (struct pollfd){ job->fetch.control_fd, POLLIN, 0 };
		own[1] = (struct pollfd){ job->unpack.control_fd, POLLIN, 0 };
		own[2] = (struct pollfd){ job->slot.wait_fd, POLLIN, 0 };
	}
	*told = (struct pollfd){ jobs->inotify_fd, POLLIN, 0 };
	do
		n = poll(fds, JOB_FDS * jobs->n + 1, -1);
	while (n < 0 && errno == EINTR);
	for (size_t i = 0; r >= 0 && i < jobs->n; i++)
		r = job_events(pull, jobs, &jobs->items[i], &fds[JOB_FDS * i], err);
	return r >= 0 && told->revents ? jobs_told(pull, jobs, err) : r;
}

/* What is kept is there twice. */
static uint64_t jobs_bytes(const struct jobs *jobs)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < jobs->n; i++) /* 512 of 16 TiB at most */
		sum += (uint64_t)jobs->items[i].blob->size * (jobs->items[i].keep ? 2 : 1);
	return sum;
}

int pull_layers(struct pull *pull, struct error *err)
{
	cleanup(jobs_release) struct jobs jobs = { .store = pull->ctx->store, .inotify_fd = -1 };
	cleanup_free struct pollfd *fds = NULL;
	bool busy = true;
	int r;

	r = jobs_plan(pull, &jobs, err);
	if (r >= 0)
		r = pull_check_space(pull, jobs_bytes(&jobs), err);
	fds = xcalloc(JOB_FDS * jobs.n + 1, sizeof(*fds));
	while (r >= 0) {
		r = jobs_start(pull, &jobs, &busy, err);
		if (r < 0 || !busy)
			break;
		r = jobs_wait(pull, &jobs, fds, err);
	}
	return r;
}
