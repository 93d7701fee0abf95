/* SPDX-License-Identifier: Apache-2.0 */
/* Files in and out of containers: /containers/…/archive. */
#include <errno.h>

#include "api/feeder.h"
#include "api/handlers.h"
#include "api/reply.h"
#include "base/base64.h"
#include "engine/copy.h"

static int path_of(const struct request *req, const char **ret, struct error *err)
{
	*ret = request_str(req, "path");
	return *ret ? 0 : error_set(err, ERR_INVALID, EINVAL, "bad parameter: pathcannot be empty");
}

static void stat_header(const struct container_path_stat *stat, struct http_headers *headers)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT, value = STRBUF_INIT;

	json_encode(&container_path_stat_shape, stat, &text);
	base64_encode(text.data, text.len, false, &value);
	http_headers_add(headers, PATH_STAT_HEADER, strbuf_str(&value));
}

int copies_stat(struct request *req, struct error *err)
{
	cleanup(container_path_stat_release) struct container_path_stat stat = { 0 };
	cleanup(http_headers_release) struct http_headers headers = HTTP_HEADERS_INIT;
	const struct http_reply reply = { .status = 200, .headers = &headers };
	struct engine *engine;
	const char *path;
	int r = path_of(req, &path, err);

	if (r >= 0)
		r = request_engine(req, &engine, err);
	if (r >= 0)
		r = engine_copy_stat(engine, req->arg, path, &stat, err);
	if (r < 0)
		return r;
	stat_header(&stat, &headers);
	return http_server_reply(req->http, &reply);
}

static int get_begin(void *arg, const struct container_path_stat *stat)
{
	cleanup(http_headers_release) struct http_headers headers = HTTP_HEADERS_INIT;
	const struct http_reply reply = {
		.status = 200,
		.content_type = "application/x-tar",
		.headers = &headers,
	};
	struct request *req = arg;

	stat_header(stat, &headers);
	return http_server_begin(req->http, &reply);
}

static int get_write(void *arg, const void *data, size_t len)
{
	struct request *req = arg;

	return http_server_write(req->http, data, len);
}

int copies_get(struct request *req, struct error *err)
{
	const struct engine_copy_sink sink = { get_begin, get_write, req };
	struct engine *engine;
	const char *path;
	int r = path_of(req, &path, err);

	if (r >= 0)
		r = request_engine(req, &engine, err);
	return r < 0 ? r : engine_copy_read(engine, req->arg, path, &sink, err);
}

int copies_put(struct request *req, struct error *err)
{
	cleanup(feeder_release) struct feeder feeder = FEEDER_INIT;
	struct engine_copy_write_options opts = {
		.ref = req->arg,
		.keep_kinds = request_bool(req, "noOverwriteDirNonDir"),
		.own = request_bool(req, "copyUIDGID"),
	};
	struct engine *engine;
	int r = path_of(req, &opts.path, err);

	if (r >= 0)
		r = request_engine(req, &engine, err);
	if (r >= 0)
		r = feeder_start(req, &feeder, err);
	if (r < 0)
		return r;
	opts.tar_fd = feeder.fd;
	r = engine_copy_write(engine, &opts, err);
	return r < 0 ? r : reply_empty(req, 200);
}
