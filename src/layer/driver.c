/* SPDX-License-Identifier: Apache-2.0 */
/* The table of layer drivers: which one a layer is of, which one a store makes new layers with. */
#include "layer/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "oci/digest.h"
#include "store/layers.h"
#include "sys/disk-usage.h"
#include "wire/monitor.h"

static const struct layer_driver *const layer_drivers[] = { &layer_driver_overlay,
							    &layer_driver_erofs };

const struct layer_driver *layer_driver_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(layer_drivers); i++) {
		if (strcmp(layer_drivers[i]->name, name) == 0 ||
		    strcmp(layer_drivers[i]->graph_name, name) == 0)
			return layer_drivers[i];
	}
	return NULL;
}

/* NULL: none, its files are not there. */
static const struct layer_driver *driver_of_layer(int dirfd)
{
	for (size_t i = 0; i < ARRAY_SIZE(layer_drivers); i++) {
		if (faccessat(dirfd, layer_drivers[i]->lower, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return layer_drivers[i];
	}
	return NULL;
}

void layer_stack_release(struct layer_stack *stack)
{
	if (stack)
		strv_release(&stack->lower);
}

static int stack_add(struct store *store, const char *id, struct layer_stack *stack,
		     struct error *err)
{
	cleanup_free char *dir = NULL, *path = NULL;
	const struct layer_driver *driver;
	cleanup_fd int dirfd = -1;

	if (!digest_is_valid(id))
		return error_set(err, ERR_SYSTEM, EINVAL, "layer %.80s", id);
	dir = xasprintf("%s/layers/%s", store->data_root, digest_hex(id));
	dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	driver = dirfd >= 0 ? driver_of_layer(dirfd) : NULL;
	if (!driver)
		return error_set(err, ERR_SYSTEM, errno, "layer %s is missing", id);
	path = xasprintf("%s/%s", dir, driver->lower);
	if (!strv_contains(stack->lower, path)) /* overlayfs refuses a directory twice; the upper
						 * one shows all of the lower */
		strv_push(&stack->lower, path);
	return 0;
}

int layer_stack_open(struct store *store, char *const *diff_ids, struct layer_stack *ret,
		     struct error *err)
{
	cleanup(layer_stack_release) struct layer_stack stack = { NULL };

	stack.lower = xcalloc(1, sizeof(*stack.lower));
	for (size_t i = strv_len(diff_ids); i > 0; i--) {
		int r = stack_add(store, diff_ids[i - 1], &stack, err);

		if (r < 0)
			return r;
	}
	ret->lower = take_ptr(stack.lower);
	return 0;
}

int layer_lower_open(const char *path)
{
	return (lower_is_index(path) ? &layer_driver_erofs : &layer_driver_overlay)->open(path);
}

int layer_begin(struct store *store, const struct layer_temp *temp, const char *name,
		int *ret_dirfd, struct error *err)
{
	cleanup_fd int fd = -1;
	int r = 0;

	if (mkdirat(temp->dirfd, name, 0700) == 0)
		fd = openat(temp->dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = fd < 0 ? -errno : layer_driver_of(store)->begin(fd);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "create a layer's directory");
	*ret_dirfd = take_fd(&fd);
	return 0;
}

int layer_finish(int dirfd, char *const *opaque, struct error *err)
{
	const struct layer_driver *driver = driver_of_layer(dirfd);

	if (!driver)
		return error_set(err, ERR_SYSTEM, errno, "open a new layer");
	return driver->finish(dirfd, opaque, err);
}

int64_t layer_disk_usage(struct store *store, const char *diff_id)
{
	cleanup_free char *path = xasprintf("layers/%s", digest_hex(diff_id));
	int64_t size = 0;

	return disk_usage_at(store->data_fd, path, &size) < 0 ? 0 : size;
}

const struct layer_driver *layer_driver_of_layer(struct store *store, const char *diff_id)
{
	cleanup_free char *dir = xasprintf("layers/%s", digest_hex(diff_id));
	cleanup_fd int fd = openat(store->data_fd, dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? NULL : driver_of_layer(fd);
}

/* Under the write lock, where nobody deletes the layer or commits it anew. */
int layer_exchange(struct store *store, const struct layer_temp *temp, const char *name,
		   const char *diff_id, struct error *err)
{
	cleanup_free char *path = xasprintf("layers/%s", digest_hex(diff_id));
	int r = store_begin(store, err);

	if (r < 0)
		return r;
	r = layer_record_get(store, diff_id, NULL, err);
	if (r > 0)
		r = renameat2(temp->dirfd, name, store->data_fd, path, RENAME_EXCHANGE) < 0
			    ? error_set(err, ERR_SYSTEM, errno, "move layer %s into place", diff_id)
			    : layer_commit_sync(store, err);
	store_rollback(store); /* nothing was written: it was taken for its lock */
	return r < 0 ? r : 0;
}
