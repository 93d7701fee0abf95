/* SPDX-License-Identifier: Apache-2.0 */
/* Decompression as a stream: igzip for gzip, libzstd for zstd, liblzma for xz, nothing for plain
 * tars. */
#include "transfer/stream.h"

#include <errno.h>
#include <isa-l/igzip_lib.h>
#include <lzma.h>
#include <string.h>
#include <zstd.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "sys/fd.h"

enum stream_kind { STREAM_UNKNOWN, STREAM_PLAIN, STREAM_GZIP, STREAM_ZSTD, STREAM_XZ };

enum {
	STREAM_MAGIC_LEN = 8,
	ZSTD_WINDOW_LOG_MAX = 27,	   /* 128 MiB: what `zstd --long` may want, no more */
	XZ_MEMORY_MAX = 128 * 1024 * 1024, /* `xz -9` wants 65 MiB */
	/* deflate cannot do more than 1 : 1032 (RFC 1951) */
	BOMB_RATIO = 1100,
	BOMB_FREE = 64 * 1024 * 1024, /* a little of any ratio is harmless */
	BOMB_SHARE = 8,		      /* of the room, for one layer */
};

static const uint64_t bomb_most = UINT64_C(16) << 30;

struct stream {
	int fd;
	enum stream_kind kind;
	struct hasher *hasher;
	struct lane *in, *out; /* NULL: not known yet, or none */
	bool blob_digest;
	char digest[DIGEST_SIZE]; /* of a plain one: it is both */
	uint64_t consumed, produced, room;
	const uint8_t *piece; /* what was read last */
	size_t in_pos, in_len;
	bool in_ended;	/* fd gave its last byte */
	bool unit_done; /* between two gzip members or zstd frames */
	struct inflate_state inflate;
	ZSTD_DCtx *zstd;
	lzma_stream xz;
};

struct stream *stream_new(int fd, struct hasher *hasher, bool blob_digest)
{
	struct stream *stream = xcalloc(1, sizeof(*stream));

	stream->fd = fd;
	stream->hasher = hasher;
	stream->blob_digest = blob_digest;
	stream->xz = (lzma_stream)LZMA_STREAM_INIT;
	stream->room = UINT64_MAX;
	stream->unit_done = true;
	return stream;
}

void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	lane_free(stream->in);
	lane_free(stream->out);
	(void)ZSTD_freeDCtx(stream->zstd);
	lzma_end(&stream->xz);
	free(stream);
}

void stream_release(struct stream **stream)
{
	stream_free(*stream);
	*stream = NULL;
}

/* What may come out at any ratio: zstd and xz turn honest zeros into next to nothing, and whoever
 * wants to do harm has nothing but that to send. */
static uint64_t bomb_limit(const struct stream *stream)
{
	uint64_t share = stream->room / BOMB_SHARE;

	if (share < BOMB_FREE)
		return BOMB_FREE;
	return share < bomb_most ? share : bomb_most;
}

void stream_limit(struct stream *stream, uint64_t room)
{
	stream->room = room;
}

uint64_t stream_consumed(const struct stream *stream)
{
	return stream->consumed;
}

void stream_diff_id(struct stream *stream, char ret[DIGEST_SIZE])
{
	if (stream->out) {
		lane_digest(stream->out, ret);
		return;
	}
	lane_digest(stream->in, stream->digest);
	memcpy(ret, stream->digest, DIGEST_SIZE);
}

