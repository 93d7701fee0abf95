/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 messages as they come in on a socket, for both sides: the server reads requests, the
 * client responses. http-parser does the grammar; here are the buffer, the limits and the
 * deadlines. -errno idiom:
 *
 *	-EBADMSG	not HTTP, or a body cut short
 *	-E2BIG		head larger than HTTP_HEAD_MAX
 *	-EPROTONOSUPPORT not HTTP/1.x
 *	-ETIMEDOUT	the peer stalled
 *	-ECONNRESET	closed inside a head
 */
#pragma once

#include <sys/types.h>

#include "base/strbuf.h"

enum {
	HTTP_HEAD_MAX = 64 * 1024,	 /* request line or status line, and all headers */
	HTTP_HEADERS_MAX = 256,		 /* header lines */
	HTTP_JSON_MAX = 4 * 1024 * 1024, /* a body that is read whole */
};

struct http_header {
	char *name, *value;
};

struct http_headers {
	struct http_header *items;
	size_t n;
};

#define HTTP_HEADERS_INIT                                                                          \
	{                                                                                          \
		NULL, 0                                                                            \
	}

/* copies */
void http_headers_add(struct http_headers *headers, const char *name, const char *value);
/* any case; NULL when absent */
const char *http_headers_get(const struct http_headers *headers, const char *name);
/* Is token one of the comma-separated values of a header: Connection: keep-alive, Upgrade. */
bool http_headers_has_token(const struct http_headers *headers, const char *name,
			    const char *token);
void http_headers_release(struct http_headers *headers);

struct http_head {
	char *method; /* request: "GET"; NULL in a response */
	char *target; /* request: as sent, "/v1.45/info?x=y" */
	int status;   /* response: 200 */
	struct http_headers headers;
	bool keep_alive;    /* the peer allows another message */
	bool upgrade;	    /* a request to upgrade, or a 101 */
	unsigned int minor; /* of HTTP/1.x */
};

#define HTTP_HEAD_INIT                                                                             \
	{                                                                                          \
		.status = 0                                                                        \
	}

void http_head_release(struct http_head *head);

enum http_input_kind { HTTP_INPUT_REQUESTS, HTTP_INPUT_RESPONSES };

struct http_input;

struct http_input *http_input_new(int fd, enum http_input_kind kind); /* fd is borrowed */
void http_input_free(struct http_input **in);

/* Read the next head. idle_ms: how long to wait for its first byte, head_ms: from there to its
 * end; -1 for ever. What is left of the body before is skipped. head_only: the response to a
 * HEAD request, it has no body. Returns 1: *ret is filled; 0: the peer closed, no byte of a
 * message came; or -errno. */
struct http_wait {
	int idle_ms, head_ms;
	bool head_only;
};
must_check int http_input_head(struct http_input *in, const struct http_wait *wait,
			       struct http_head *ret);

/* Next bytes of the body, decoded: a count, 0 at its end, or -errno. Waits stall_ms for each
 * piece, -1 for ever. */
must_check ssize_t http_input_body(struct http_input *in, void *buf, size_t len, int stall_ms);
/* The whole body, at most max bytes (-EFBIG beyond), which has all_ms to come. */
must_check int http_input_body_all(struct http_input *in, size_t max, int all_ms,
				   struct strbuf *out);
bool http_input_body_ended(const struct http_input *in);
/* Bytes of the message wait here, or its end does: poll(2) on the fd would not tell. */
bool http_input_buffered(struct http_input *in);
/* Drop what of the body is here already, without waiting. True: that was all of it. */
bool http_input_body_drop(struct http_input *in);

/* Bytes that came behind an upgrade: moved to out. */
void http_input_take_rest(struct http_input *in, struct strbuf *out);

const char *http_status_text(int status); /* "Not Found"; "" when unknown */
