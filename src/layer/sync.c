/* SPDX-License-Identifier: Apache-2.0 */
/* Layers on the disk: what an image's transaction needs before it begins. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "layer/driver.h"
#include "sys/file.h"

static int sync_file(int dirfd, const char *name)
{
	cleanup_fd int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* The archive and its index, whose names are in the directory: cheap beside whoever else writes. */
static int sync_index_layer(int dirfd)
{
	int r = sync_file(dirfd, "tar");

	if (r >= 0)
		r = sync_file(dirfd, "index");
	if (r >= 0)
		r = fsync(dirfd) < 0 ? -errno : 0;
	return r;
}

int layer_sync_files(int dirfd, const char *path, bool *ret_rest, struct error *err)
{
	cleanup_fd int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : error_set(err, ERR_SYSTEM, errno, "open %s", path);
	if (faccessat(fd, "index", F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
		*ret_rest = true; /* a tree */
		return 0;
	}
	r = sync_index_layer(fd);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write the layers to the disk") : 0;
}
