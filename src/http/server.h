/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's side of one connection: requests in, responses out. A response is sent whole
 * (http_server_reply), in pieces (begin, write …, end: chunked), or the connection is taken
 * over (http_server_hijack).
 */
#pragma once

#include "http/message.h"

/* How long a client may take, in ms. */
struct http_times {
	int idle;  /* a kept connection that asks nothing: 10 minutes */
	int head;  /* from a request's first byte to its body: 30 s */
	int stall; /* a body's next piece, or the whole of one that is read whole: 5 minutes */
};

struct http_server {
	int fd; /* owned */
	struct http_times times;
	struct http_input *in;
	struct http_head head;	    /* the request being served */
	struct http_headers common; /* sent with every response: Server, Api-Version … */
	bool keep_alive;	    /* another request may follow */
	bool head_only;		    /* HEAD: a body is counted, not sent */
	bool continue_due;	    /* the client waits for "100 Continue" before its body */
	bool refused;		    /* what came was no request: more of it may come */
	enum { REPLY_NONE, REPLY_CHUNKED, REPLY_UNTIL_CLOSE, REPLY_DONE } reply;
};

#define HTTP_SERVER_INIT                                                                           \
	{                                                                                          \
		.fd = -1                                                                           \
	}

void http_server_init(struct http_server *server, int fd); /* fd is owned from now on */
void http_server_release(struct http_server *server);

/* Wait for the next request (server->head). 1: there is one; 0: the client is gone, or silent for
 * too long; or -errno, what is no request that can be served having been answered already. */
must_check int http_server_next(struct http_server *server);

/* The request's body; "100 Continue" is sent when due. */
must_check ssize_t http_server_body(struct http_server *server, void *buf, size_t len);
/* -EFBIG */
must_check int http_server_body_all(struct http_server *server, size_t max, struct strbuf *out);

struct http_reply {
	int status;
	const char *content_type;	    /* NULL: none */
	const struct http_headers *headers; /* further ones; NULL none */
	const void *body;
	size_t body_len;
};

/* All of these: 0 or -errno (-EPIPE: the client is gone). */
must_check int http_server_reply(struct http_server *server, const struct http_reply *reply);
/* no body yet */
must_check int http_server_begin(struct http_server *server, const struct http_reply *reply);
must_check int http_server_write(struct http_server *server, const void *data, size_t len);
/* Two pieces as one chunk and one write: a frame's header and its data. */
must_check int http_server_write2(struct http_server *server, const void *a, size_t a_len,
				  const void *b, size_t b_len);
must_check int http_server_end(struct http_server *server);

/* Two pieces raw, in one write: on a hijacked connection. */
must_check int http_server_raw2(struct http_server *server, const void *a, size_t a_len,
				const void *b, size_t b_len);

/* Answer a WebSocket's handshake; rest as below. -EBADMSG: the request is none, nothing is sent. */
must_check int http_server_websocket(struct http_server *server, struct strbuf *rest);

/* "101 UPGRADED" when the client asked to upgrade, else 200 until close: the connection carries
 * raw bytes from here on (http_server_raw2). Bytes that the client sent behind its request are
 * in rest. */
must_check int http_server_hijack(struct http_server *server, const char *content_type,
				  struct strbuf *rest);
