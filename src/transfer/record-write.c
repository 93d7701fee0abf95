/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a record. Bytes and data that follow each other become one operation; operations go
 * through zstd as soon as there are enough of them. */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "base/strbuf.h"
#include "sys/fd.h"
#include "transfer/record.h"

enum {
	BYTES_MAX = 64 * 1024, /* in one operation */
	OPS_MAX = 128 * 1024,  /* uncompressed, before they go out */
	OUT_SIZE = 128 * 1024,
	COMPRESSION_LEVEL = 1,
};

struct recorder {
	int fd, replaced_fd;
	ZSTD_CCtx *zstd;
	struct strbuf bytes;  /* of the archive, not yet an operation */
	struct strbuf ops;    /* not yet compressed */
	char *path;	      /* that DATA means; NULL none */
	uint64_t offset, len; /* data, not yet an operation */
	uint64_t tar_size;
	unsigned int n_moved;
	bool given_up; /* there will be no record */
	int failed;    /* -errno */
	struct unpack_watch watch;
	uint8_t out[OUT_SIZE];
};

static void compress_ops(struct recorder *rec, ZSTD_EndDirective end)
{
	ZSTD_inBuffer in = { strbuf_str(&rec->ops), rec->ops.len, 0 };
	size_t left;

	do {
		ZSTD_outBuffer out = { rec->out, sizeof(rec->out), 0 };

		left = ZSTD_compressStream2(rec->zstd, &out, &in, end);
		if (ZSTD_isError(left))
			rec->failed = -EIO;
		else
			rec->failed = fd_write_all(rec->fd, rec->out, out.pos);
	} while (rec->failed == 0 && (in.pos < in.size || (end == ZSTD_e_end && left > 0)));
	strbuf_reset(&rec->ops);
}

static void put_number(struct recorder *rec, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		strbuf_addc(&rec->ops, (char)(value | 0x80));
	strbuf_addc(&rec->ops, (char)value);
}

static void put_string(struct recorder *rec, const char *data, size_t len)
{
	put_number(rec, len);
	strbuf_add(&rec->ops, data, len);
}

static void flush_bytes(struct recorder *rec)
{
	if (rec->bytes.len > 0) {
		strbuf_addc(&rec->ops, RECORD_BYTES);
		put_string(rec, rec->bytes.data, rec->bytes.len);
		strbuf_reset(&rec->bytes);
	}
}

static void flush_data(struct recorder *rec)
{
	if (rec->len > 0) {
		strbuf_addc(&rec->ops, RECORD_DATA);
		put_number(rec, rec->offset);
		put_number(rec, rec->len);
		rec->len = 0;
	}
}

static void flush(struct recorder *rec)
{
	flush_data(rec); /* at most one of both has something */
	flush_bytes(rec);
	if (rec->ops.len >= OPS_MAX)
		compress_ops(rec, ZSTD_e_continue);
}

static bool is_over(const struct recorder *rec)
{
	return rec->given_up || rec->failed < 0;
}

static void give_up(struct recorder *rec)
{
	rec->given_up = true;
	strbuf_release(&rec->bytes);
	strbuf_release(&rec->ops);
}

static void on_bytes(void *arg, const uint8_t *data, size_t len)
{
	struct recorder *rec = arg;

	rec->tar_size += len;
	while (len > 0 && !is_over(rec)) {
		size_t room = BYTES_MAX - rec->bytes.len;
		size_t n = len < room ? len : room;

		if (rec->len > 0)
			flush(rec);
		strbuf_add(&rec->bytes, data, n);
		data += n;
		len -= n;
		if (rec->bytes.len == BYTES_MAX)
			flush(rec);
	}
}

static void set_path(struct recorder *rec, const char *path)
{
	free(rec->path);
	rec->path = xstrdup(path);
	strbuf_addc(&rec->ops, RECORD_FILE);
	put_string(rec, path, strlen(path));
}

static void on_data(void *arg, const char *path, uint64_t offset, size_t len)
{
	struct recorder *rec = arg;
	bool same;

	rec->tar_size += len;
	if (is_over(rec) || len == 0)
		return;
	if (!path || strlen(path) > RECORD_PATH_MAX) {
		give_up(rec);
		return;
	}
	same = rec->path && strcmp(rec->path, path) == 0;
	if (!same || rec->bytes.len > 0 || offset != rec->offset + rec->len)
		flush(rec);
	if (!same)
		set_path(rec, path);
	if (rec->len == 0)
		rec->offset = offset;
	rec->len += len;
}

/* FALLBACK(moving between directories in a Landlock sandbox, 5.19): what stands in the way is
 * deleted then, and the layer has no record. */
static bool on_displace(void *arg, int dirfd, const char *name, const char *path)
{
	struct recorder *rec = arg;
	char number[16];

	if (is_over(rec))
		return false;
	(void)snprintf(number, sizeof(number), "%u", rec->n_moved);
	if (!path || strlen(path) > RECORD_PATH_MAX || rec->n_moved == RECORD_MOVED_MAX ||
	    renameat(dirfd, name, rec->replaced_fd, number) < 0) {
		give_up(rec);
		return false;
	}
	flush(rec);
	strbuf_addc(&rec->ops, RECORD_MOVED);
	put_number(rec, rec->n_moved++);
	put_string(rec, path, strlen(path));
	free(rec->path); /* what comes by this name is another file */
	rec->path = NULL;
	return true;
}

int recorder_new(int fd, int replaced_fd, struct recorder **ret, struct error *err)
{
	static const struct record_header none;
	struct recorder *rec = xcalloc(1, sizeof(*rec));
	int r = fd_write_all(fd, &none, sizeof(none));

	rec->fd = fd;
	rec->replaced_fd = replaced_fd;
	rec->watch = (struct unpack_watch){ rec, on_data, on_displace };
	rec->zstd = ZSTD_createCCtx();
	if (!rec->zstd)
		r = -ENOMEM;
	if (r < 0) {
		recorder_free(rec);
		return error_set(err, ERR_SYSTEM, -r, "write the layer's record");
	}
	(void)ZSTD_CCtx_setParameter(rec->zstd, ZSTD_c_compressionLevel, COMPRESSION_LEVEL);
	*ret = rec;
	return 0;
}

void recorder_free(struct recorder *rec)
{
	if (!rec)
		return;
	(void)ZSTD_freeCCtx(rec->zstd);
	strbuf_release(&rec->bytes);
	strbuf_release(&rec->ops);
	free(rec->path);
	free(rec);
}

void recorder_release(struct recorder **rec)
{
	recorder_free(*rec);
	*rec = NULL;
}

const struct unpack_watch *recorder_attach(struct recorder *rec, struct tar_reader *reader)
{
	reader->tap = on_bytes;
	reader->tap_arg = rec;
	return &rec->watch;
}

int recorder_finish(struct recorder *rec, struct error *err)
{
	struct record_header header = { .tar_size = htole64(rec->tar_size) };

	memcpy(header.magic, RECORD_MAGIC, sizeof(header.magic));
	if (!is_over(rec)) {
		flush(rec);
		compress_ops(rec, ZSTD_e_end);
	}
	if (!is_over(rec) && pwrite(rec->fd, &header, sizeof(header), 0) != sizeof(header))
		rec->failed = errno ? -errno : -EIO;
	if (rec->given_up && ftruncate(rec->fd, 0) < 0)
		rec->failed = -errno;
	if (rec->failed < 0)
		return error_set(err, ERR_SYSTEM, -rec->failed, "write the layer's record");
	return 0;
}
