/* SPDX-License-Identifier: Apache-2.0 */
/* Layers in the making, their way into place, and what goes again. Invariants: layer.h,
 * store/images.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "layer/layer.h"
#include "oci/digest.h"
#include "store/layers.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/lock.h"

enum { REMOVE_WAIT_MS = 2 };

/* A lock file of our own: locked, and still the one that has the name (a sweep may have been
 * between). */
static int temp_lock(struct store *store, const char *path, int *ret_fd)
{
	while (true) {
		cleanup_fd int fd = lock_open_at(store->data_fd, path);
		struct stat st;
		int r;

		if (fd < 0)
			return fd;
		r = lock_take(fd);
		if (r < 0)
			return r;
		if (fstat(fd, &st) < 0)
			return -errno;
		if (st.st_nlink > 0) {
			*ret_fd = take_fd(&fd);
			return 0;
		}
	}
}

static int list_names(struct store *store, const char *path, char ***ret)
{
	cleanup_fd int fd = openat(store->data_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	DIR *dir;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	dir = fdopendir(fd);
	if (!dir)
		return -errno;
	(void)take_fd(&fd);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] != '.')
			strv_push(ret, entry->d_name);
	}
	(void)closedir(dir);
	return 0;
}

/* Remove tmp/<name> and its lock file when nobody holds it. */
static int sweep_temp(struct store *store, const char *name)
{
	cleanup_free char *path = xasprintf("tmp/%s", name);
	cleanup_free char *lock = xasprintf("%s.lock", path);
	cleanup_fd int fd = lock_open_at(store->data_fd, lock);
	int r;

	if (fd < 0)
		return fd;
	r = lock_try(fd);
	if (r < 0)
		return r == -EAGAIN ? 0 : r;
	r = dir_remove_all_at(store->data_fd, path);
	if (r >= 0)
		(void)unlinkat(store->data_fd, lock, 0);
	return r;
}

static int sweep_temps(struct store *store)
{
	cleanup(strv_release) char **names = NULL;
	int r = list_names(store, "tmp", &names);

	for (size_t i = 0; r >= 0 && names && names[i]; i++) {
		char *dot = strrchr(names[i], '.');

		if (dot && strcmp(dot, ".lock") == 0)
			*dot = '\0';
		r = sweep_temp(store, names[i]);
	}
	return r;
}

static int temp_make(struct store *store, struct layer_temp *ret, struct error *err)
{
	struct layer_temp temp = LAYER_TEMP_INIT;
	cleanup_free char *path = NULL, *lock = NULL;
	uint64_t number;
	int r;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return error_set(err, ERR_SYSTEM, errno, "random numbers");
	temp.name = xasprintf("%016llx", (unsigned long long)number);
	path = xasprintf("tmp/%s", temp.name);
	lock = xasprintf("%s.lock", path);
	r = dir_make_all_at(store->data_fd, "tmp", 0700);
	if (r >= 0)
		r = sweep_temps(store);
	if (r >= 0)
		r = temp_lock(store, lock, &temp.lock_fd);
	if (r >= 0 && mkdirat(store->data_fd, path, 0700) < 0)
		r = -errno;
	if (r >= 0) {
		temp.dirfd = openat(store->data_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		r = temp.dirfd < 0 ? -errno : 0;
	}
	if (r < 0) {
		layer_temp_release(store, &temp);
		return error_set(err, ERR_SYSTEM, -r, "create a temporary directory in %s",
				 store->data_root);
	}
	*ret = temp;
	return 0;
}

/* Who makes a new one takes away what killed ones left: usually there is nothing to read. A layer
 * that was held in another boot may not be whole on the disk: whoever wants it gets it anew. */
int layer_temp_new(struct store *store, struct layer_temp *ret, struct error *err)
{
	int r = layer_gc(store, err);

	return r < 0 ? r : temp_make(store, ret, err);
}

void layer_temp_release(struct store *store, struct layer_temp *temp)
{
	if (temp->name) {
		cleanup_free char *path = xasprintf("tmp/%s", temp->name);
		cleanup_free char *lock = xasprintf("%s.lock", path);

		if (dir_remove_all_at(store->data_fd, path) >= 0) /* else the next sweep */
			(void)unlinkat(store->data_fd, lock, 0);
	}
	if (temp->dirfd >= 0)
		(void)close(temp->dirfd);
	if (temp->lock_fd >= 0)
		(void)close(temp->lock_fd);
	free(temp->name);
	*temp = (struct layer_temp)LAYER_TEMP_INIT;
}

int layer_sync(struct store *store, struct error *err)
{
	int r = dir_make_all_at(store->data_fd, "layers", 0700);
	cleanup_fd int fd = -1;

	if (r >= 0)
		fd = openat(store->data_fd, "layers", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r >= 0)
		r = fd < 0 ? -errno : fs_sync(fd);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write the layers to the disk") : 0;
}

int layer_commit_sync(struct store *store, struct error *err)
{
	int r = dir_sync_at(store->data_fd, "layers");

	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write %s/layers to the disk",
				 store->data_root)
		     : 0;
}

