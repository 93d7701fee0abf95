/* SPDX-License-Identifier: Apache-2.0 */
/* A container's output on its way to the client: framed by stream unless it is a terminal's. */
#pragma once

#include "api/request.h"

struct output {
	struct http_server *http;
	bool framed;
};

/* The engine's write functions (struct engine_stream): into a chunked body, or raw onto a
 * hijacked connection. */
int output_chunk(void *arg, int stream, const void *data, size_t len);
int output_raw(void *arg, int stream, const void *data, size_t len);

/* API 1.42 and newer name framed streams. */
const char *output_content_type(const struct request *req, bool framed);

/* Take the connection over and relay until the end of the attachment. */
must_check int output_hijack(struct request *req, struct attachment *at, bool tty,
			     struct error *err);

/* The same over a WebSocket: messages carry the bytes of both streams, unframed. ERR_INVALID: the
 * client did not ask for one. */
must_check int output_websocket(struct request *req, struct attachment *at, struct error *err);

/* ?h= and ?w= to the terminal of what the path names. */
must_check int output_resize(struct request *req,
			     int (*resize)(struct engine *e, const char *ref, unsigned int height,
					   unsigned int width, struct error *err),
			     struct error *err);
