/* SPDX-License-Identifier: Apache-2.0 */
/* The overlay driver, and the directories of containers. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/strbuf.h"
#include "layer/driver.h"
#include "layer/record.h"
#include "sys/file.h"
#include "sys/path.h"

static int make_owned_dir(int dirfd, const char *name, mode_t mode, uint32_t uid, uint32_t gid)
{
	if (mkdirat(dirfd, name, mode) < 0 && errno != EEXIST)
		return -errno;
	if ((uid != 0 || gid != 0) && fchownat(dirfd, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return 0;
}

int layer_upper_create(struct store *store, const char *container_id, uint32_t uid, uint32_t gid,
		       struct error *err)
{
	cleanup_free char *path = xasprintf("containers/%s", container_id);
	cleanup_fd int dirfd = -1;
	int r;

	r = dir_make_all_at(store->data_fd, path, 0700);
	if (r >= 0) {
		dirfd = openat(store->data_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		r = dirfd < 0 ? -errno : make_owned_dir(dirfd, "upper", 0755, uid, gid);
	}
	if (r >= 0)
		r = make_owned_dir(dirfd, "work", 0700, uid, gid);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "create the root of container %s",
				 container_id);
	return 0;
}

void layer_upper_remove(struct store *store, const char *container_id)
{
	static const char *const names[] = { "upper", "work" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_free char *path = xasprintf("containers/%s/%s", container_id, names[i]);

		if (dir_remove_all_at(store->data_fd, path) < 0)
			return; /* what stays goes with the container's directory */
	}
}

static int overlay_begin(int dirfd)
{
	cleanup_fd int record_fd = -1;

	if (mkdirat(dirfd, "diff", 0755) < 0 || mkdirat(dirfd, RECORD_REPLACED, 0755) < 0)
		return -errno;
	record_fd = openat(dirfd, RECORD_NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return record_fd < 0 ? -errno : 0;
}

static int mark_opaque(int dirfd, char *const *paths, struct error *err)
{
	for (size_t i = 0; paths && paths[i]; i++) {
		const char *path = *paths[i] ? paths[i] : ".";
		cleanup_fd int fd = path_open(dirfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0,
					      LOOKUP_IN_ROOT);

		if (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP)
			continue; /* a later entry took its place */
		if (fd < 0 || fsetxattr(fd, "trusted.overlay.opaque", "y", 1, 0) < 0)
			return error_set(err, ERR_SYSTEM, fd < 0 ? -fd : errno,
					 "mark /%.256s as opaque", path);
	}
	return 0;
}

static int overlay_finish(int dirfd, char *const *opaque, struct error *err)
{
	cleanup_fd int fd = openat(dirfd, "diff", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open a layer's directory");
	(void)unlinkat(dirfd, RECORD_REPLACED, AT_REMOVEDIR); /* only when it is empty */
	return mark_opaque(fd, opaque, err);
}

static int overlay_open(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

const struct layer_driver layer_driver_overlay = {
	.name = "overlay",
	.graph_name = "overlay2",
	.lower = "diff",
	.begin = overlay_begin,
	.finish = overlay_finish,
	.open = overlay_open,
};