/* One read; a pipe gives what it has, which keeps both of its ends busy. */
static int stream_fill(struct stream *stream, struct error *err)
{
	uint8_t *room;
	size_t len;
	ssize_t n;

	if (stream->in_pos < stream->in_len || stream->in_ended)
		return 0;
	room = lane_room(stream->in, &len);
	do
		n = read(stream->fd, room, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_set(err, ERR_SYSTEM, errno, "read the layer");
	lane_push(stream->in, (size_t)n);
	stream->piece = room;
	stream->in_pos = 0;
	stream->in_len = (size_t)n;
	stream->in_ended = n == 0;
	stream->consumed += (uint64_t)n;
	return 0;
}

static int stream_bad(struct error *err, const char *what)
{
	return error_set(err, ERR_INVALID, EINVAL, "invalid compressed layer: %s", what);
}

/* zstd data may begin with a frame for somebody else, which is passed over (RFC 8878, 3.1.2). */
static bool is_skippable(const uint8_t *magic, size_t len)
{
	return len >= 4 && (magic[0] & 0xf0) == 0x50 && memcmp(magic + 1, "\x2a\x4d\x18", 3) == 0;
}

/* What was read to learn the kind goes through the lane that the kind wants. */
static void stream_begin(struct stream *stream, enum stream_kind kind, const uint8_t *head,
			 size_t len)
{
	bool plain = kind == STREAM_PLAIN;
	uint8_t *room;
	size_t size;

	stream->kind = kind;
	stream->in = lane_new(plain || stream->blob_digest ? stream->hasher : NULL);
	stream->out = plain ? NULL : lane_new(stream->hasher);
	if (kind == STREAM_GZIP) {
		isal_inflate_init(&stream->inflate);
	} else if (kind == STREAM_ZSTD) {
		stream->zstd = ZSTD_createDCtx();
		(void)ZSTD_DCtx_setParameter(stream->zstd, ZSTD_d_windowLogMax,
					     ZSTD_WINDOW_LOG_MAX);
	}
	room = lane_room(stream->in, &size);
	memcpy(room, head, len);
	lane_push(stream->in, len);
	stream->piece = room;
	stream->in_len = len;
	stream->consumed = len;
}

static int stream_detect(struct stream *stream, struct error *err)
{
	static const struct {
		const char *magic;
		size_t len;
		enum stream_kind kind;
		const char *unsupported;
	} magics[] = {
		{ "\x1f\x8b", 2, STREAM_GZIP, NULL },
		{ "\x28\xb5\x2f\xfd", 4, STREAM_ZSTD, NULL },
		{ "\xfd"
		  "7zXZ",
		  5, STREAM_XZ, NULL },
		{ "BZh", 3, STREAM_PLAIN, "bzip2" },
	};
	const char *unsupported = NULL;
	enum stream_kind kind;
	uint8_t head[STREAM_MAGIC_LEN];
	ssize_t n = fd_read_full(stream->fd, head, sizeof(head));

	if (n < 0)
		return error_set(err, ERR_SYSTEM, (int)-n, "read the layer");
	kind = is_skippable(head, (size_t)n) ? STREAM_ZSTD : STREAM_PLAIN;
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
		if ((size_t)n < magics[i].len || memcmp(head, magics[i].magic, magics[i].len) != 0)
			continue;
		unsupported = magics[i].unsupported;
		kind = magics[i].kind;
	}
	stream_begin(stream, kind, head, (size_t)n);
	if (unsupported)
		return error_set(err, ERR_INVALID, EINVAL,
				 "compression with %s is not supported (gzip, xz and zstd are)",
				 unsupported);
	return 0;
}

/* Where what is decompressed goes. */
struct target {
	uint8_t *data;
	size_t room, len;
};

static int inflate_some(struct stream *stream, struct target *t, struct error *err)
{
	struct inflate_state *s = &stream->inflate;

	if (stream->unit_done) {
		isal_inflate_reset(s);
		s->crc_flag = ISAL_GZIP;
		stream->unit_done = false;
	}
	s->next_in = (uint8_t *)stream->piece + stream->in_pos;
	s->avail_in = (uint32_t)(stream->in_len - stream->in_pos);
	s->next_out = t->data;
	s->avail_out = (uint32_t)t->room;
	if (isal_inflate(s) != ISAL_DECOMP_OK)
		return stream_bad(err, "damaged gzip data");
	stream->in_pos = stream->in_len - s->avail_in;
	t->len = t->room - s->avail_out;
	stream->unit_done = s->block_state == ISAL_BLOCK_FINISH;
	return 0;
}

static int zstd_some(struct stream *stream, struct target *t, struct error *err)
{
	ZSTD_inBuffer in = { stream->piece, stream->in_len, stream->in_pos };
	ZSTD_outBuffer out = { t->data, t->room, 0 };
	size_t left = ZSTD_decompressStream(stream->zstd, &out, &in);

	if (ZSTD_isError(left))
		return stream_bad(err, ZSTD_getErrorName(left));
	stream->in_pos = in.pos;
	t->len = out.pos;
	stream->unit_done = left == 0;
	return 0;
}

