/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The archive out of its record. The record is read twice: once for what was replaced while the
 * layer was unpacked, once for the archive. It was written by a program that handled hostile bytes:
 * nothing in it is believed, and whoever called compares the digest.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/strbuf.h"
#include "sys/path.h"
#include "transfer/record.h"

enum {
	CHUNK = 1024 * 1024,
	BYTES_MAX = 64 * 1024,
	WINDOW_LOG_MAX = 23,
};

struct moved {
	uint64_t at; /* number of the operation */
	uint64_t n;
	char *path;
};

struct player {
	int dirfd, diff_fd, fd;
	ZSTD_DCtx *zstd;
	size_t in_pos, in_len, out_pos, out_len;
	uint64_t at; /* operations read */
	struct moved *moved;
	size_t n_moved;
	bool collect; /* the first time: only what was moved */
	char *path;   /* that DATA means */
	int file_fd;  /* … open, -1 not yet */
	record_sink sink;
	void *arg;
	uint8_t in[BYTES_MAX], out[2 * BYTES_MAX], data[CHUNK];
};

static int damaged(struct error *err)
{
	return error_set(err, ERR_SYSTEM, 0, "the layer's record is damaged");
}

static void player_release(struct player **p)
{
	struct player *player = *p;

	if (!player)
		return;
	for (size_t i = 0; i < player->n_moved; i++)
		free(player->moved[i].path);
	free(player->moved);
	free(player->path);
	(void)ZSTD_freeDCtx(player->zstd);
	macros_close_fd(&player->file_fd);
	macros_close_fd(&player->diff_fd);
	macros_close_fd(&player->fd);
	free(player);
	*p = NULL;
}

/* More decompressed bytes in out; 0: the end of the record. */
static int fill(struct player *p, struct error *err)
{
	while (p->out_pos == p->out_len) {
		ZSTD_inBuffer in = { p->in, p->in_len, p->in_pos };
		ZSTD_outBuffer out = { p->out, sizeof(p->out), 0 };
		ssize_t n;

		if (ZSTD_isError(ZSTD_decompressStream(p->zstd, &out, &in)))
			return damaged(err);
		p->in_pos = in.pos;
		p->out_pos = 0;
		p->out_len = out.pos;
		if (out.pos > 0 || p->in_pos < p->in_len)
			continue;
		do
			n = read(p->fd, p->in, sizeof(p->in));
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return error_set(err, ERR_SYSTEM, errno, "read the layer's record");
		if (n == 0)
			return 0;
		p->in_pos = 0;
		p->in_len = (size_t)n;
	}
	return 1;
}

static int take_byte(struct player *p, uint8_t *ret, struct error *err)
{
	int r = fill(p, err);

	if (r <= 0)
		return r < 0 ? r : damaged(err);
	*ret = p->out[p->out_pos++];
	return 0;
}

static int take_number(struct player *p, uint64_t *ret, struct error *err)
{
	uint64_t value = 0;
	uint8_t byte = 0x80;

	for (unsigned int shift = 0; byte & 0x80; shift += 7) {
		int r = take_byte(p, &byte, err);

		if (r < 0)
			return r;
		if (shift > 56)
			return damaged(err);
		value |= (uint64_t)(byte & 0x7f) << shift;
	}
	*ret = value;
	return 0;
}

/* len bytes into data. */
static int take_into(struct player *p, uint8_t *data, size_t len, struct error *err)
{
	while (len > 0) {
		int r = fill(p, err);
		size_t n;

		if (r <= 0)
			return r < 0 ? r : damaged(err);
		n = p->out_len - p->out_pos < len ? p->out_len - p->out_pos : len;
		memcpy(data, p->out + p->out_pos, n);
		p->out_pos += n;
		data += n;
		len -= n;
	}
	return 0;
}

static int take_path(struct player *p, char **ret, struct error *err)
{
	cleanup_free char *path = NULL;
	uint64_t len;
	int r = take_number(p, &len, err);

	if (r < 0)
		return r;
	if (len == 0 || len > RECORD_PATH_MAX)
		return damaged(err);
	path = xcalloc(1, (size_t)len + 1);
	r = take_into(p, (uint8_t *)path, (size_t)len, err);
	if (r < 0)
		return r;
	free(*ret);
	*ret = take_ptr(path);
	return 0;
}

static int play_bytes(struct player *p, struct error *err)
{
	uint64_t len;
	int r = take_number(p, &len, err);

	if (r < 0)
		return r;
	if (len > BYTES_MAX)
		return damaged(err);
	r = take_into(p, p->data, (size_t)len, err);
	return r < 0 || p->collect ? r : p->sink(p->arg, p->data, (size_t)len, err);
}

static int play_moved(struct player *p, struct error *err)
{
	struct moved moved = { .at = p->at };
	int r = take_number(p, &moved.n, err);

	if (r >= 0)
		r = take_path(p, &moved.path, err);
	if (r < 0)
		return r;
	if (!p->collect || p->n_moved >= RECORD_MOVED_MAX) {
		free(moved.path);
		return p->collect ? damaged(err) : 0;
	}
	p->moved = xrealloc(p->moved, p->n_moved + 1, sizeof(*p->moved));
	p->moved[p->n_moved++] = moved;
	return 0;
}

