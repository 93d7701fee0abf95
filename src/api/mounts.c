/* SPDX-License-Identifier: Apache-2.0 */
/* Mounted images: /images/mounts, /images/…/mount, /images/…/umount. Docker has no such thing. */
#include "image/mount.h"

#include "api/handlers.h"
#include "api/reply.h"

int mounts_list(struct request *req, struct error *err)
{
	struct image_mount *items = NULL;
	struct engine *engine;
	size_t n = 0;
	int r = request_engine(req, &engine, err);

	if (r >= 0)
		r = image_mounts(&engine->images, &items, &n, err);
	if (r < 0)
		return r;
	r = reply_json_array(req, &image_mount_shape, items, n);
	json_release_array(&image_mount_shape, items, n);
	return r;
}

int mounts_mount(struct request *req, struct error *err)
{
	cleanup(image_mount_release) struct image_mount mount = { NULL };
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	if (r >= 0)
		r = image_mount(&engine->images, req->arg, &mount, err);
	return r < 0 ? r : reply_json(req, 200, &image_mount_shape, &mount);
}

int mounts_umount(struct request *req, struct error *err)
{
	cleanup(image_mount_release) struct image_mount mount = { NULL };
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	if (r >= 0)
		r = image_umount(&engine->images, req->arg, request_bool(req, "force"), &mount.id,
				 err);
	return r < 0 ? r : reply_json(req, 200, &image_mount_shape, &mount);
}
