/* SPDX-License-Identifier: Apache-2.0 */
/* /metrics: all that a connection to the address of metrics-addr can ask. */
#include <errno.h>
#include <string.h>

#include "api/handlers.h"
#include "api/reply.h"
#include "engine/metrics.h"

int metrics_serve(struct request *req, struct error *err)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *method = req->http->head.method;
	struct engine *engine;
	int r;

	if (strcmp(req->path, "/metrics") != 0)
		return error_set(err, ERR_NOT_FOUND, ENOENT, "page not found");
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return error_set(err, ERR_INVALID, EINVAL, "/metrics can only be read");
	r = request_engine(req, &engine, err);
	if (r >= 0)
		r = engine_metrics(engine, &text, err);
	if (r < 0)
		return r;
	return http_server_reply(req->http,
				 &(struct http_reply){ .status = 200,
						       .content_type = METRICS_CONTENT_TYPE,
						       .body = strbuf_str(&text),
						       .body_len = text.len });
}
