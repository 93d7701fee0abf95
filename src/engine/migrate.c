/* SPDX-License-Identifier: Apache-2.0 */
/* system migrate: layers to another driver, while nothing runs on them. */
#include <errno.h>

#include "engine/instance.h"
#include "layer/layer.h"

static bool is_up(const struct instance *in)
{
	const int status = (int)in->rec.life.status;

	return status == CONTAINER_RUNNING || status == CONTAINER_RESTARTING ||
	       status == CONTAINER_PAUSED;
}

/* A root is mounted from the directories that will be replaced. */
static int check_idle(struct engine *e, struct error *err)
{
	struct container *recs = NULL;
	size_t n = 0;
	int r = container_list(&e->store, &recs, &n, err);

	for (size_t i = 0; r >= 0 && i < n; i++) {
		struct instance in = INSTANCE_INIT;

		r = instance_from_record(e, &recs[i], &in, err);
		if (r == -ENOENT && !(err && err->kind)) {
			r = 0;
			continue;
		}
		if (r >= 0 && in.rec.image_id[0] && is_up(&in))
			r = error_set(err, ERR_CONFLICT, EBUSY,
				      "container %s runs: stop all containers first", in.rec.name);
		instance_release(&in);
	}
	container_list_free(recs, n);
	return r < 0 ? r : 0;
}

int engine_migrate(struct engine *e, const char *driver, progress_sink sink, void *arg,
		   struct error *err)
{
	const struct layer_driver *to = layer_driver_find(driver);
	int r;

	if (!to)
		return error_set(err, ERR_INVALID, EINVAL,
				 "storage-driver \"%s\": there are erofs and overlay", driver);
	r = check_idle(e, err);
	return r < 0 ? r : image_migrate(&e->images, to, sink, arg, err);
}
