/* SPDX-License-Identifier: Apache-2.0 */
/* What a client sends over a WebSocket: taken whole and in pieces it gives the same bytes, and no
 * more than came. */
#include <stdint.h>
#include <string.h>

#include "http/websocket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int take_data(void *arg, const void *data, size_t len)
{
	strbuf_add(arg, data, len);
	return 0;
}

static int take_control(void *arg, enum websocket_opcode opcode, const void *data, size_t len)
{
	if (len > WEBSOCKET_CONTROL_MAX || opcode < WEBSOCKET_CLOSE)
		abort();
	return 0;
}

static int feed(const uint8_t *data, size_t len, size_t piece, struct strbuf *out)
{
	const struct websocket_sink sink = { take_data, take_control, out };
	struct websocket_reader reader = { .head_len = 0 };
	cleanup_free uint8_t *copy = xmalloc(len + 1);
	int r = 0;

	memcpy(copy, data, len);
	for (size_t at = 0; r == 0 && at < len; at += piece)
		r = websocket_feed(&reader, copy + at, piece < len - at ? piece : len - at, &sink);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	cleanup(strbuf_release) struct strbuf whole = STRBUF_INIT, pieces = STRBUF_INIT;
	int r;

	if (len == 0)
		return 0;
	r = feed(data, len, len, &whole);
	if (feed(data, len, 3, &pieces) != r || whole.len > len)
		abort();
	if (whole.len != pieces.len ||
	    (whole.len > 0 && memcmp(whole.data, pieces.data, whole.len) != 0))
		abort();
	return 0;
}
