/* SPDX-License-Identifier: Apache-2.0 */
/* /volumes and /plugins: there are none yet, and clients that look for one by name must hear so. */
#include <errno.h>

#include "api/handlers.h"
#include "api/reply.h"

struct volume_list {
	char **volumes, **warnings;
};

static const struct json_field volume_list_fields[] = {
	FIELD_STRV(struct volume_list, volumes, "Volumes"),
	FIELD_FLAGS(struct volume_list, warnings, "Warnings", JSON_STRV, char **,
		    JSON_EMPTY_AS_NULL),
};
static const struct json_shape volume_list_shape =
	JSON_SHAPE(struct volume_list, volume_list_fields, 0);

int volumes_list(struct request *req, struct error *err)
{
	struct volume_list list = { NULL, NULL };

	return reply_json(req, 200, &volume_list_shape, &list);
}

int volumes_none(struct request *req, struct error *err)
{
	return error_set(err, ERR_NOT_FOUND, ENOENT, "get %s: no such volume", req->arg);
}

int plugins_list(struct request *req, struct error *err)
{
	return reply_json_array(req, &volume_list_shape, NULL, 0);
}

int plugins_none(struct request *req, struct error *err)
{
	return error_set(err, ERR_NOT_FOUND, ENOENT, "plugin \"%s\" not found", req->arg);
}
