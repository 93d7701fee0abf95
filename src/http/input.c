/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages from a socket. The parser is stopped (paused) at each piece of a body and at the end
 * of each message, so that what is behind stays in the buffer: the next request of a pipeline,
 * or the raw bytes behind an upgrade.
 *
 * (1) buf[start..end) is not parsed yet. (2) piece, when its length is not 0, points into buf
 * before start and has not been handed out; buf is filled only when both are empty. (3)
 * complete: the message ended, its body with it.
 */
#include "http/message.h"

#include <errno.h>
#include <http_parser.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
	INPUT_BUFFER = 32 * 1024,
	/* of a body that nobody read; beyond it the connection is not worth keeping */
	SKIP_MAX = 256 * 1024,
};

struct http_input {
	int fd;
	http_parser parser;
	struct http_head *head; /* being filled; NULL when none */
	struct strbuf target, name, value;
	size_t n_bytes; /* of this head, as handed to us by the parser */
	bool value_seen, head_done, complete, head_only, no_version;
	bool broken; /* the parser refused something: nothing more is read */
	const char *piece;
	size_t piece_len;
	size_t start, end;
	char buf[INPUT_BUFFER];
};

/* Headers come in pieces: a name begins when the last thing seen was a value. */
static void header_commit(struct http_input *in)
{
	if (in->name.len > 0)
		http_headers_add(&in->head->headers, strbuf_str(&in->name), strbuf_str(&in->value));
	strbuf_reset(&in->name);
	strbuf_reset(&in->value);
	in->value_seen = false;
}

/* Non-zero makes the parser stop: the limits of a head. */
static int head_grow(struct http_input *in, struct strbuf *sb, const char *at, size_t len)
{
	in->n_bytes += len;
	if (in->n_bytes > HTTP_HEAD_MAX || in->head->headers.n >= HTTP_HEADERS_MAX)
		return 1;
	strbuf_add(sb, at, len);
	return 0;
}

static int on_url(http_parser *parser, const char *at, size_t len)
{
	struct http_input *in = parser->data;

	/* at the end of a request line without a version, the parser has just taken it for 0.9 */
	in->no_version = parser->http_major == 0 && parser->http_minor == 9;
	return head_grow(in, &in->target, at, len);
}

static int on_header_field(http_parser *parser, const char *at, size_t len)
{
	struct http_input *in = parser->data;

	if (in->head_done)
		return 0; /* a trailer behind a chunked body: nobody reads those */
	if (in->value_seen)
		header_commit(in);
	return head_grow(in, &in->name, at, len);
}

static int on_header_value(http_parser *parser, const char *at, size_t len)
{
	struct http_input *in = parser->data;

	in->value_seen = true;
	return in->head_done ? 0 : head_grow(in, &in->value, at, len);
}

/* The parser takes any version, and blanks in names: others might read "Content-Length : 1" as a
 * length, so we do not let it pass. */
static bool has_odd_name(const struct http_headers *headers)
{
	for (size_t i = 0; i < headers->n; i++)
		if (strpbrk(headers->items[i].name, " \t"))
			return true;
	return false;
}

static int on_headers_complete(http_parser *parser)
{
	struct http_input *in = parser->data;

	header_commit(in);
	if (parser->http_major != 1 || has_odd_name(&in->head->headers))
		return -1;
	in->head_done = true;
	return in->head_only ? 1 : 0;
}

static int on_body(http_parser *parser, const char *at, size_t len)
{
	struct http_input *in = parser->data;

	in->piece = at;
	in->piece_len = len;
	http_parser_pause(parser, 1);
	return 0;
}

static int on_message_complete(http_parser *parser)
{
	struct http_input *in = parser->data;

	in->complete = true;
	http_parser_pause(parser, 1);
	return 0;
}

static const http_parser_settings input_settings = {
	.on_url = on_url,
	.on_header_field = on_header_field,
	.on_header_value = on_header_value,
	.on_headers_complete = on_headers_complete,
	.on_body = on_body,
	.on_message_complete = on_message_complete,
};

struct http_input *http_input_new(int fd, enum http_input_kind kind)
{
	struct http_input *in = xmalloc(sizeof(*in));

	/* not buf: its pages are touched when used */
	memset(in, 0, offsetof(struct http_input, buf));
	in->fd = fd;
	in->complete = true;
	http_parser_init(&in->parser, kind == HTTP_INPUT_REQUESTS ? HTTP_REQUEST : HTTP_RESPONSE);
	http_parser_set_max_header_size(HTTP_HEAD_MAX);
	in->parser.data = in;
	return in;
}

void http_input_free(struct http_input **in)
{
	if (!*in)
		return;
	strbuf_release(&(*in)->target);
	strbuf_release(&(*in)->name);
	strbuf_release(&(*in)->value);
	free(*in);
	*in = NULL;
}

/* Parse what the buffer holds, until the parser wants more or has something for us. An empty
 * buffer tells the parser of the end of file: right for a body that lasts until close, an error
 * elsewhere. */
