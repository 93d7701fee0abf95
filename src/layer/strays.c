/* SPDX-License-Identifier: Apache-2.0 */
/* What lies below layers/ and tmp/ and belongs to nothing. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "layer/layer.h"
#include "oci/digest.h"
#include "store/layers.h"
#include "sys/lock.h"

/* tmp/<name> and tmp/<name>.lock: nobody holds the lock. */
static int is_stray_temp(struct store *store, const char *name, struct error *err)
{
	size_t len = strlen(name);
	bool is_lock = len > 5 && strcmp(name + len - 5, ".lock") == 0, held = false;
	cleanup_free char *lock = xasprintf("tmp/%s%s", name, is_lock ? "" : ".lock");
	cleanup_fd int fd = openat(store->data_fd, lock, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	int r;

	if (fd < 0)
		return errno == ENOENT ? !is_lock
				       : error_set(err, ERR_SYSTEM, errno, "open %s", lock);
	r = lock_is_held(fd, &held);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "look at %s", lock) : !held;
}

static int is_stray_layer(struct store *store, const char *name, struct error *err)
{
	cleanup_free char *diff_id = xasprintf("sha256:%s", name);
	int r = digest_is_valid(diff_id) ? layer_record_get(store, diff_id, NULL, err) : 0;

	return r < 0 ? r : r == 0;
}

static int find_below(struct store *store, const char *dir_name,
		      int (*is_stray)(struct store *store, const char *name, struct error *err),
		      char ***ret, struct error *err)
{
	cleanup_fd int fd = openat(store->data_fd, dir_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (!dir)
		return fd < 0 && errno == ENOENT ? 0
						 : error_set(err, ERR_SYSTEM, errno, "read %s/%s",
							     store->data_root, dir_name);
	(void)take_fd(&fd);
	while (r >= 0 && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		r = is_stray(store, entry->d_name, err);
		if (r > 0)
			strv_push_take(ret, xasprintf("%s/%s", dir_name, entry->d_name));
	}
	(void)closedir(dir);
	return r;
}

/* Under the write lock: a layer that is being committed is in its place before it has its row. */
int layer_strays(struct store *store, char ***ret, struct error *err)
{
	cleanup(strv_release) char **strays = NULL;
	int r = store_begin(store, err);

	if (r < 0)
		return r;
	r = find_below(store, "layers", is_stray_layer, &strays, err);
	if (r >= 0)
		r = find_below(store, "tmp", is_stray_temp, &strays, err);
	store_rollback(store);
	if (r < 0)
		return r;
	*ret = take_ptr(strays);
	return 0;
}
