/* SPDX-License-Identifier: Apache-2.0 */
/* Frames between the engine and its transfer programs. */
#include "wire/transfer.h"

#include <errno.h>
#include <string.h>

#include "sys/fd.h"
#include "sys/unixsock.h"

static const struct json_field fetch_blob_fields[] = {
	FIELD_STR(struct fetch_blob, digest, "digest"),
	FIELD_STR(struct fetch_blob, from, "from"),
	FIELD_I64(struct fetch_blob, size, "size"),
};
const struct json_shape fetch_blob_shape = JSON_SHAPE(struct fetch_blob, fetch_blob_fields, 0);

static const struct json_field fetch_request_fields[] = {
	FIELD_STR(struct fetch_request, action, "action"),
	FIELD_STR(struct fetch_request, host, "host"),
	FIELD_STR(struct fetch_request, repository, "repository"),
	FIELD_STR(struct fetch_request, reference, "reference"),
	FIELD_STR(struct fetch_request, familiar, "familiar"),
	FIELD_I64(struct fetch_request, size, "size"),
	FIELD_BOOL(struct fetch_request, insecure, "insecure"),
	FIELD_STR(struct fetch_request, os, "os"),
	FIELD_STR(struct fetch_request, architecture, "architecture"),
	FIELD_STR(struct fetch_request, variant, "variant"),
	FIELD_STR(struct fetch_request, user, "user"),
	FIELD_STR(struct fetch_request, password, "password"),
	FIELD_STR(struct fetch_request, identity_token, "identityToken"),
	FIELD_STR(struct fetch_request, base_url, "baseURL"),
	FIELD_STR(struct fetch_request, authorization, "authorization"),
	FIELD_I64(struct fetch_request, stall_seconds, "stallSeconds"),
	FIELD_BOOL(struct fetch_request, keep, "keep"),
	FIELD_BOOL(struct fetch_request, push, "push"),
	FIELD_STRV(struct fetch_request, from, "from"),
	FIELD_STR(struct fetch_request, media_type, "mediaType"),
	FIELD_ARRAY(struct fetch_request, blobs, n_blobs, "blobs", &fetch_blob_shape),
	FIELD_I64(struct fetch_request, limit, "limit"),
	FIELD_STR(struct fetch_request, http_proxy, "httpProxy"),
	FIELD_STR(struct fetch_request, https_proxy, "httpsProxy"),
	FIELD_STR(struct fetch_request, no_proxy, "noProxy"),
};
const struct json_shape fetch_request_shape =
	JSON_SHAPE(struct fetch_request, fetch_request_fields, 0);

static const struct json_field fetch_resolved_fields[] = {
	FIELD_STR(struct fetch_resolved, digest, "digest"),
	FIELD_STR(struct fetch_resolved, base_url, "baseURL"),
	FIELD_STR(struct fetch_resolved, authorization, "authorization"),
	FIELD_STR(struct fetch_resolved, manifest_digest, "manifestDigest"),
	FIELD_STR(struct fetch_resolved, manifest_type, "manifestType"),
};
const struct json_shape fetch_resolved_shape =
	JSON_SHAPE(struct fetch_resolved, fetch_resolved_fields, 0);

static const struct json_field transfer_done_fields[] = {
	FIELD_STR(struct transfer_done, diff_id, "diffID"),
	FIELD_I64(struct transfer_done, size, "size"),
	FIELD_STR(struct transfer_done, digest, "digest"),
	FIELD_I64(struct transfer_done, blob_size, "blobSize"),
	FIELD_STR(struct transfer_done, from, "from"),
	FIELD_STR(struct transfer_done, identity_token, "identityToken"),
};
const struct json_shape transfer_done_shape =
	JSON_SHAPE(struct transfer_done, transfer_done_fields, 0);

static const struct json_field fetch_found_fields[] = {
	FIELD_I64(struct fetch_found, star_count, "star_count"),
	FIELD_BOOL(struct fetch_found, is_official, "is_official"),
	FIELD_STR(struct fetch_found, name, "name"),
	FIELD_BOOL(struct fetch_found, is_automated, "is_automated"),
	FIELD_STR(struct fetch_found, description, "description"),
};
const struct json_shape fetch_found_shape = JSON_SHAPE(struct fetch_found, fetch_found_fields, 0);

