/* SPDX-License-Identifier: Apache-2.0 */
/* /auth, /distribution, /images/search. */
#include "image/registry.h"

#include <errno.h>

#include "api/cancel.h"
#include "api/handlers.h"
#include "api/reply.h"

int auth_check(struct request *req, struct error *err)
{
	cleanup(auth_request_release) struct auth_request auth = { 0 };
	cleanup_free char *token = NULL;
	struct auth_reply reply = { .status = (char *)"Login Succeeded" };
	struct engine *engine;
	int r = request_json_required(req, &auth_request_shape, &auth, err);

	if (r >= 0)
		r = request_engine(req, &engine, err);
	if (r < 0)
		return r;
	cancel_with_client(req->http->fd);
	r = image_login(&engine->images, &auth, &token, err);
	cancel_with_client_end(req->http->fd);
	reply.identity_token = token;
	return r < 0 ? r : reply_json(req, 200, &auth_reply_shape, &reply);
}

static const char *auth_header(const struct request *req)
{
	return http_headers_get(&req->http->head.headers, "X-Registry-Auth");
}

int distribution_inspect(struct request *req, struct error *err)
{
	cleanup(distribution_inspect_release) struct distribution_inspect inspect = { 0 };
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	if (r < 0)
		return r;
	cancel_with_client(req->http->fd);
	r = image_distribution(&engine->images, req->arg, auth_header(req), &inspect, err);
	cancel_with_client_end(req->http->fd);
	return r < 0 ? r : reply_json(req, 200, &distribution_inspect_shape, &inspect);
}

int images_search(struct request *req, struct error *err)
{
	struct image_search_options opts = { .term = request_str(req, "term"),
					     .filters_json = request_str(req, "filters"),
					     .auth = auth_header(req) };
	struct fetch_found *found = NULL;
	struct opt_i64 limit = { 0 };
	struct engine *engine;
	size_t n = 0;
	int r;

	if (!opts.term)
		return error_set(err, ERR_INVALID, EINVAL, "a term to search for is required");
	r = request_i64(req, "limit", &limit, err);
	if (r >= 0)
		r = request_engine(req, &engine, err);
	if (r < 0)
		return r;
	opts.limit = limit.value;
	cancel_with_client(req->http->fd);
	r = image_search(&engine->images, &opts, &found, &n, err);
	cancel_with_client_end(req->http->fd);
	if (r < 0)
		return r;
	r = reply_json_array(req, &fetch_found_shape, found, n);
	json_release_array(&fetch_found_shape, found, n);
	return r;
}
