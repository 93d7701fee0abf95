/* SPDX-License-Identifier: Apache-2.0 */
/* Running hoy-fetch, hoy-unpack and hoy-pack. */
#include "image/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/strv.h"
#include "layer/record.h"
#include "sys/fd.h"
#include "sys/process.h"
#include "sys/unixsock.h"

enum {
	OPAQUE_MAX = 64 * 1024,
	ITEMS_MAX = 64 * 1024,
};

static const char *const no_args[2];

static int program_start(struct image_context *ctx, const char *program, const char *const args[2],
			 const struct fd_map *fds, size_t n, int *ret_pidfd, struct error *err)
{
	cleanup_free char *file = xasprintf("%s/%s", ctx->libexec_dir, program);
	char *argv[] = { (char *)program, (char *)args[0], (char *)args[1], NULL };
	const struct spawn spawn = {
		.file = file, .argv = argv, .fds = fds, .n_fds = n, .dirfd = -1
	};
	int r = process_spawn(&spawn, ret_pidfd, NULL);

	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "start %s", file) : 0;
}

/* The control pipe and the process; fds has room for one more. */
static int child_start(struct image_context *ctx, const char *program, const char *const args[2],
		       struct fd_map *fds, size_t n, struct transfer_child *child,
		       struct error *err)
{
	cleanup_fd int write_fd = -1;
	int r;

	*child = (struct transfer_child)TRANSFER_CHILD_INIT;
	r = fd_pipe(&child->control_fd, &write_fd);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "start %s", program);
	fds[n] = (struct fd_map){ write_fd, TRANSFER_CONTROL_FD };
	r = program_start(ctx, program, args, fds, n + 1, &child->pidfd, err);
	if (r < 0)
		transfer_child_release(child);
	return r;
}

/* The socket for jobs and the process; fds has room for one more. */
static int crew_start(struct image_context *ctx, const char *program, struct fd_map *fds, size_t n,
		      struct transfer_crew *ret, struct error *err)
{
	cleanup(transfer_crew_release) struct transfer_crew crew = TRANSFER_CREW_INIT;
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, ERR_SYSTEM, errno, "start %s", program);
	crew.jobs_fd = pair[0];
	fds[n] = (struct fd_map){ pair[1], TRANSFER_JOBS_FD };
	r = program_start(ctx, program, no_args, fds, n + 1, &crew.pidfd, err);
	(void)close(pair[1]);
	if (r < 0)
		return r;
	*ret = crew;
	crew = (struct transfer_crew)TRANSFER_CREW_INIT;
	return 0;
}

int transfer_crew_fetch(struct image_context *ctx, struct transfer_crew *ret, struct error *err)
{
	struct fd_map fds[1];

	return crew_start(ctx, "hoy-fetch", fds, 0, ret, err);
}

int transfer_crew_unpack(struct image_context *ctx, const struct layer_temp *temp,
			 struct transfer_crew *ret, struct error *err)
{
	struct fd_map fds[3] = {
		{ temp->dirfd, TRANSFER_TEMP_FD },
		{ temp->lock_fd, TRANSFER_LOCK_FD },
	};

	return crew_start(ctx, "hoy-unpack", fds, 2, ret, err);
}

bool transfer_crew_is_there(const struct transfer_crew *crew)
{
	return crew->pidfd >= 0;
}

static void end_process(int *pidfd)
{
	int status;

	if (*pidfd >= 0) {
		(void)!process_signal(*pidfd, SIGKILL);
		(void)!process_wait(*pidfd, &status);
	}
	macros_close_fd(pidfd);
	*pidfd = -1;
}

void transfer_crew_release(struct transfer_crew *crew)
{
	end_process(&crew->pidfd);
	macros_close_fd(&crew->jobs_fd);
	*crew = (struct transfer_crew)TRANSFER_CREW_INIT;
}

static int job_send(const struct transfer_crew *crew, const void *text, size_t len,
		    const int fds[2], struct transfer_child *ret, struct error *err)
{
	int r;

	*ret = (struct transfer_child)TRANSFER_CHILD_INIT;
	r = transfer_send_job(crew->jobs_fd, text, len, fds, &ret->control_fd);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "start a transfer") : 0;
}

int transfer_job_fetch(const struct transfer_crew *crew, const struct fetch_request *request,
		       int fd, struct transfer_child *ret, struct error *err)
{
	return transfer_job_blob(crew, request, (const int[2]){ fd, -1 }, ret, err);
}

int transfer_job_blob(const struct transfer_crew *crew, const struct fetch_request *request,
		      const int fds[2], struct transfer_child *ret, struct error *err)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;

	json_encode(&fetch_request_shape, request, &text);
	if (text.len > TRANSFER_JOB_MAX)
		return error_set(err, ERR_INVALID, E2BIG, "registry credentials are too long");
	return job_send(crew, strbuf_str(&text), text.len, fds, ret, err);
}

