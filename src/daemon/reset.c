/* SPDX-License-Identifier: Apache-2.0 */
/* hoyd --reset. */
#include "daemon/reset.h"

#include <fcntl.h>
#include <string.h>

#include "image/mount.h"
#include "store/containers.h"
#include "sys/cgroup.h"
#include "sys/file.h"

static int remove_containers(struct engine *engine, struct error *err)
{
	const struct engine_remove_options opts = { .force = true, .volumes = true };
	struct container *list = NULL;
	size_t n = 0;
	int r = container_list(&engine->store, &list, &n, err);

	for (size_t i = 0; i < n && r >= 0; i++) {
		struct error one = ERROR_INIT;

		/* one that goes away meanwhile is as good as removed */
		if (engine_remove(engine, list[i].id, &opts, &one) < 0 &&
		    one.kind != ERR_NOT_FOUND && one.kind != ERR_NONE)
			r = error_set(err, one.kind, 0, "remove %s: %s", list[i].name,
				      error_text(&one));
		error_release(&one);
	}
	container_list_free(list, n);
	return r < 0 ? r : 0;
}

/* The containers' common parent. It may be a group that others use too, so nothing is killed
 * for it: one that has processes stays. */
static int remove_cgroup(const struct engine_config *config, struct error *err)
{
	const char *path = *config->cgroup_parent ? config->cgroup_parent : "/hoy";
	struct cgroup cg = { 0 };
	pid_t *pids = NULL;
	size_t n = 0;
	int r = cgroup_find(path, &cg);

	if (r >= 0 && (cgroup_pids(&cg, &pids, &n) < 0 || n == 0))
		r = cgroup_remove(&cg);
	free(pids);
	cgroup_release(&cg);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "remove cgroup '%s'", path) : 0;
}

/* By name, for the run root may be a directory that others use too. */
static int remove_run_state(const struct engine_config *config, struct error *err)
{
	static const char *const names[] = { "containers",   "images",	      "layers",	    "names",
					     "network.lock", "network.state", "runtime-hoy" };
	cleanup_fd int fd = open(config->run_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(names) && r >= 0; i++)
		r = dir_remove_all_at(fd, names[i]);
	for (size_t i = 0; i < config->runtimes.n && r >= 0; i++) {
		cleanup_free char *name = xasprintf("runtime-%s", config->runtimes.entries[i].key);

		r = dir_remove_all_at(fd, name);
	}
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "clear '%s'", config->run_root);
	(void)rmdir(config->run_root);
	return 0;
}

int reset_engine(struct engine_config *config, struct error *err)
{
	struct engine engine;
	int r = engine_open(config, &engine, err);

	if (r < 0)
		return r;
	r = engine_reap_all(&engine, err);
	if (r >= 0)
		r = remove_containers(&engine, err);
	if (r >= 0)
		r = image_umount_all(&engine.images, err);
	if (r >= 0)
		r = network_reset(&engine.store, &engine.network, err);
	engine_release(&engine);
	if (r >= 0)
		r = remove_cgroup(config, err);
	return r < 0 ? r : remove_run_state(config, err);
}
