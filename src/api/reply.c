/* SPDX-License-Identifier: Apache-2.0 */
/* Answers, and the only place where an error's kind becomes an HTTP status. */
#include "api/reply.h"

#include <string.h>

int reply_json_text(struct request *req, int status, struct strbuf *text)
{
	struct http_reply reply = { .status = status, .content_type = "application/json" };
	int r;

	strbuf_addc(text, '\n');
	reply.body = text->data;
	reply.body_len = text->len;
	r = http_server_reply(req->http, &reply);
	strbuf_release(text);
	return r;
}

int reply_empty(struct request *req, int status)
{
	struct http_reply reply = { .status = status };

	return http_server_reply(req->http, &reply);
}

int reply_text(struct request *req, int status, const char *text)
{
	struct http_reply reply = {
		.status = status,
		.content_type = "text/plain; charset=utf-8",
		.body = text,
		.body_len = strlen(text),
	};

	return http_server_reply(req->http, &reply);
}

int reply_json(struct request *req, int status, const struct json_shape *shape, const void *obj)
{
	struct strbuf text = STRBUF_INIT;

	json_encode(shape, obj, &text);
	return reply_json_text(req, status, &text);
}

int reply_json_array(struct request *req, const struct json_shape *shape, const void *items,
		     size_t n)
{
	struct strbuf text = STRBUF_INIT;

	json_encode_array(shape, items, n, &text);
	return reply_json_text(req, 200, &text);
}

int reply_null(struct request *req)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_adds(&text, "null");
	return reply_json_text(req, 200, &text);
}

int reply_stream(struct request *req, const char *content_type)
{
	struct http_reply reply = { .status = 200, .content_type = content_type };

	return http_server_begin(req->http, &reply);
}

int reply_stream_json(struct request *req, const struct json_shape *shape, const void *obj)
{
	struct strbuf line = STRBUF_INIT;
	int r;

	json_encode(shape, obj, &line);
	strbuf_addc(&line, '\n');
	r = http_server_write(req->http, line.data, line.len);
	strbuf_release(&line);
	return r;
}

int error_status(const struct error *err)
{
	switch (err->kind) {
	case ERR_INVALID:
		return 400;
	case ERR_UNAUTHORIZED:
		return 401;
	case ERR_FORBIDDEN:
		return 403;
	case ERR_NOT_FOUND:
		return 404;
	case ERR_CONFLICT:
		return 409;
	case ERR_NOT_IMPLEMENTED:
		return 501;
	case ERR_UNAVAILABLE:
		return 503;
	case ERR_NONE:
	case ERR_SYSTEM:
		break;
	}
	return 500;
}

int reply_error(struct request *req, const struct error *err)
{
	struct error_response body = { .message = (char *)error_text(err) };

	return reply_json(req, error_status(err), &error_response_shape, &body);
}
