/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orphans: a worker, a monitor or a runtime was killed between making something and recording it,
 * or between deleting a record and what belonged to it. Looked for after a list of containers was
 * answered and when a service starts; one query and a few readdirs when there are none.
 */
#include "engine/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/strv.h"
#include "engine/instance.h"
#include "engine/shm.h"
#include "engine/spec-parts.h"
#include "store/containers.h"
#include "sys/cgroup.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/path.h"

enum { ID_LEN = 64 };

/* The ids that have a record, sorted. */
struct known {
	char (*ids)[ID_LEN + 1];
	size_t n, cap;
};

static int compare_ids(const void *a, const void *b)
{
	return memcmp(a, b, ID_LEN);
}

static int known_read(struct engine *e, struct known *ret)
{
	sqlite3_stmt *stmt = NULL;
	int r = store_prepare(&e->store, &stmt, NULL, "SELECT id FROM containers ORDER BY id", "");

	while (r >= 0 && (r = store_step(&e->store, stmt, NULL)) == 1) {
		const char *id = (const char *)sqlite3_column_text(stmt, 0);

		if (!id || strlen(id) != ID_LEN)
			continue;
		if (ret->n == ret->cap) {
			ret->cap = ret->cap ? 2 * ret->cap : 64;
			ret->ids = xrealloc(ret->ids, ret->cap, sizeof(*ret->ids));
		}
		memcpy(ret->ids[ret->n++], id, ID_LEN + 1);
	}
	store_stmt_release(&stmt);
	return r;
}

/* The mutex keeps the maker of a container that has no record yet; a second look at the records
 * finds one that was written meanwhile. */
static bool is_orphan(struct engine *e, const char *id)
{
	cleanup(container_release) struct container rec = CONTAINER_INIT;
	cleanup_free char *mutex = xasprintf("%s/mutex", id);
	cleanup_fd int dir = openat(e->run_fd, id, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int fd = dir < 0 ? -1 : lock_open_at(e->run_fd, mutex);

	if (fd >= 0 && lock_try(fd) < 0)
		return false;
	return container_get(&e->store, id, &rec, NULL) == -ENOENT;
}

static bool is_known(const struct known *known, const char *id)
{
	return known->n && strlen(id) == ID_LEN &&
	       bsearch(id, known->ids, known->n, sizeof(*known->ids), compare_ids);
}

static void sweep_id(struct engine *e, const struct known *known, const char *id)
{
	if (strlen(id) != ID_LEN || strspn(id, "0123456789abcdef") != ID_LEN)
		return;
	if (is_known(known, id))
		return;
	if (!strv_contains(e->trash, id) && is_orphan(e, id))
		strv_push(&e->trash, id);
}

static void sweep_dir(struct engine *e, const struct known *known, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		sweep_id(e, known, entry->d_name);
	if (dir)
		(void)closedir(dir);
}

/* What monitors that were killed left in <run>/layers (monitor/layer-mounts.h): they go with their
 * container. */
static void sweep_users(struct engine *e, const struct known *known)
{
	cleanup_free char *path = path_join(e->config->run_root, "layers");
	cleanup(strv_release) char **layers = NULL;
	cleanup_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || dir_names(fd, &layers) < 0)
		return;
	for (size_t i = 0; layers && layers[i]; i++) {
		cleanup_fd int dir = openat(fd, layers[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		cleanup(strv_release) char **ids = NULL;

		if (dir < 0 || dir_names(dir, &ids) < 0)
			continue;
		for (size_t k = 0; ids && ids[k]; k++) {
			if (!is_known(known, ids[k]) &&
			    faccessat(e->run_fd, ids[k], F_OK, AT_SYMLINK_NOFOLLOW) < 0)
				(void)unlinkat(dir, ids[k], 0);
		}
		(void)unlinkat(fd, layers[i], AT_REMOVEDIR);
	}
}

void sweep_orphans(struct engine *e)
{
	cleanup_free char *data = instance_data_path(e, ".", NULL);
	cleanup_free char *run = instance_run_path(e, ".", NULL);
	struct known known = { 0 };

	if (known_read(e, &known) >= 0) {
		sweep_dir(e, &known, data);
		sweep_dir(e, &known, run);
		sweep_users(e, &known);
	}
	free(known.ids);
}

/* The runtime's state of a container, whichever runtime it had. */
static void clear_runtime(struct engine *e, const char *runtime, const char *id)
{
	cleanup_free char *state = xasprintf("%s/runtime-%s/%s", e->config->run_root, runtime, id);

	ignore_result(dir_remove_all_at(AT_FDCWD, state));
}

static void clear_cgroup(struct engine *e, const char *id)
{
	const struct host_config none = { 0 };
	cleanup_free char *path = spec_cgroup_path(e, &none, id);
	struct cgroup cg = { 0 };

	if (cgroup_find(path, &cg) < 0)
		return;
	ignore_result(cgroup_remove(&cg));
	cgroup_release(&cg);
}

void sweep_clear(struct engine *e, const char *id)
{
	cleanup_free char *data = instance_data_path(e, id, NULL);

	clear_cgroup(e, id);
	clear_runtime(e, "hoy", id);
	for (size_t i = 0; i < e->config->runtimes.n; i++)
		clear_runtime(e, e->config->runtimes.entries[i].key, id);
	shm_unmount(e, id);
	/* last: as long as one of these is there, the next sweep comes by again */
	ignore_result(dir_remove_all_at(e->run_fd, id));
	ignore_result(dir_remove_all_at(AT_FDCWD, data));
}
