/* SPDX-License-Identifier: Apache-2.0 */
/* /containers/{id}/exec and /exec: create, start (detached or with streams), resize, inspect. */
#include <string.h>

#include "api/handlers.h"
#include "api/output.h"
#include "api/reply.h"

int execs_create(struct request *req, struct error *err)
{
	cleanup(exec_create_request_release) struct exec_create_request create = { 0 };
	cleanup(exec_create_response_release) struct exec_create_response response = { 0 };
	struct engine *engine;
	int r = request_json(req, &exec_create_request_shape, &create, err);

	if (r < 0)
		return r;
	r = request_engine(req, &engine, err);
	if (r < 0)
		return r;
	r = engine_exec_create(engine, req->arg, &create, &response.id, err);
	return r < 0 ? r : reply_json(req, 201, &exec_create_response_shape, &response);
}

/* The answer is out when a start fails behind it: tell on the stream, where the person looks. */
static int start_attached(struct request *req, struct engine *engine,
			  const struct exec_start_request *start, struct error *err)
{
	struct attachment *at = NULL;
	bool tty;
	int r = engine_exec_open(engine, req->arg, start, &at, &tty, err);

	if (r < 0)
		return r;
	r = output_hijack(req, at, tty, err);
	if (r < 0 && err->kind != ERR_NONE && req->http->reply == REPLY_UNTIL_CLOSE) {
		struct output output = { .http = req->http, .framed = !tty };
		cleanup_free char *text = xasprintf("%s\r\n", error_text(err));

		(void)output_raw(&output, 1, text, strlen(text));
	}
	engine_attach_free(at);
	return r;
}

int execs_start(struct request *req, struct error *err)
{
	cleanup(exec_start_request_release) struct exec_start_request start = { 0 };
	struct engine *engine;
	int r = request_json(req, &exec_start_request_shape, &start, err);

	if (r < 0)
		return r;
	r = request_engine(req, &engine, err);
	if (r < 0)
		return r;
	if (!start.detach)
		return start_attached(req, engine, &start, err);
	r = engine_exec_start_detached(engine, req->arg, err);
	return r < 0 ? r : reply_empty(req, 200);
}

int execs_resize(struct request *req, struct error *err)
{
	return output_resize(req, engine_exec_resize, err);
}

int execs_inspect(struct request *req, struct error *err)
{
	cleanup(exec_inspect_release) struct exec_inspect inspect = { 0 };
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	if (r < 0)
		return r;
	r = engine_exec_inspect(engine, req->arg, &inspect, err);
	return r < 0 ? r : reply_json(req, 200, &exec_inspect_shape, &inspect);
}