/* The part of path behind dir, "" when they are the same; NULL when it is not below it. */
static const char *below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	if (strncmp(path, dir, len) != 0 || (path[len] != '\0' && path[len] != '/'))
		return NULL;
	return path + len;
}

/* Where the file lies now that was written by this path at this operation. */
static int open_file(struct player *p)
{
	const uint64_t lookup = LOOKUP_BENEATH | RESOLVE_NO_SYMLINKS;

	for (size_t i = 0; i < p->n_moved; i++) {
		const char *rest = p->moved[i].at > p->at ? below(p->path, p->moved[i].path) : NULL;
		cleanup_free char *path = NULL;

		if (!rest)
			continue;
		path = xasprintf(RECORD_REPLACED "/%llu%s", (unsigned long long)p->moved[i].n,
				 rest);
		return path_open(p->dirfd, path, O_RDONLY | O_NONBLOCK, 0, lookup);
	}
	return path_open(p->diff_fd, p->path, O_RDONLY | O_NONBLOCK, 0, lookup);
}

static int play_file(struct player *p, struct error *err)
{
	struct stat st;
	int fd, r;

	macros_close_fd(&p->file_fd);
	p->file_fd = -1;
	r = take_path(p, &p->path, err);
	if (r < 0 || p->collect)
		return r;
	fd = open_file(p);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, -fd, "the layer's file /%.512s", p->path);
	p->file_fd = fd;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return error_set(err, ERR_SYSTEM, 0, "the layer's file /%.512s is none", p->path);
	return 0;
}

static int play_data(struct player *p, struct error *err)
{
	uint64_t offset, len;
	int r = take_number(p, &offset, err);

	if (r >= 0)
		r = take_number(p, &len, err);
	if (r < 0 || p->collect)
		return r;
	if (p->file_fd < 0 || offset > INT64_MAX || len > INT64_MAX - offset)
		return damaged(err);
	while (r >= 0 && len > 0) {
		size_t want = len < sizeof(p->data) ? (size_t)len : sizeof(p->data);
		ssize_t n = pread(p->file_fd, p->data, want, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, ERR_SYSTEM, errno, "read the layer's file /%.512s",
					 p->path);
		if (n == 0)
			return error_set(err, ERR_SYSTEM, 0,
					 "the layer's file /%.512s is too short", p->path);
		offset += (uint64_t)n;
		len -= (uint64_t)n;
		r = p->sink(p->arg, p->data, (size_t)n, err);
	}
	return r;
}

static int play_all(struct player *p, struct error *err)
{
	int r;

	if (lseek(p->fd, sizeof(struct record_header), SEEK_SET) < 0)
		return error_set(err, ERR_SYSTEM, errno, "read the layer's record");
	(void)ZSTD_DCtx_reset(p->zstd, ZSTD_reset_session_only);
	p->in_pos = p->in_len = p->out_pos = p->out_len = 0;
	for (p->at = 1; (r = fill(p, err)) > 0; p->at++) {
		switch (p->out[p->out_pos++]) {
		case RECORD_BYTES:
			r = play_bytes(p, err);
			break;
		case RECORD_FILE:
			r = play_file(p, err);
			break;
		case RECORD_DATA:
			r = play_data(p, err);
			break;
		case RECORD_MOVED:
			r = play_moved(p, err);
			break;
		default:
			return damaged(err);
		}
		if (r < 0)
			return r;
	}
	return r;
}

static int player_open(int dirfd, struct player *p, struct error *err)
{
	struct record_header header;
	ssize_t n;

	p->fd = openat(dirfd, RECORD_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	p->diff_fd = openat(dirfd, "diff", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	n = p->fd < 0 ? -1 : pread(p->fd, &header, sizeof(header), 0);
	if (n != sizeof(header) || p->diff_fd < 0 ||
	    memcmp(header.magic, RECORD_MAGIC, sizeof(header.magic)) != 0)
		return error_set(err, ERR_SYSTEM, 0,
				 "the layer was stored without a record of its archive");
	(void)ZSTD_DCtx_setParameter(p->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	return 0;
}

/* An archive that was kept as it came. */
static int play_tar(int fd, record_sink sink, void *arg, struct error *err)
{
	cleanup_free uint8_t *data = xmalloc(CHUNK);
	ssize_t n;
	int r = 0;

	while (r >= 0 && (n = read(fd, data, CHUNK)) != 0) {
		if (n < 0 && errno != EINTR)
			return error_set(err, ERR_SYSTEM, errno, "read the layer's archive");
		if (n > 0)
			r = sink(arg, data, (size_t)n, err);
	}
	return r;
}

int record_play(int dirfd, record_sink sink, void *arg, struct error *err)
{
	cleanup(player_release) struct player *p = NULL;
	cleanup_fd int tar_fd = openat(dirfd, RECORD_TAR_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (tar_fd >= 0)
		return play_tar(tar_fd, sink, arg, err);
	p = xcalloc(1, sizeof(*p));
	p->dirfd = dirfd;
	p->diff_fd = p->fd = p->file_fd = -1;
	p->sink = sink;
	p->arg = arg;
	p->zstd = ZSTD_createDCtx();
	r = player_open(dirfd, p, err);
	p->collect = true;
	if (r >= 0)
		r = play_all(p, err);
	p->collect = false;
	return r < 0 ? r : play_all(p, err);
}
