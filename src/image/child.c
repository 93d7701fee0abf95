/* SPDX-License-Identifier: Apache-2.0 */
/* Running hoy-fetch, hoy-unpack and hoy-pack. */
#include "image/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "base/strv.h"
#include "layer/record.h"
#include "sys/fd.h"
#include "sys/process.h"

enum {
	REQUEST_MAX = 60 * 1024, /* fits a pipe: written before anybody reads */
	OPAQUE_MAX = 64 * 1024,
	ITEMS_MAX = 64 * 1024,
};

/* The control pipe and the process; fds has room for one more. */
static int child_start(struct image_context *ctx, const char *program, const char *arg,
		       struct fd_map *fds, size_t n, struct transfer_child *child,
		       struct error *err)
{
	cleanup_free char *file = xasprintf("%s/%s", ctx->libexec_dir, program);
	char *argv[] = { (char *)program, (char *)arg, NULL };
	struct spawn spawn = { .file = file, .argv = argv, .fds = fds, .dirfd = -1 };
	cleanup_fd int write_fd = -1;
	int r;

	r = fd_pipe(&child->control_fd, &write_fd);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "start %s", program);
	fds[n] = (struct fd_map){ write_fd, TRANSFER_CONTROL_FD };
	spawn.n_fds = n + 1;
	r = process_spawn(&spawn, &child->pidfd, NULL);
	if (r < 0) {
		transfer_child_release(child);
		return error_set(err, ERR_SYSTEM, -r, "start %s", file);
	}
	return 0;
}

/* more: what the child gets beside the request; those without an fd are left out. */
static int start_fetch(struct image_context *ctx, const struct fetch_request *request,
		       const struct fd_map more[2], struct transfer_child *ret, struct error *err)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	cleanup_fd int read_fd = -1, write_fd = -1;
	struct fd_map fds[4];
	size_t n = 0;
	int r;

	json_encode(&fetch_request_shape, request, &text);
	if (text.len > REQUEST_MAX)
		return error_set(err, ERR_INVALID, E2BIG, "registry credentials are too long");
	r = fd_pipe(&read_fd, &write_fd);
	if (r >= 0)
		r = fd_write_all(write_fd, text.data, text.len);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "start hoy-fetch");
	fds[n++] = (struct fd_map){ read_fd, TRANSFER_REQUEST_FD };
	for (size_t i = 0; i < 2; i++) {
		if (more[i].from >= 0)
			fds[n++] = more[i];
	}
	*ret = (struct transfer_child)TRANSFER_CHILD_INIT;
	return child_start(ctx, "hoy-fetch", NULL, fds, n, ret, err);
}

int transfer_child_fetch(struct image_context *ctx, const struct fetch_request *request,
			 int blob_fd, struct transfer_child *ret, struct error *err)
{
	return transfer_child_blob(ctx, request, blob_fd, -1, ret, err);
}

int transfer_child_blob(struct image_context *ctx, const struct fetch_request *request, int blob_fd,
			int keep_fd, struct transfer_child *ret, struct error *err)
{
	const struct fd_map fds[2] = { { blob_fd, TRANSFER_BLOB_FD },
				       { keep_fd, TRANSFER_KEEP_FD } };

	return start_fetch(ctx, request, fds, ret, err);
}

int transfer_child_send(struct image_context *ctx, const struct fetch_request *request,
			int source_fd, struct transfer_child *ret, struct error *err)
{
	const struct fd_map fds[2] = { { source_fd, TRANSFER_SOURCE_FD }, { -1, -1 } };

	return start_fetch(ctx, request, fds, ret, err);
}

int transfer_child_unpack(struct image_context *ctx, int tar_fd, int dirfd, int lock_fd,
			  struct transfer_child *ret, struct error *err)
{
	struct fd_map fds[4] = {
		{ tar_fd, STDIN_FILENO },
		{ dirfd, TRANSFER_LAYER_FD },
		{ lock_fd, TRANSFER_LOCK_FD },
	};

	*ret = (struct transfer_child)TRANSFER_CHILD_INIT;
	return child_start(ctx, "hoy-unpack", NULL, fds, 3, ret, err);
}

int transfer_child_pack(struct image_context *ctx, const char *diff_id, bool gzip, int out_fd,
			struct transfer_child *ret, struct error *err)
{
	cleanup_fd int dirfd = -1;
	int r = layer_dir_open(ctx->store, diff_id, &dirfd, err);
	struct fd_map fds[3] = { { out_fd, TRANSFER_BLOB_FD }, { dirfd, TRANSFER_LAYER_FD } };

	if (r < 0)
		return r;
	*ret = (struct transfer_child)TRANSFER_CHILD_INIT;
	return child_start(ctx, "hoy-pack", gzip ? "gzip" : "plain", fds, 2, ret, err);
}

int transfer_child_hash(struct image_context *ctx, int fd, struct transfer_child *ret,
			struct error *err)
{
	struct fd_map fds[2] = { { fd, TRANSFER_LAYER_FD } };

	*ret = (struct transfer_child)TRANSFER_CHILD_INIT;
	return child_start(ctx, "hoy-pack", "hash", fds, 1, ret, err);
}

int transfer_child_archive(struct image_context *ctx, int tar_fd, int answer_fd,
			   struct transfer_child *ret, struct error *err)
{
	struct fd_map fds[3] = {
		{ tar_fd, STDIN_FILENO },
		{ answer_fd, TRANSFER_ANSWER_FD },
	};

	*ret = (struct transfer_child)TRANSFER_CHILD_INIT;
	return child_start(ctx, "hoy-archive", NULL, fds, 2, ret, err);
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

	if (r < 0)
		(void)!process_signal(child->pidfd, SIGKILL);
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
	int status;

	if (child->pidfd >= 0) {
		(void)!process_signal(child->pidfd, SIGKILL);
		(void)!process_wait(child->pidfd, &status);
	}
	macros_close_fd(&child->pidfd);
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
