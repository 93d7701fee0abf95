/* SPDX-License-Identifier: Apache-2.0 */
/* gzip by zlib, a buffer at a time. */
#include "logging/gzip.h"

#include <errno.h>
#include <zlib.h>

#include "sys/fd.h"

enum { BUFFER = 64 * 1024, WINDOW_BITS = 15 + 16, MEM_LEVEL = 8 };

struct gzip {
	z_stream z;
	int (*step)(z_stream *z, int flush);
	int in, out;
	Bytef from[BUFFER], to[BUFFER];
};

static struct gzip gzip;

static int write_out(struct error *err)
{
	int r = fd_write_all(gzip.out, gzip.to, BUFFER - gzip.z.avail_out);

	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write") : 0;
}

/* Everything that the input at hand gives. *ret_end: the stream is over. */
static int run(int flush, bool *ret_end, struct error *err)
{
	int status, r;

	do {
		gzip.z.next_out = gzip.to;
		gzip.z.avail_out = BUFFER;
		status = gzip.step(&gzip.z, flush);
		if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
			return error_set(err, ERR_INVALID, EBADMSG, "not a gzip file");
		r = write_out(err);
		if (r < 0)
			return r;
	} while (gzip.z.avail_out == 0 && status != Z_STREAM_END);
	*ret_end = status == Z_STREAM_END;
	return 0;
}

static int run_all(int in, int out, struct error *err)
{
	bool end = false;
	int r = 0;

	gzip.in = in;
	gzip.out = out;
	while (r >= 0 && !end) {
		ssize_t n = fd_read_full(in, gzip.from, BUFFER);

		if (n < 0)
			return error_set(err, ERR_SYSTEM, (int)-n, "read");
		gzip.z.next_in = gzip.from;
		gzip.z.avail_in = (uInt)n;
		r = run(n < BUFFER ? Z_FINISH : Z_NO_FLUSH, &end, err);
		if (r >= 0 && !end && n < BUFFER)
			return error_set(err, ERR_INVALID, EBADMSG, "the file is cut short");
	}
	return r;
}

int gzip_compress(int in, int out, struct error *err)
{
	int r;

	if (deflateInit2(&gzip.z, Z_BEST_SPEED, Z_DEFLATED, WINDOW_BITS, MEM_LEVEL,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return error_set(err, ERR_SYSTEM, ENOMEM, "start to compress");
	gzip.step = deflate;
	r = run_all(in, out, err);
	(void)deflateEnd(&gzip.z);
	return r;
}

int gzip_decompress(int in, int out, struct error *err)
{
	int r;

	if (inflateInit2(&gzip.z, WINDOW_BITS) != Z_OK)
		return error_set(err, ERR_SYSTEM, ENOMEM, "start to decompress");
	gzip.step = inflate;
	r = run_all(in, out, err);
	(void)inflateEnd(&gzip.z);
	return r;
}
