/* SPDX-License-Identifier: Apache-2.0 */
/* /volumes. And /plugins: there are none, and clients that look for one by name must hear so. */
#include <errno.h>
#include <string.h>

#include "api/handlers.h"
#include "api/reply.h"
#include "base/json.h"
#include "engine/volumes.h"

int volumes_list(struct request *req, struct error *err)
{
	cleanup(volume_list_response_release) struct volume_list_response list = { NULL };
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	if (r >= 0)
		r = engine_volume_list(engine, request_str(req, "filters"), &list.volumes,
				       &list.n_volumes, err);
	return r < 0 ? r : reply_json(req, 200, &volume_list_response_shape, &list);
}

int volumes_create(struct request *req, struct error *err)
{
	cleanup(volume_create_request_release) struct volume_create_request create = { NULL };
	cleanup(volume_release) struct volume volume = { NULL };
	struct engine *engine;
	int r = request_json(req, &volume_create_request_shape, &create, err);

	if (r >= 0)
		r = request_engine(req, &engine, err);
	if (r >= 0)
		r = engine_volume_create(engine, &create, &volume, err);
	return r < 0 ? r : reply_json(req, 201, &volume_shape, &volume);
}

int volumes_inspect(struct request *req, struct error *err)
{
	cleanup(volume_release) struct volume volume = { NULL };
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	if (r >= 0)
		r = engine_volume_inspect(engine, req->arg, &volume, err);
	return r < 0 ? r : reply_json(req, 200, &volume_shape, &volume);
}

int volumes_remove(struct request *req, struct error *err)
{
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	if (r >= 0)
		r = engine_volume_remove(engine, req->arg, request_bool(req, "force"), err);
	return r < 0 ? r : reply_empty(req, 204);
}

enum { PRUNE_ANONYMOUS_SINCE = 42 }; /* older clients mean all of them */

int volumes_prune(struct request *req, struct error *err)
{
	cleanup(volume_prune_response_release) struct volume_prune_response response = { NULL };
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	if (r >= 0)
		r = engine_volume_prune(engine, request_str(req, "filters"),
					req->minor < PRUNE_ANONYMOUS_SINCE, &response, err);
	return r < 0 ? r : reply_json(req, 200, &volume_prune_response_shape, &response);
}

int plugins_list(struct request *req, struct error *err)
{
	return reply_json_array(req, &string_list_shape, NULL, 0);
}

int plugins_none(struct request *req, struct error *err)
{
	cleanup_free char *name = xstrdup(req->arg);
	char *action = strrchr(name, '/');

	if (action && strcmp(req->http->head.method, "POST") == 0)
		*action = '\0'; /* NAME/enable */
	return error_set(err, ERR_NOT_FOUND, ENOENT, "plugin \"%s\" not found", name);
}

int plugins_refused(struct request *req, struct error *err)
{
	return error_set(err, ERR_UNAVAILABLE, ENOSYS,
			 "hoy has no plugins: nothing can be installed");
}

/* Only cluster volumes can be changed. */
int volumes_update(struct request *req, struct error *err)
{
	struct opt_i64 version = { 0 };
	int r = request_i64(req, "version", &version, err);

	if (r < 0)
		return r;
	if (!version.set)
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid swarm object version '': a number is needed");
	return system_no_swarm(req, err);
}