static int xz_some(struct stream *stream, struct target *t, struct error *err)
{
	lzma_stream *s = &stream->xz;
	lzma_ret r = LZMA_OK;

	if (!s->internal)
		r = lzma_stream_decoder(s, XZ_MEMORY_MAX, LZMA_CONCATENATED);
	s->next_in = stream->piece + stream->in_pos;
	s->avail_in = stream->in_len - stream->in_pos;
	s->next_out = t->data;
	s->avail_out = t->room;
	if (r == LZMA_OK)
		r = lzma_code(s, stream->in_ended ? LZMA_FINISH : LZMA_RUN);
	if (r == LZMA_MEMLIMIT_ERROR)
		return stream_bad(err, "xz data that needs too much memory");
	if (r == LZMA_BUF_ERROR && stream->in_ended)
		return stream_bad(err, "unexpected end");
	if (r != LZMA_OK && r != LZMA_STREAM_END)
		return stream_bad(err, "damaged xz data");
	stream->in_pos = stream->in_len - s->avail_in;
	t->len = t->room - s->avail_out;
	stream->unit_done = r == LZMA_STREAM_END;
	return 0;
}

static int unpack_some(struct stream *stream, struct target *t, struct error *err)
{
	if (stream->kind == STREAM_XZ)
		return xz_some(stream, t, err);
	return stream->kind == STREAM_GZIP ? inflate_some(stream, t, err)
					   : zstd_some(stream, t, err);
}

/* Until something came out or the input ended between two units. */
static int stream_unpack(struct stream *stream, struct target *t, struct error *err)
{
	int r;

	t->data = lane_room(stream->out, &t->room);
	do {
		r = stream_fill(stream, err);
		if (r < 0 || (stream->in_pos == stream->in_len && stream->unit_done))
			return r;
		r = unpack_some(stream, t, err);
		if (r >= 0 && t->len == 0 && stream->in_ended && !stream->unit_done)
			r = stream_bad(err, "unexpected end");
	} while (r >= 0 && t->len == 0);
	lane_push(stream->out, t->len);
	return r;
}

/* Compressed: what comes out has to fit, and to be in proportion to what came in. */
static int stream_check(const struct stream *stream, struct error *err)
{
	cleanup(strbuf_release) struct strbuf limit = STRBUF_INIT;

	if (stream->kind == STREAM_PLAIN)
		return 0;
	if (stream->produced > stream->room)
		return error_set(err, ERR_SYSTEM, ENOSPC,
				 "the layer decompresses to more than the disk has left");
	if (stream->produced / BOMB_RATIO <= stream->consumed ||
	    stream->produced <= bomb_limit(stream))
		return 0;
	size_human((double)bomb_limit(stream), &limit);
	return error_set(err, ERR_INVALID, EINVAL,
			 "invalid compressed layer: it grows to more than 1,100 times its size and "
			 "beyond %s",
			 limit.data);
}

int stream_next(void *arg, const uint8_t **ret_data, size_t *ret_len, struct error *err)
{
	struct stream *stream = arg;
	struct target t = { NULL, 0, 0 };
	int r = 0;

	if (stream->kind == STREAM_UNKNOWN)
		r = stream_detect(stream, err);
	if (r >= 0 && stream->kind == STREAM_PLAIN) {
		r = stream_fill(stream, err);
		*ret_data = stream->piece + stream->in_pos;
		*ret_len = stream->in_len - stream->in_pos;
		stream->in_pos = stream->in_len;
	} else if (r >= 0) {
		r = stream_unpack(stream, &t, err);
		*ret_data = t.data;
		*ret_len = t.len;
	}
	if (r < 0)
		return r;
	stream->produced += *ret_len;
	return stream_check(stream, err);
}

int stream_blob_digest(struct stream *stream, char ret[DIGEST_SIZE], struct error *err)
{
	int r = stream->kind == STREAM_UNKNOWN ? stream_detect(stream, err) : 0;

	while (r >= 0 && !stream->in_ended) {
		stream->in_pos = stream->in_len;
		r = stream_fill(stream, err);
	}
	if (r < 0)
		return r;
	if (*stream->digest)
		memcpy(ret, stream->digest, DIGEST_SIZE);
	else
		lane_digest(stream->in, ret);
	return 0;
}
