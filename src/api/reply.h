/* SPDX-License-Identifier: Apache-2.0 */
/* Answers. Each returns 0, or -errno with no error set: the client is gone, and there is nobody
 * to tell. */
#pragma once

#include "api/request.h"

int reply_empty(struct request *req, int status);
int reply_text(struct request *req, int status, const char *text);
int reply_json(struct request *req, int status, const struct json_shape *shape, const void *obj);
int reply_json_array(struct request *req, const struct json_shape *shape, const void *items,
		     size_t n);
/* JSON that is written already; the text is used up. */
int reply_json_text(struct request *req, int status, struct strbuf *text);

/* Where Docker says null of a list without items. */
int reply_null(struct request *req);

/* A body whose pieces are written with http_server_write; the dispatcher ends it. */
int reply_stream(struct request *req, const char *content_type);
/* One object as a line of such a stream. */
int reply_stream_json(struct request *req, const struct json_shape *shape, const void *obj);

int error_status(const struct error *err); /* kind -> HTTP status, here alone */
int reply_error(struct request *req, const struct error *err);
