/* SPDX-License-Identifier: Apache-2.0 */
/* system migrate: layers to another driver, while nothing runs on them. */
#include <errno.h>

#include "engine/instance.h"
#include "image/mount.h"
#include "layer/layer.h"

/* A root is mounted from the directories that will be replaced. */
static int check_idle(const struct instance *in, void *arg, struct error *err)
{
	if (!in->rec.image_id[0] || !container_status_is_up(in->rec.life.status))
		return 0;
	return error_set(err, ERR_CONFLICT, EBUSY, "container %s runs: stop all containers first",
			 in->rec.name);
}

int engine_migrate(struct engine *e, const char *driver, progress_sink sink, void *arg,
		   struct error *err)
{
	const struct layer_driver *to = layer_driver_find(driver);
	cleanup_fd int no_mounts = -1;
	int r;

	if (!to)
		return error_set(err, ERR_INVALID, EINVAL,
				 "storage-driver \"%s\": there are erofs and overlay", driver);
	r = instances_each(e, check_idle, NULL, err);
	if (r >= 0)
		r = image_mounts_forbid(&e->images, &no_mounts, err);
	return r < 0 ? r : image_migrate(&e->images, to, sink, arg, err);
}
