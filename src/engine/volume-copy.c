/* SPDX-License-Identifier: Apache-2.0 */
/* From an image's root into a volume, by fds. */
#include "engine/volume-copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "engine/copy-tree.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/mountfd.h"
#include "sys/path.h"

enum { OPTION_MAX = 255 + sizeof("lowerdir=") - 1 };

/* The n-th name: one letter for most, so that many fit into the option. */
static void layer_name(size_t n, char name[3])
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	size_t base = sizeof(letters) - 1;

	(void)snprintf(name, 3, n < base ? "%c" : "%c%c", letters[n % base],
		       letters[n / base % base]);
}

/* fsconfig(2) takes 255 characters an option: the layers get short names in a directory. */
static int name_layers(int dirfd, const char *upper, char *const *lower, char ***ret_options)
{
	cleanup(strbuf_release) struct strbuf all = STRBUF_INIT;
	char **each = NULL;
	char name[3];

	strbuf_adds(&all, "lowerdir=");
	for (size_t i = 0; i == 0 || lower[i - 1]; i++) {
		layer_name(i, name);
		if (symlinkat(i == 0 ? upper : lower[i - 1], dirfd, name) < 0) {
			strv_free(each);
			return -errno;
		}
		strbuf_addf(&all, i ? ":%s" : "%s", name);
		strv_pushf(&each, "lowerdir+=%s", name);
	}
	if (all.len <= OPTION_MAX) {
		strv_free(each);
		each = NULL;
		strv_push(&each, strbuf_str(&all));
	}
	*ret_options = each;
	return 0;
}

/* FALLBACK(overlay lowerdir+, 6.8): a hundred layers fit into one option, more are refused. */
static int mount_root(int dirfd, const char *upper, char *const *lower)
{
	cleanup(strv_release) char **options = NULL;
	int fd, r = name_layers(dirfd, upper, lower, &options);

	if (r < 0)
		return r;
	if (fchdir(dirfd) < 0)
		return -errno;
	fd = mount_new("overlay", "overlay", options,
		       MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, NULL);
	return chdir("/") < 0 ? -errno : fd;
}

int volume_source_open(int dirfd, const char *upper, char *const *lower, struct volume_source *ret,
		       struct error *err)
{
	cleanup_fd int fd = -1;
	int r = dir_remove_all_at(dirfd, "lower");

	if (r >= 0 && mkdirat(dirfd, "lower", 0700) < 0)
		r = -errno;
	if (r >= 0) {
		fd = openat(dirfd, "lower", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		r = fd < 0 ? -errno : mount_root(fd, upper, lower);
	}
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "look into the image for its volumes");
	*ret = (struct volume_source){ r, dirfd };
	return 0;
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
