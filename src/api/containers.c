/* SPDX-License-Identifier: Apache-2.0 */
/* /containers: everything that is one question and one answer, and wait. */
#include <errno.h>
#include <string.h>

#include "api/handlers.h"
#include "api/reply.h"
#include "api/versions.h"

static int send_piece(void *arg, struct strbuf *text)
{
	struct request *req = arg;
	int r = req->http->reply == REPLY_NONE ? reply_stream(req, "application/json") : 0;

	if (r >= 0)
		r = http_server_write(req->http, text->data, text->len);
	strbuf_reset(text);
	return r;
}

int containers_list(struct request *req, struct error *err)
{
	struct container_list_options opts = {
		.all = request_bool(req, "all"),
		.size = request_bool(req, "size"),
		.brief = request_bool(req, "brief"),
		.filters_json = request_str(req, "filters"),
		.send = send_piece,
		.send_arg = req,
	};
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct opt_i64 limit = { 0 };
	struct engine *engine;
	int r = request_i64(req, "limit", &limit, err);

	if (r < 0)
		return r;
	opts.limit = limit.value > 0 ? limit.value : 0;
	r = request_engine(req, &engine, err);
	if (r < 0)
		return r;
	versions_list(req, &opts);
	r = engine_list(engine, &opts, &text, err);
	if (r < 0)
		return r;
	if (req->http->reply == REPLY_NONE)
		return reply_json_text(req, 200, &text);
	strbuf_addc(&text, '\n');
	return send_piece(req, &text);
}

int containers_create(struct request *req, struct error *err)
{
	cleanup(container_create_request_release) struct container_create_request create = { 0 };
	cleanup(container_create_response_release) struct container_create_response response = {
		0
	};
	const struct engine_create_options opts = {
		.name = request_str(req, "name"),
		.platform = request_str(req, "platform"),
	};
	struct engine *engine;
	int r = request_json_required(req, &container_create_request_shape, &create, err);

	if (r >= 0)
		r = versions_create(req, &create, err);
	if (r < 0)
		return r;
	r = request_engine(req, &engine, err);
	if (r < 0)
		return r;
	r = engine_create(engine, &opts, &create, &response, err);
	return r < 0 ? r : reply_json(req, 201, &container_create_response_shape, &response);
}

int containers_inspect(struct request *req, struct error *err)
{
	cleanup(container_inspect_release) struct container_inspect inspect = { 0 };
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	if (r < 0)
		return r;
	r = engine_inspect(engine, req->arg, request_bool(req, "size"), &inspect, err);
	return r < 0 ? r : reply_json(req, 200, &container_inspect_shape, &inspect);
}

/* 204, or 304 when there was nothing to do. */
static int reply_changed(struct request *req, int r, const struct error *err)
{
	if (r == -EALREADY && err->kind == ERR_NONE)
		return reply_empty(req, 304);
	return r < 0 ? r : reply_empty(req, 204);
}

int containers_start(struct request *req, struct error *err)
{
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	return r < 0 ? r : reply_changed(req, engine_start(engine, req->arg, err), err);
}

static int stop_options(struct request *req, struct engine_stop_options *ret, struct error *err)
{
	ret->signal = req->minor >= VERSION_STOP_SIGNAL ? request_str(req, "signal") : NULL;
	return request_i64(req, "t", &ret->timeout, err);
}

int containers_stop(struct request *req, struct error *err)
{
	struct engine_stop_options opts = { 0 };
	struct engine *engine;
	int r = stop_options(req, &opts, err);

	if (r < 0)
		return r;
	r = request_engine(req, &engine, err);
	return r < 0 ? r : reply_changed(req, engine_stop(engine, req->arg, &opts, err), err);
}

int containers_restart(struct request *req, struct error *err)
{
	struct engine_stop_options opts = { 0 };
	struct engine *engine;
	int r = stop_options(req, &opts, err);

	if (r < 0)
		return r;
	r = request_engine(req, &engine, err);
	return r < 0 ? r : reply_changed(req, engine_restart(engine, req->arg, &opts, err), err);
}

