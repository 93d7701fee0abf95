/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layers of a pull, several at a time: each is a hoy-fetch that pipes into a hoy-unpack,
 * watched here by poll(2) on their control pipes.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include "image/pull.h"
#include "oci/digest.h"
#include "store/layers.h"
#include "sys/fd.h"

enum { DOWNLOADS_DEFAULT = 6 };

enum job_state { JOB_WANTED, JOB_DOWNLOADING, JOB_EXTRACTING, JOB_DONE };

struct job {
	const struct descriptor *blob;
	const char *diff_id;
	char id[13]; /* what people see */
	char *temp_name;
	enum job_state state;
	struct transfer_child fetch, unpack;
	uint64_t said; /* progress that went out last */
	int dirfd;
};

struct jobs {
	struct job *items;
	size_t n;
};

static void jobs_release(struct jobs *jobs)
{
	for (size_t i = 0; i < jobs->n; i++) {
		struct job *job = &jobs->items[i];

		transfer_child_release(&job->fetch);
		transfer_child_release(&job->unpack);
		macros_close_fd(&job->dirfd);
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

static bool layer_is_unpacked(const struct pull *pull, const char *diff_id)
{
	for (size_t i = 0; i < pull->n_layers; i++) {
		if (strcmp(pull->layers[i].diff_id, diff_id) == 0)
			return true;
	}
	return false;
}

static void job_add(struct pull *pull, struct jobs *jobs, size_t i)
{
	struct job *job = &jobs->items[jobs->n++];

	*job = (struct job){ .blob = &pull->manifest.layers[i],
			     .diff_id = pull->config.rootfs.diff_ids[i],
			     .temp_name = xasprintf("%u-%zu", pull->rounds, i),
			     .fetch = TRANSFER_CHILD_INIT,
			     .unpack = TRANSFER_CHILD_INIT,
			     .dirfd = -1 };
	memcpy(job->id, digest_hex(job->blob->digest), 12);
}

/* Which layers are missing; says so, bottom first. */
static int jobs_plan(struct pull *pull, struct jobs *jobs, struct error *err)
{
	jobs->items = xcalloc(pull->manifest.n_layers + 1, sizeof(*jobs->items));
	for (size_t i = 0; i < pull->manifest.n_layers; i++) {
		const char *diff_id = pull->config.rootfs.diff_ids[i];
		cleanup_free char *id = xstrndup(digest_hex(pull->manifest.layers[i].digest), 12);
		int r = layer_record_get(pull->ctx->store, diff_id, NULL, err);

		if (r < 0)
			return r;
		if (r > 0 || layer_is_wanted_already(jobs, diff_id) ||
		    layer_is_unpacked(pull, diff_id)) {
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
	struct fetch_request request = pull->request;
	cleanup_fd int read_fd = -1, write_fd = -1;
	int r;

	request.action = (char *)"blob";
	request.reference = job->blob->digest;
	request.size = job->blob->size;
	request.base_url = pull->resolve.resolved.base_url;
	request.authorization = pull->resolve.resolved.authorization;
	r = fd_pipe(&read_fd, &write_fd);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "make a pipe");
	(void)fcntl(write_fd, F_SETPIPE_SZ, TRANSFER_PIPE_SIZE); /* a smaller one works too */
	r = layer_begin(pull->ctx->store, &pull->temp, job->temp_name, &job->dirfd, err);
	if (r >= 0)
		r = transfer_child_unpack(pull->ctx, read_fd, job->dirfd, pull->temp.lock_fd,
					  &job->unpack, err);
	if (r >= 0)
		r = transfer_child_fetch(pull->ctx, &request, write_fd, &job->fetch, err);
	job->state = JOB_DOWNLOADING;
	return r;
}

static bool is_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return fd >= 0 && poll(&p, 1, 0) > 0;
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
	if (job->unpack.error.kind != ERR_NONE) {
		(void)transfer_child_fail(&job->unpack, err);
		return error_prefix(err, "failed to register layer");
	}
	return transfer_child_fail(&job->fetch, err);
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

/* Proven here: the bytes that were unpacked are those that the config names. */
static int job_finish(struct pull *pull, struct job *job, struct error *err)
{
	struct put_layer *layer;
	int r;

	if (!job->unpack.diff_id || strcmp(job->unpack.diff_id, job->diff_id) != 0)
		return error_set(
			err, ERR_SYSTEM, 0,
			"failed to register layer: its content is %.71s, the image names %s",
			job->unpack.diff_id ? job->unpack.diff_id : "nothing", job->diff_id);
	r = layer_finish(job->dirfd, job->unpack.opaque, err);
	if (r < 0)
		return r;
	macros_close_fd(&job->dirfd);
	job->dirfd = -1;
	pull->layers = xrealloc(pull->layers, pull->n_layers + 1, sizeof(*pull->layers));
	layer = &pull->layers[pull->n_layers++];
	*layer = (struct put_layer){ .temp_name = take_ptr(job->temp_name),
				     .diff_id = xstrdup(job->diff_id),
				     .size = job->unpack.size };
	job->state = JOB_DONE;
	return say_progress(&pull->say, job->id, "Pull complete", 0, 0, err);
}

static int job_say(struct pull *pull, struct job *job, struct error *err)
{
	bool down = job->state == JOB_DOWNLOADING;
	uint64_t now = down ? job->fetch.progress : job->unpack.progress;

	if (now == job->said)
		return 0;
	job->said = now;
	return say_progress(&pull->say, job->id, down ? "Downloading" : "Extracting", (int64_t)now,
			    job->blob->size, err);
}

/* Something was read from one of its children. */
static int job_step(struct pull *pull, struct job *job, struct error *err)
{
	int r = 0;

	if (job->fetch.error.kind != ERR_NONE || job->unpack.error.kind != ERR_NONE)
		return job_fail(job, err);
	if (job->state == JOB_DOWNLOADING && job->fetch.done && job->fetch.control_fd < 0)
		r = job_downloaded(pull, job, err);
	if (r >= 0)
		r = job_say(pull, job, err);
	if (r >= 0 && job->state == JOB_EXTRACTING && job->unpack.done &&
	    job->unpack.control_fd < 0)
		r = job_finish(pull, job, err);
	return r;
}

static int jobs_start(struct pull *pull, struct jobs *jobs, size_t *ret_running, struct error *err)
{
	size_t max = pull->ctx->max_downloads ? pull->ctx->max_downloads : DOWNLOADS_DEFAULT;
	size_t running = 0;

	for (size_t i = 0; i < jobs->n; i++)
		running += jobs->items[i].state == JOB_DOWNLOADING ||
			   jobs->items[i].state == JOB_EXTRACTING;
	for (size_t i = 0; i < jobs->n && running < max; i++) {
		if (jobs->items[i].state == JOB_WANTED) {
			int r = job_start(pull, &jobs->items[i], err);

			if (r < 0)
				return r;
			running++;
		}
	}
	*ret_running = running;
	return 0;
}

static int jobs_wait(struct pull *pull, struct jobs *jobs, struct pollfd *fds, struct error *err)
{
	int n;

	for (size_t i = 0; i < jobs->n; i++) {
		fds[2 * i] = (struct pollfd){ jobs->items[i].fetch.control_fd, POLLIN, 0 };
		fds[2 * i + 1] = (struct pollfd){ jobs->items[i].unpack.control_fd, POLLIN, 0 };
	}
	do
		n = poll(fds, 2 * jobs->n, -1);
	while (n < 0 && errno == EINTR);
	for (size_t i = 0; i < jobs->n; i++) {
		struct job *job = &jobs->items[i];
		int r = 0;

		if (fds[2 * i].revents)
			transfer_child_read(&job->fetch);
		if (fds[2 * i + 1].revents)
			transfer_child_read(&job->unpack);
		if (fds[2 * i].revents || fds[2 * i + 1].revents)
			r = job_step(pull, job, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int pull_layers(struct pull *pull, struct error *err)
{
	cleanup(jobs_release) struct jobs jobs = { NULL, 0 };
	cleanup_free struct pollfd *fds = NULL;
	size_t running = 0;
	int r;

	r = jobs_plan(pull, &jobs, err);
	fds = xcalloc(2 * jobs.n + 1, sizeof(*fds));
	while (r >= 0) {
		r = jobs_start(pull, &jobs, &running, err);
		if (r < 0 || running == 0)
			break;
		r = jobs_wait(pull, &jobs, fds, err);
	}
	return r;
}