/* layers/<hex> exists without a record (its removal was cut short): out of the way with it. */
static int displace_orphan(struct store *store, const struct layer_temp *temp, const char *hex)
{
	cleanup_free char *path = xasprintf("layers/%s", hex);
	cleanup_free char *away = xasprintf("orphan-%s", hex);

	if (renameat(store->data_fd, path, temp->dirfd, away) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

int layer_commit(struct store *store, const struct layer_temp *temp, const char *name,
		 const char *diff_id, int64_t size, struct error *err)
{
	cleanup_free char *path = xasprintf("layers/%s", digest_hex(diff_id));
	int r = layer_record_get(store, diff_id, NULL, err);

	if (r != 0)
		return r < 0 ? r : 0;
	r = dir_make_all_at(store->data_fd, "layers", 0700);
	if (r >= 0 && renameat(temp->dirfd, name, store->data_fd, path) < 0)
		r = -errno;
	if (r == -EEXIST || r == -ENOTEMPTY) {
		r = displace_orphan(store, temp, digest_hex(diff_id));
		if (r >= 0 && renameat(temp->dirfd, name, store->data_fd, path) < 0)
			r = -errno;
	}
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "move layer %s into place", diff_id);
	return layer_record_put(store, diff_id, size, err);
}

int layer_replace(struct store *store, const struct layer_temp *temp, const char *name,
		  const char *diff_id, struct error *err)
{
	cleanup_free char *path = xasprintf("layers/%s", digest_hex(diff_id));
	int r = renameat2(temp->dirfd, name, store->data_fd, path, RENAME_EXCHANGE);

	if (r < 0 && errno == ENOENT)
		r = renameat(temp->dirfd, name, store->data_fd, path);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, errno, "move layer %s into place", diff_id);
	return 0;
}

/* Under the write lock, where nobody commits a layer: directories without record move to temp. */
static int displace_without_record(struct store *store, const struct layer_temp *temp,
				   char *const *hexes, struct error *err)
{
	int r;

	r = store_begin(store, err);
	for (size_t i = 0; r >= 0 && hexes && hexes[i]; i++) {
		cleanup_free char *diff_id = xasprintf("sha256:%s", hexes[i]);
		int found = layer_record_get(store, diff_id, NULL, err);

		r = found < 0 ? found : 0;
		if (found == 0 && displace_orphan(store, temp, hexes[i]) < 0)
			r = error_set(err, ERR_SYSTEM, errno, "remove layer %s", diff_id);
	}
	store_rollback(store); /* nothing was written: it was taken for its lock */
	return r;
}

/* In a child of ours: fds 0, 1, 2 are the data root, the lock and the sign of life, and
 * everything else is closed, a client's connection above all. */