static const struct json_field transfer_entry_fields[] = {
	FIELD_STR(struct transfer_entry, kind, "kind"),
	FIELD_STR(struct transfer_entry, name, "name"),
	FIELD_STR(struct transfer_entry, target, "target"),
	FIELD_I64(struct transfer_entry, size, "size"),
};
const struct json_shape transfer_entry_shape =
	JSON_SHAPE(struct transfer_entry, transfer_entry_fields, 0);

static const struct json_field transfer_error_fields[] = {
	FIELD_I64(struct transfer_error, kind, "kind"),
	FIELD_I64(struct transfer_error, errnum, "errno"),
	FIELD_STR(struct transfer_error, text, "text"),
};
const struct json_shape transfer_error_shape =
	JSON_SHAPE(struct transfer_error, transfer_error_fields, 0);

int transfer_send(int fd, enum transfer_type type, const void *data, size_t len)
{
	struct transfer_frame frame = { .type = type, .len = (uint32_t)len };
	int r = fd_write_all(fd, &frame, sizeof(frame));

	return r < 0 || len == 0 ? r : fd_write_all(fd, data, len);
}

int transfer_send_json(int fd, enum transfer_type type, const struct json_shape *shape,
		       const void *obj)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;

	json_encode(shape, obj, &text);
	return transfer_send(fd, type, text.data, text.len);
}

int transfer_send_job(int jobs_fd, const void *text, size_t len, const int fds[2],
		      int *ret_control_fd)
{
	cleanup_fd int read_fd = -1, write_fd = -1;
	int passed[3], r = len > TRANSFER_JOB_MAX ? -E2BIG : fd_pipe(&read_fd, &write_fd);
	size_t n = 0;

	if (r < 0)
		return r;
	passed[n++] = write_fd;
	for (size_t i = 0; i < 2 && fds[i] >= 0; i++)
		passed[n++] = fds[i];
	r = unixsock_send_fds(jobs_fd, text, len, passed, n, 0);
	if (r < 0 && r != -EPIPE && r != -ECONNRESET) /* it is gone, as the other pipe tells */
		return r;
	*ret_control_fd = take_fd(&read_fd);
	return 0;
}

void transfer_send_error(int fd, const struct error *err)
{
	struct transfer_error e = { .kind = err->kind, .errnum = err->errnum };
	cleanup_free char *text = xstrdup(error_text(err));
	int r;

	e.text = text;
	r = transfer_send_json(fd, TRANSFER_ERROR, &transfer_error_shape, &e);
	(void)r; /* the engine is gone: nobody is left to tell */
}

void transfer_reader_release(struct transfer_reader *reader)
{
	strbuf_release(&reader->buf);
}

int transfer_read(struct transfer_reader *reader, int fd)
{
	struct strbuf *buf = &reader->buf;
	ssize_t n;

	if (reader->used > 0) {
		memmove(buf->data, buf->data + reader->used, buf->len - reader->used);
		buf->len -= reader->used;
		reader->used = 0;
	}
	strbuf_reserve(buf, 64 * 1024 + 1);
	do
		n = read(fd, buf->data + buf->len, 64 * 1024);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	buf->len += (size_t)n;
	buf->data[buf->len] = '\0';
	return (int)n;
}

int transfer_next(struct transfer_reader *reader, enum transfer_type *ret_type,
		  const char **ret_data, size_t *ret_len)
{
	const struct strbuf *buf = &reader->buf;
	size_t left = buf->len - reader->used;
	struct transfer_frame frame;

	if (left < sizeof(frame))
		return 0;
	memcpy(&frame, buf->data + reader->used, sizeof(frame));
	if (frame.len > TRANSFER_FRAME_MAX || frame.type < TRANSFER_PROGRESS ||
	    frame.type > TRANSFER_TYPE_MAX)
		return -EBADMSG;
	if (left - sizeof(frame) < frame.len)
		return 0;
	*ret_type = frame.type;
	*ret_data = buf->data + reader->used + sizeof(frame);
	*ret_len = frame.len;
	reader->used += sizeof(frame) + frame.len;
	return 1;
}
