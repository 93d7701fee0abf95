/* SPDX-License-Identifier: Apache-2.0 */
/* From an image's root into a volume, by fds. */
#include "engine/volume-copy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "engine/copy-tree.h"
#include "layer/layer.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/path.h"

int volume_source_open(int dirfd, const char *upper, char *const *lower, struct volume_source *ret,
		       struct error *err)
{
	int root_fd, r = dir_remove_all_at(dirfd, "lower");
	cleanup_fd int fd = -1;

	if (r >= 0 && mkdirat(dirfd, "lower", 0700) < 0)
		r = -errno;
	if (r >= 0) {
		fd = openat(dirfd, "lower", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		r = fd < 0 ? -errno : 0;
	}
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "look into the image for its volumes");
	r = layer_stack_mount(lower, upper, fd, &root_fd, err);
	if (r >= 0)
		*ret = (struct volume_source){ root_fd, dirfd };
	return r;
}

void volume_source_release(struct volume_source *source)
{
	if (source->dirfd >= 0)
		ignore_result(dir_remove_all_at(source->dirfd, "lower"));
	macros_close_fd(&source->root_fd);
	source->dirfd = -1; /* not ours */
}

/* The mark stands beside the files; the lock is on its file, which then is the volume's own. */
static char *mark_of(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	return xasprintf("%.*s/%s", (int)(slash - path), path, name);
}

bool volume_is_filled(const char *path)
{
	cleanup_free char *mark = mark_of(path, "copying");

	return access(mark, F_OK) < 0 && !copy_tree_is_empty(path);
}

static int copy_locked(int from_fd, const char *path)
{
	cleanup_free char *mark = mark_of(path, "copying");
	cleanup_fd int to_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	cleanup_fd int mark_fd = -1;
	int r;

	if (to_fd < 0)
		return -errno;
	if (volume_is_filled(path))
		return 0; /* another was faster */
	mark_fd = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (mark_fd < 0)
		return -errno;
	r = copy_tree(from_fd, to_fd);
	if (r >= 0 && unlink(mark) < 0)
		r = -errno;
	return r;
}

int volume_copy_up(const struct volume_source *source, const char *target, const char *name,
		   const char *path, struct error *err)
{
	cleanup_free char *lock = mark_of(path, "lock");
	cleanup_fd int lock_fd = lock_open_at(AT_FDCWD, lock);
	cleanup_fd int from_fd =
		path_open(source->root_fd, target, O_RDONLY | O_DIRECTORY, 0, LOOKUP_IN_ROOT);
	int r;

	if (from_fd == -ENOENT)
		return 0;
	if (from_fd == -ENOTDIR)
		return error_set(err, ERR_INVALID, ENOTDIR,
				 "cannot mount volume over existing file, file exists %s", target);
	r = lock_fd < 0 ? lock_fd : from_fd < 0 ? from_fd : lock_take(lock_fd);
	if (r >= 0)
		r = copy_locked(from_fd, path);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "copy %s of the image into volume %s", target,
				 name)
		     : 0;
}