int transfer_job_unpack(const struct transfer_crew *crew, const struct transfer_layer *layer,
			struct transfer_child *ret, struct error *err)
{
	const char message = layer->blob_digest ? TRANSFER_WITH_DIGEST : TRANSFER_PLAINLY;
	const int fds[2] = { layer->tar_fd, layer->dirfd };

	return job_send(crew, &message, 1, fds, ret, err);
}

/* The only job: the process is the child's. */
static void crew_become(struct transfer_crew *crew, struct transfer_child *child)
{
	child->pidfd = take_fd(&crew->pidfd);
}

int transfer_child_fetch(struct image_context *ctx, const struct fetch_request *request, int fd,
			 struct transfer_child *ret, struct error *err)
{
	cleanup(transfer_crew_release) struct transfer_crew crew = TRANSFER_CREW_INIT;
	int r = transfer_crew_fetch(ctx, &crew, err);

	if (r >= 0)
		r = transfer_job_fetch(&crew, request, fd, ret, err);
	if (r >= 0)
		crew_become(&crew, ret);
	return r;
}

int transfer_child_unpack(struct image_context *ctx, const struct layer_temp *temp, int tar_fd,
			  int dirfd, struct transfer_child *ret, struct error *err)
{
	cleanup(transfer_crew_release) struct transfer_crew crew = TRANSFER_CREW_INIT;
	const struct transfer_layer layer = { tar_fd, dirfd, false };
	int r = transfer_crew_unpack(ctx, temp, &crew, err);

	if (r >= 0)
		r = transfer_job_unpack(&crew, &layer, ret, err);
	if (r >= 0)
		crew_become(&crew, ret);
	return r;
}

int transfer_child_pack(struct image_context *ctx, const char *diff_id, bool gzip, int out_fd,
			struct transfer_child *ret, struct error *err)
{
	cleanup_fd int dirfd = -1;
	int r = layer_dir_open(ctx->store, diff_id, &dirfd, err);
	struct fd_map fds[3] = { { out_fd, TRANSFER_BLOB_FD }, { dirfd, TRANSFER_LAYER_FD } };

	if (r < 0)
		return r;
	return child_start(ctx, "hoy-pack", (const char *[]){ gzip ? "gzip" : "plain", NULL }, fds,
			   2, ret, err);
}

int transfer_child_check(struct image_context *ctx, const char *diff_id, struct transfer_child *ret,
			 struct error *err)
{
	cleanup_fd int dirfd = -1;
	int r = layer_dir_open(ctx->store, diff_id, &dirfd, err);
	struct fd_map fds[2] = { { dirfd, TRANSFER_LAYER_FD } };

	return r < 0 ? r
		     : child_start(ctx, "hoy-pack", (const char *[]){ "check", diff_id }, fds, 1,
				   ret, err);
}

int transfer_child_hash(struct image_context *ctx, int fd, struct transfer_child *ret,
			struct error *err)
{
	struct fd_map fds[2] = { { fd, TRANSFER_LAYER_FD } };

	return child_start(ctx, "hoy-pack", (const char *[]){ "hash", NULL }, fds, 1, ret, err);
}

int transfer_child_archive(struct image_context *ctx, int tar_fd, int answer_fd,
			   struct transfer_child *ret, struct error *err)
{
	struct fd_map fds[3] = {
		{ tar_fd, STDIN_FILENO },
		{ answer_fd, TRANSFER_ANSWER_FD },
	};

	return child_start(ctx, "hoy-archive", no_args, fds, 2, ret, err);
}

int transfer_child_copy(struct image_context *ctx, struct fd_map *fds, size_t n,
			struct transfer_child *ret, struct error *err)
{
	return child_start(ctx, "hoy-copy", no_args, fds, n, ret, err);
}

static void take_error(struct transfer_child *child, const char *data, size_t len)
{
	struct transfer_error e = { 0 };

	if (json_decode(&transfer_error_shape, data, len, &e, NULL) >= 0 && e.kind > ERR_NONE &&
	    e.kind <= ERR_NOT_IMPLEMENTED) {
		error_release(&child->error);
		/* its text has the errno's words already */
		(void)error_set(&child->error, (enum error_kind)e.kind, 0, "%s",
				e.text ? e.text : "");
		child->error.errnum = (int)e.errnum;
	}
	json_release(&transfer_error_shape, &e);
}