static int input_parse(struct http_input *in)
{
	if (in->broken)
		return -EBADMSG;
	http_parser_pause(&in->parser, 0);
	in->start += http_parser_execute(&in->parser, &input_settings, in->buf + in->start,
					 in->end - in->start);
	if (HTTP_PARSER_ERRNO(&in->parser) == HPE_OK ||
	    HTTP_PARSER_ERRNO(&in->parser) == HPE_PAUSED)
		return 0;
	in->broken = true;
	switch (HTTP_PARSER_ERRNO(&in->parser)) {
	case HPE_HEADER_OVERFLOW:
	case HPE_CB_url:
	case HPE_CB_header_field:
	case HPE_CB_header_value:
		return -E2BIG;
	case HPE_CB_headers_complete:
		return in->parser.http_major != 1 && !in->no_version ? -EPROTONOSUPPORT : -EBADMSG;
	default:
		return -EBADMSG;
	}
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Wait until deadline (-1: for ever) and read. 1: there are bytes, 0: end of file. */
static int input_fill(struct http_input *in, int64_t deadline)
{
	int flags = deadline < 0 ? 0 : MSG_DONTWAIT;

	in->start = in->end = 0;
	for (;;) {
		ssize_t n = recv(in->fd, in->buf, sizeof(in->buf), flags);
		struct pollfd pfd = { .fd = in->fd, .events = POLLIN };
		int64_t left = deadline < 0 ? -1 : deadline - now_ms();

		if (n >= 0) {
			in->end = (size_t)n;
			return n > 0;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return -errno;
		if (deadline >= 0 && left <= 0)
			return -ETIMEDOUT;
		if (poll(&pfd, 1, (int)left) < 0 && errno != EINTR)
			return -errno;
	}
}

static int64_t deadline_in(int ms)
{
	return ms < 0 ? -1 : now_ms() + ms;
}

/* More of the body into piece, or complete. */
static int body_advance(struct http_input *in, int64_t deadline)
{
	bool eof = false;
	int r;

	while (!in->complete && in->piece_len == 0) {
		if (in->start == in->end) {
			r = input_fill(in, deadline);
			if (r < 0)
				return r;
			eof = r == 0;
		}
		r = input_parse(in);
		if (r < 0 || (eof && !in->complete))
			return -EBADMSG;
	}
	return 0;
}

ssize_t http_input_body(struct http_input *in, void *buf, size_t len, int stall_ms)
{
	int r = body_advance(in, deadline_in(stall_ms));

	if (r < 0)
		return r;
	if (len > in->piece_len)
		len = in->piece_len;
	if (len == 0)
		return 0;
	memcpy(buf, in->piece, len);
	in->piece += len;
	in->piece_len -= len;
	return (ssize_t)len;
}

int http_input_body_all(struct http_input *in, size_t max, int all_ms, struct strbuf *out)
{
	int64_t deadline = deadline_in(all_ms);

	for (size_t total = 0;;) {
		int r = body_advance(in, deadline);

		if (r < 0)
			return r;
		if (in->piece_len == 0)
			return 0;
		total += in->piece_len;
		if (total > max)
			return -EFBIG;
		strbuf_add(out, in->piece, in->piece_len);
		in->piece_len = 0;
	}
}

bool http_input_body_ended(const struct http_input *in)
{
	return in->complete && in->piece_len == 0;
}

bool http_input_buffered(struct http_input *in)
{
	/* What ends a chunk may be left of the last read: it is taken here. */
	while (!in->complete && in->piece_len == 0 && in->start < in->end && input_parse(in) == 0)
		;
	return in->complete || in->piece_len > 0;
}

bool http_input_body_drop(struct http_input *in)
{
	in->piece_len = 0;
	while (!in->complete && in->start < in->end && input_parse(in) == 0)
		in->piece_len = 0;
	return http_input_body_ended(in);
}

static int body_skip(struct http_input *in, int all_ms)
{
	int64_t deadline = deadline_in(all_ms);

	for (size_t total = 0; !http_input_body_ended(in);) {
		int r = body_advance(in, deadline);

		if (r < 0)
			return r;
		total += in->piece_len;
		if (total > SKIP_MAX)
			return -EFBIG;
		in->piece_len = 0;
	}
	return 0;
}

static void head_finish(struct http_input *in)
{
	struct http_head *head = take_ptr(in->head);
	bool response = in->parser.type == HTTP_RESPONSE;

	head->target = strbuf_take(&in->target);
	if (!response)
		head->method = xstrdup(http_method_str(in->parser.method));
	head->status = response ? (int)in->parser.status_code : 0;
	head->keep_alive = http_should_keep_alive(&in->parser);
	head->upgrade = in->parser.upgrade;
	head->minor = in->parser.http_minor;
}

static int head_read(struct http_input *in, const struct http_wait *wait)
{
	bool began = in->start < in->end;
	int64_t deadline = deadline_in(began ? wait->head_ms : wait->idle_ms);

	while (!in->head_done) {
		int r = 1;

		if (in->start == in->end)
			r = input_fill(in, deadline);
		if (r == 0)
			return began ? -ECONNRESET : 0;
		if (r > 0)
			r = input_parse(in);
		if (r < 0)
			return r;
		if (!began)
			deadline = deadline_in(wait->head_ms);
		began = true;
	}
	return 1;
}

int http_input_head(struct http_input *in, const struct http_wait *wait, struct http_head *ret)
{
	struct http_head head = HTTP_HEAD_INIT;
	int r = body_skip(in, wait->head_ms);

	if (r < 0)
		return r;
	in->head = &head;
	in->n_bytes = 0;
	in->head_done = in->complete = false;
	in->head_only = wait->head_only;
	strbuf_reset(&in->target);
	strbuf_reset(&in->name);
	strbuf_reset(&in->value);
	r = head_read(in, wait);
	if (r <= 0) {
		in->head = NULL;
		in->complete = true; /* nothing more comes of this input */
		http_head_release(&head);
		return r;
	}
	head_finish(in);
	*ret = head;
	return 1;
}

void http_input_take_rest(struct http_input *in, struct strbuf *out)
{
	strbuf_add(out, in->piece, in->piece_len);
	strbuf_add(out, in->buf + in->start, in->end - in->start);
	in->piece_len = 0;
	in->start = in->end = 0;
}
