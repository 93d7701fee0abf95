/* SPDX-License-Identifier: Apache-2.0 */
/* gzip by igzip. */
#include "transfer/deflate.h"

#include <isa-l/igzip_lib.h>
#include <string.h>

#include "base/strbuf.h"

enum {
	PIECE = 1024 * 1024,
	LEVEL = 2,
};

struct deflater {
	deflate_sink sink;
	void *arg;
	struct isal_zstream stream;
	size_t in_len;
	uint8_t level_buf[ISAL_DEF_LVL2_DEFAULT];
	uint8_t in[PIECE], out[PIECE];
};

struct deflater *deflater_new(deflate_sink sink, void *arg)
{
	struct deflater *d = xcalloc(1, sizeof(*d));

	d->sink = sink;
	d->arg = arg;
	isal_deflate_init(&d->stream);
	d->stream.level = LEVEL;
	d->stream.level_buf = d->level_buf;
	d->stream.level_buf_size = sizeof(d->level_buf);
	d->stream.gzip_flag = IGZIP_GZIP;
	return d;
}

void deflater_free(struct deflater *d)
{
	free(d);
}

void deflater_release(struct deflater **d)
{
	deflater_free(*d);
	*d = NULL;
}

static int deflate_piece(struct deflater *d, bool last, struct error *err)
{
	struct isal_zstream *s = &d->stream;
	int r;

	s->next_in = d->in;
	s->avail_in = (uint32_t)d->in_len;
	s->end_of_stream = last;
	d->in_len = 0;
	do {
		s->next_out = d->out;
		s->avail_out = sizeof(d->out);
		if (isal_deflate(s) != COMP_OK)
			return error_set(err, ERR_SYSTEM, 0, "compress the layer");
		r = d->sink(d->arg, d->out, sizeof(d->out) - s->avail_out, err);
	} while (r >= 0 && s->avail_out == 0);
	return r;
}

int deflater_add(struct deflater *d, const void *data, size_t len, struct error *err)
{
	const uint8_t *p = data;
	int r = 0;

	while (r >= 0 && len > 0) {
		size_t room = sizeof(d->in) - d->in_len;
		size_t n = len < room ? len : room;

		memcpy(d->in + d->in_len, p, n);
		d->in_len += n;
		p += n;
		len -= n;
		if (d->in_len == sizeof(d->in))
			r = deflate_piece(d, false, err);
	}
	return r;
}

int deflater_finish(struct deflater *d, struct error *err)
{
	return deflate_piece(d, true, err);
}
