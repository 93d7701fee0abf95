/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of multiplexed streams, made and taken apart. */
#include "http/hijack.h"

#include <errno.h>
#include <string.h>

void hijack_header_encode(uint8_t out[HIJACK_HEADER_SIZE], int stream, size_t len)
{
	const uint8_t header[HIJACK_HEADER_SIZE] = {
		(uint8_t)stream,
		0,
		0,
		0,
		(uint8_t)(len >> 24),
		(uint8_t)(len >> 16),
		(uint8_t)(len >> 8),
		(uint8_t)len,
	};

	memcpy(out, header, sizeof(header));
}

static int header_complete(struct hijack_demux *demux)
{
	const uint8_t *h = demux->header;

	if (h[0] > HIJACK_EXIT || h[1] || h[2] || h[3])
		return -EBADMSG;
	demux->left = (size_t)h[4] << 24 | (size_t)h[5] << 16 | (size_t)h[6] << 8 | h[7];
	if (demux->left == 0)
		demux->header_len = 0;
	return 0;
}

int hijack_demux_feed(struct hijack_demux *demux, const void *data, size_t len, hijack_sink sink,
		      void *arg)
{
	const uint8_t *p = data;

	while (len > 0) {
		size_t n = len;
		int r = 0;

		if (demux->left > 0) {
			n = n < demux->left ? n : demux->left;
			r = sink(arg, demux->header[0], p, n);
			demux->left -= n;
			if (demux->left == 0)
				demux->header_len = 0;
		} else {
			size_t want = HIJACK_HEADER_SIZE - demux->header_len;

			n = n < want ? n : want;
			memcpy(demux->header + demux->header_len, p, n);
			demux->header_len += n;
			if (demux->header_len == HIJACK_HEADER_SIZE)
				r = header_complete(demux);
		}
		if (r < 0)
			return r;
		p += n;
		len -= n;
	}
	return 0;
}
