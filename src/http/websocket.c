/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of WebSockets. */
#include "http/websocket.h"

#include <errno.h>
#include <string.h>

#include "base/base64.h"
#include "base/sha1.h"

enum { KEY_SIZE = 16, FIN = 0x80, RESERVED = 0x70, MASKED = 0x80, MASK_SIZE = 4 };

char *websocket_accept(const char *key)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct strbuf out = STRBUF_INIT;
	uint8_t hash[SHA1_SIZE];
	size_t len = 0;
	cleanup_free char *decoded = base64_decode(key, &len);

	if (!decoded || len != KEY_SIZE)
		return NULL;
	strbuf_addf(&text, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
	sha1(text.data, text.len, hash);
	base64_encode(hash, sizeof(hash), false, &out);
	return strbuf_take(&out);
}

size_t websocket_header(enum websocket_opcode opcode, size_t len, uint8_t ret[WEBSOCKET_HEADER_MAX])
{
	size_t n = len < 126 ? 0 : len < 65536 ? 2 : 8;

	ret[0] = (uint8_t)(FIN | opcode);
	ret[1] = (uint8_t)(n == 0 ? len : n == 2 ? 126 : 127);
	for (size_t i = 0; i < n; i++)
		ret[2 + i] = (uint8_t)((uint64_t)len >> 8 * (n - 1 - i));
	return 2 + n;
}

static enum websocket_opcode opcode_of(const struct websocket_reader *reader)
{
	return reader->head[0] & 0xf;
}

static bool is_control(enum websocket_opcode opcode)
{
	return opcode >= WEBSOCKET_CLOSE;
}

/* Its first two bytes are there: how long it is, and whether a client may send it. */
static int head_begin(struct websocket_reader *reader)
{
	enum websocket_opcode opcode = opcode_of(reader);
	uint8_t len = reader->head[1] & 0x7f;
	bool fin = reader->head[0] & FIN;

	if (reader->head[0] & RESERVED || !(reader->head[1] & MASKED))
		return -EBADMSG;
	if (opcode > WEBSOCKET_PONG || (opcode > WEBSOCKET_BINARY && opcode < WEBSOCKET_CLOSE))
		return -EBADMSG;
	if (is_control(opcode) && (!fin || len > WEBSOCKET_CONTROL_MAX))
		return -EBADMSG;
	if (!is_control(opcode) && (opcode == WEBSOCKET_MORE) != reader->in_message)
		return -EBADMSG;
	if (!is_control(opcode))
		reader->in_message = !fin;
	reader->head_want = 2 + MASK_SIZE + (len < 126 ? 0 : len == 126 ? 2 : 8);
	return 0;
}

static int head_end(struct websocket_reader *reader)
{
	size_t n = reader->head_want - 2 - MASK_SIZE;

	reader->left = n == 0 ? reader->head[1] & 0x7f : 0;
	for (size_t i = 0; i < n; i++)
		reader->left = reader->left << 8 | reader->head[2 + i];
	reader->at = 0;
	return reader->left >> 63 ? -EBADMSG : 0;
}

static int frame_end(struct websocket_reader *reader, const struct websocket_sink *sink)
{
	enum websocket_opcode opcode = opcode_of(reader);

	reader->head_len = reader->head_want = 0;
	reader->closed = reader->closed || opcode == WEBSOCKET_CLOSE;
	return is_control(opcode)
		       ? sink->control(sink->arg, opcode, reader->control, (size_t)reader->at)
		       : 0;
}

static int take_head(struct websocket_reader *reader, const uint8_t *data, size_t len, size_t *ret)
{
	size_t want = reader->head_want ? reader->head_want : 2;
	size_t n = want - reader->head_len < len ? want - reader->head_len : len;

	memcpy(reader->head + reader->head_len, data, n);
	reader->head_len += n;
	*ret = n;
	if (reader->head_len < want)
		return 0;
	return reader->head_want ? head_end(reader) : head_begin(reader);
}

static int take_payload(struct websocket_reader *reader, uint8_t *data, size_t n,
			const struct websocket_sink *sink)
{
	const uint8_t *mask = reader->head + reader->head_want - MASK_SIZE;

	for (size_t i = 0; i < n; i++)
		data[i] ^= mask[(reader->at + i) % MASK_SIZE];
	if (is_control(opcode_of(reader)))
		memcpy(reader->control + reader->at, data, n);
	reader->at += n;
	reader->left -= n;
	return is_control(opcode_of(reader)) ? 0 : sink->data(sink->arg, data, n);
}

int websocket_feed(struct websocket_reader *reader, uint8_t *data, size_t len,
		   const struct websocket_sink *sink)
{
	int r = 0;

	while (r >= 0 && len > 0 && !reader->closed) {
		bool in_payload = reader->head_want && reader->head_len == reader->head_want;
		size_t n = 0;

		if (in_payload) {
			n = reader->left < len ? (size_t)reader->left : len;
			r = take_payload(reader, data, n, sink);
		} else {
			r = take_head(reader, data, len, &n);
			in_payload = reader->head_want && reader->head_len == reader->head_want;
		}
		data += n;
		len -= n;
		if (r >= 0 && in_payload && reader->left == 0)
			r = frame_end(reader, sink);
	}
	return r;
}
