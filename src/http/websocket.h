/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WebSockets (RFC 6455), the server's side: the handshake's answer, frames made and taken apart,
 * and a loop that carries a stream of bytes over them.
 */
#pragma once

#include "base/strbuf.h"

enum websocket_opcode {
	WEBSOCKET_MORE = 0, /* of a message that was begun */
	WEBSOCKET_TEXT = 1,
	WEBSOCKET_BINARY = 2,
	WEBSOCKET_CLOSE = 8,
	WEBSOCKET_PING = 9,
	WEBSOCKET_PONG = 10,
};

enum { WEBSOCKET_HEADER_MAX = 14, WEBSOCKET_CONTROL_MAX = 125 };

/* Sec-WebSocket-Accept for a Sec-WebSocket-Key; owned. NULL: it is no key (16 bytes as base64). */
char *websocket_accept(const char *key);

/* The head of a whole message from the server: not masked. Returns its length. */
size_t websocket_header(enum websocket_opcode opcode, size_t len,
			uint8_t ret[WEBSOCKET_HEADER_MAX]);

/* Takes a client's frames apart as the bytes come. Of messages the bytes are given on as they come,
 * text or not; control frames are gathered. */
struct websocket_reader {
	uint8_t head[WEBSOCKET_HEADER_MAX];
	size_t head_len, head_want; /* head_want 0: not known yet */
	uint64_t left, at;	    /* of the payload */
	uint8_t control[WEBSOCKET_CONTROL_MAX];
	bool in_message, closed;
};

struct websocket_sink {
	int (*data)(void *arg, const void *data, size_t len);
	int (*control)(void *arg, enum websocket_opcode opcode, const void *data, size_t len);
	void *arg;
};

/* data is unmasked in place. A sink's negative result ends and is returned. -EBADMSG: not what a
 * client may send. What follows a close frame is dropped. */
must_check int websocket_feed(struct websocket_reader *reader, uint8_t *data, size_t len,
			      const struct websocket_sink *sink);

/* Carry bytes between the client's connection @fd and the socket @inner until one of them ends.
 * early: what came behind the request. Takes as much from one side as the other takes. */
struct websocket_pump {
	int fd, inner;
	enum websocket_opcode opcode; /* of what is sent: text or binary */
	const void *early;
	size_t early_len;
};
void websocket_pump(const struct websocket_pump *opts);