int containers_kill(struct request *req, struct error *err)
{
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	if (r < 0)
		return r;
	return reply_changed(req, engine_kill(engine, req->arg, request_str(req, "signal"), err),
			     err);
}

int containers_pause(struct request *req, struct error *err)
{
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	return r < 0 ? r : reply_changed(req, engine_pause(engine, req->arg, err), err);
}

int containers_unpause(struct request *req, struct error *err)
{
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	return r < 0 ? r : reply_changed(req, engine_unpause(engine, req->arg, err), err);
}

/* The body is a part of HostConfig: Resources and RestartPolicy. */
int containers_update(struct request *req, struct error *err)
{
	cleanup(host_config_release) struct host_config change = { 0 };
	const struct container_update_response response = { NULL };
	struct engine *engine;
	int r = request_json(req, &host_config_shape, &change, err);

	if (r < 0)
		return r;
	r = request_engine(req, &engine, err);
	if (r >= 0)
		r = engine_update(engine, req->arg, &change, err);
	return r < 0 ? r : reply_json(req, 200, &container_update_response_shape, &response);
}

int containers_rename(struct request *req, struct error *err)
{
	const char *name = request_str(req, "name");
	struct engine *engine;
	int r;

	if (!name)
		return error_set(err, ERR_INVALID, EINVAL,
				 "Neither old nor new names may be empty");
	r = request_engine(req, &engine, err);
	return r < 0 ? r : reply_changed(req, engine_rename(engine, req->arg, name, err), err);
}

int containers_remove(struct request *req, struct error *err)
{
	struct engine_remove_options opts = {
		.force = request_bool(req, "force"),
		.volumes = request_bool(req, "v"),
		.link = request_bool(req, "link"),
	};
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	return r < 0 ? r : reply_changed(req, engine_remove(engine, req->arg, &opts, err), err);
}

int containers_top(struct request *req, struct error *err)
{
	cleanup(container_top_release) struct container_top top = { 0 };
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	if (r < 0)
		return r;
	r = engine_top(engine, req->arg, request_str(req, "ps_args"), &top, err);
	return r < 0 ? r : reply_json(req, 200, &container_top_shape, &top);
}

static int parse_condition(const char *text, enum wait_condition *ret, struct error *err)
{
	if (!text || strcmp(text, "not-running") == 0)
		*ret = WAIT_NOT_RUNNING;
	else if (strcmp(text, "next-exit") == 0)
		*ret = WAIT_NEXT_EXIT;
	else if (strcmp(text, "removed") == 0)
		*ret = WAIT_REMOVED;
	else
		return error_set(err, ERR_INVALID, EINVAL, "invalid condition: \"%s\"", text);
	return 0;
}

/* The header tells the client that no later exit will be missed: it may start the container now. */
static int wait_armed(void *arg)
{
	return reply_stream(arg, "application/json");
}

int containers_wait(struct request *req, struct error *err)
{
	struct container_wait_response response = { 0 };
	struct container_wait_error failure = { 0 };
	enum wait_condition condition = WAIT_NOT_RUNNING;
	struct engine *engine;
	int code = 0, r = parse_condition(request_str(req, "condition"), &condition, err);

	if (r < 0)
		return r;
	r = request_engine(req, &engine, err);
	if (r < 0)
		return r;
	r = engine_wait(engine, req->arg, condition, req->http->fd, wait_armed, req, &code, err);
	if (r < 0 && (req->http->reply == REPLY_NONE || err->kind == ERR_NONE))
		return r;
	response.status_code = r < 0 ? -1 : code;
	if (r < 0) {
		failure.message = (char *)error_text(err);
		response.error = &failure;
	}
	r = reply_stream_json(req, &container_wait_response_shape, &response);
	error_release(err);
	return r;
}