static void keep_three(struct store *store, struct layer_temp *temp, int alive_fd)
{
	int from[] = { store->data_fd, temp->lock_fd, alive_fd };

	for (int i = 0; i < 3; i++)
		from[i] = fcntl(from[i], F_DUPFD, 3);
	for (int i = 0; i < 3; i++)
		(void)dup2(from[i], i);
	closefrom(3);
	store->data_fd = 0;
	temp->lock_fd = 1;
	temp->dirfd = -1;
}

/*
 * The answer does not wait for a big tree to be deleted: a child does it, and is given a moment,
 * so that little things are gone when the answer comes. It has nothing of ours but the data root
 * and the lock; killed half-way, it leaves the rest to the sweep. The child's parent ends at
 * once: nobody has to wait for it.
 */
static void remove_aside(struct store *store, struct layer_temp *temp)
{
	cleanup_fd int done_fd = -1, alive_fd = -1;
	struct pollfd p = { .events = POLLIN };
	pid_t pid;

	if (fd_pipe(&done_fd, &alive_fd) < 0 || (pid = fork()) < 0) {
		layer_temp_release(store, temp);
		return;
	}
	if (pid == 0) {
		if (fork() != 0)
			_exit(0);
		keep_three(store, temp, alive_fd);
		layer_temp_release(store, temp);
		_exit(0);
	}
	(void)waitpid(pid, NULL, 0);
	macros_close_fd(&alive_fd);
	alive_fd = -1;
	p.fd = done_fd;
	(void)poll(&p, 1, REMOVE_WAIT_MS); /* readable: the end, its last copy is closed */
	macros_close_fd(&temp->dirfd);
	macros_close_fd(&temp->lock_fd);
	free(temp->name);
	*temp = (struct layer_temp)LAYER_TEMP_INIT;
}

/* Record first, directory after: a crash between leaves an orphan for layer_sweep, never a record
 * without its directory. After a power cut too, hence durable. */
int layer_gc(struct store *store, struct error *err)
{
	cleanup(strv_release) char **unused = NULL, **hexes = NULL;
	struct layer_temp temp = LAYER_TEMP_INIT;
	int r;

	r = layer_record_unused(store, &unused, err);
	if (r < 0 || !unused)
		return r; /* without a transaction: the rule */
	strv_release(&unused);
	r = store_begin_durable(store, err);
	if (r < 0)
		return r;
	r = layer_record_unused(store, &unused, err);
	for (size_t i = 0; r >= 0 && unused && unused[i]; i++) {
		strv_push(&hexes, digest_hex(unused[i]));
		r = layer_record_delete(store, unused[i], err);
	}
	if (r >= 0 && hexes)
		r = store_commit(store, err);
	store_rollback(store);
	if (r < 0 || !hexes)
		return r;
	r = temp_make(store, &temp, err);
	if (r < 0)
		return r;
	r = displace_without_record(store, &temp, hexes, err);
	remove_aside(store, &temp);
	return r;
}

static int sweep_orphans(struct store *store, struct error *err)
{
	cleanup(strv_release) char **names = NULL, **orphans = NULL;
	struct layer_temp temp = LAYER_TEMP_INIT;
	int r = list_names(store, "layers", &names);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read %s/layers", store->data_root);
	for (size_t i = 0; names && names[i]; i++) {
		cleanup_free char *diff_id = xasprintf("sha256:%s", names[i]);

		r = digest_is_valid(diff_id) ? layer_record_get(store, diff_id, NULL, err) : 1;
		if (r < 0)
			return r;
		if (r == 0)
			strv_push(&orphans, names[i]);
	}
	if (!orphans)
		return 0;
	r = temp_make(store, &temp, err);
	if (r < 0)
		return r;
	r = displace_without_record(store, &temp, orphans, err);
	layer_temp_release(store, &temp);
	return r;
}

int layer_sweep(struct store *store, struct error *err)
{
	int r = sweep_temps(store);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "sweep %s/tmp", store->data_root);
	return sweep_orphans(store, err);
}