static int take_done(struct transfer_child *child, const char *data, size_t len)
{
	struct transfer_done done = { 0 };

	if (json_decode(&transfer_done_shape, data, len, &done, NULL) < 0)
		return -EBADMSG;
	free(child->diff_id);
	child->diff_id = take_ptr(done.diff_id);
	child->size = done.size;
	free(child->digest);
	child->digest = take_ptr(done.digest);
	child->blob_size = done.blob_size;
	free(child->from);
	child->from = take_ptr(done.from);
	free(child->identity_token);
	child->identity_token = take_ptr(done.identity_token);
	child->done = true;
	json_release(&transfer_done_shape, &done);
	return 0;
}

static int take_frame(struct transfer_child *child, enum transfer_type type, const char *data,
		      size_t len)
{
	switch (type) {
	case TRANSFER_PROGRESS:
		if (len != sizeof(child->progress))
			return -EBADMSG;
		memcpy(&child->progress, data, len);
		return 0;
	case TRANSFER_RESOLVED:
		json_release(&fetch_resolved_shape, &child->resolved);
		return json_decode(&fetch_resolved_shape, data, len, &child->resolved, NULL);
	case TRANSFER_INDEX:
		strbuf_add(&child->index, data, len);
		return 0;
	case TRANSFER_MANIFEST:
		strbuf_add(&child->manifest, data, len);
		return 0;
	case TRANSFER_CONFIG:
		strbuf_add(&child->config, data, len);
		return 0;
	case TRANSFER_DIGEST:
		free(child->digest);
		child->digest = xstrndup(data, len);
		return 0;
	case TRANSFER_OPAQUE:
		if (strv_len(child->opaque) >= OPAQUE_MAX || memchr(data, '\0', len))
			return -EBADMSG;
		strv_push_take(&child->opaque, xstrndup(data, len));
		return 0;
	case TRANSFER_ITEM:
		if (strv_len(child->items) >= ITEMS_MAX || memchr(data, '\0', len))
			return -EBADMSG;
		strv_push_take(&child->items, xstrndup(data, len));
		return 0;
	case TRANSFER_DONE:
		return take_done(child, data, len);
	case TRANSFER_ERROR:
		take_error(child, data, len);
		return 0;
	case TRANSFER_ENTRY:
	case TRANSFER_DOCUMENT:
		return child->entry ? child->entry(child->entry_arg, type, data, len) : -EBADMSG;
	}
	return -EBADMSG;
}

/* The stream ended, or made no sense: the process has to be gone, then it is judged. */
static void child_over(struct transfer_child *child, int r)
{
	int status = 0;

	if (r < 0 && child->pidfd >= 0)
		(void)!process_signal(child->pidfd, SIGKILL);
	if (child->pidfd >= 0)
		(void)!process_wait(child->pidfd, &status);
	macros_close_fd(&child->pidfd);
	macros_close_fd(&child->control_fd);
	child->pidfd = child->control_fd = -1;
	if (child->error.kind != ERR_NONE)
		child->done = false;
	else if (!child->done || r < 0 || status != 0)
		(void)error_set(&child->error, ERR_SYSTEM, r < 0 ? -r : 0,
				"the transfer ended without a result (status %d)", status);
	if (child->error.kind != ERR_NONE)
		child->done = false;
}

void transfer_child_read(struct transfer_child *child)
{
	int r = transfer_read(&child->reader, child->control_fd), n;
	enum transfer_type type;
	const char *data;
	size_t len;

	if (r <= 0) {
		child_over(child, r);
		return;
	}
	while ((n = transfer_next(&child->reader, &type, &data, &len)) > 0) {
		n = take_frame(child, type, data, len);
		if (n < 0)
			break;
	}
	if (n < 0)
		child_over(child, n);
}

int transfer_child_fail(struct transfer_child *child, struct error *err)
{
	int errnum = child->error.errnum;

	(void)error_set(err, child->error.kind, 0, "%s", error_text(&child->error));
	if (err)
		err->errnum = errnum;
	return errnum > 0 ? -errnum : -EIO;
}

int transfer_child_wait(struct transfer_child *child, struct error *err)
{
	while (child->control_fd >= 0)
		transfer_child_read(child);
	return child->done ? 0 : transfer_child_fail(child, err);
}

void transfer_child_release(struct transfer_child *child)
{
	end_process(&child->pidfd);
	macros_close_fd(&child->control_fd);
	transfer_reader_release(&child->reader);
	error_release(&child->error);
	json_release(&fetch_resolved_shape, &child->resolved);
	strbuf_release(&child->index);
	strbuf_release(&child->manifest);
	strbuf_release(&child->config);
	free(child->diff_id);
	free(child->digest);
	free(child->from);
	free(child->identity_token);
	strv_release(&child->opaque);
	strv_release(&child->items);
	*child = (struct transfer_child)TRANSFER_CHILD_INIT;
}
