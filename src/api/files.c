/* SPDX-License-Identifier: Apache-2.0 */
/* Containers' files: /containers/…/changes, /containers/…/export, /commit. */
#include <errno.h>
#include <string.h>

#include "api/handlers.h"
#include "api/reply.h"
#include "base/strv.h"
#include "engine/changes.h"

int files_changes(struct request *req, struct error *err)
{
	struct filesystem_change *items = NULL;
	struct engine *engine;
	size_t n = 0;
	int r = request_engine(req, &engine, err);

	if (r >= 0)
		r = engine_changes(engine, req->arg, &items, &n, err);
	if (r < 0)
		return r;
	r = n > 0 ? reply_json_array(req, &filesystem_change_shape, items, n) : reply_null(req);
	json_release_array(&filesystem_change_shape, items, n);
	return r;
}

static int export_begin(void *arg)
{
	return reply_stream(arg, "application/octet-stream");
}

static int export_write(void *arg, const void *data, size_t len)
{
	struct request *req = arg;

	return http_server_write(req->http, data, len);
}

int files_export(struct request *req, struct error *err)
{
	const struct engine_export_sink sink = { export_begin, export_write, req };
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	return r < 0 ? r : engine_export(engine, req->arg, &sink, err);
}

/* A body of {} or none leaves the container's config as it is. */
static int commit_body(struct request *req, struct container_config *config, bool *ret_given,
		       struct error *err)
{
	cleanup(strbuf_release) struct strbuf none = STRBUF_INIT, text = STRBUF_INIT;
	const struct container_config empty = { 0 };
	int r = request_json(req, &container_config_shape, config, err);

	if (r < 0)
		return r;
	json_encode(&container_config_shape, &empty, &none);
	json_encode(&container_config_shape, config, &text);
	*ret_given = strcmp(strbuf_str(&none), strbuf_str(&text)) != 0;
	return 0;
}

int files_commit(struct request *req, struct error *err)
{
	cleanup(container_config_release) struct container_config config = { 0 };
	cleanup(exec_create_response_release) struct exec_create_response answer = { NULL };
	cleanup(strv_release) char **changes = NULL;
	struct engine_commit_options opts = {
		.container = request_str(req, "container"),
		.repository = request_str(req, "repo"),
		.tag = request_str(req, "tag"),
		.comment = request_str(req, "comment"),
		.author = request_str(req, "author"),
		.pause = !url_query_get(&req->query, "pause") || request_bool(req, "pause"),
	};
	struct engine *engine;
	bool given = false;
	int r;

	if (!opts.container)
		return error_set(err, ERR_INVALID, EINVAL, "container is required");
	r = commit_body(req, &config, &given, err);
	if (r < 0)
		return r;
	request_list(req, "changes", &changes);
	opts.changes = changes;
	opts.config = given ? &config : NULL;
	r = request_engine(req, &engine, err);
	if (r >= 0)
		r = engine_commit(engine, &opts, &answer.id, err);
	return r < 0 ? r : reply_json(req, 201, &exec_create_response_shape, &answer);
}
