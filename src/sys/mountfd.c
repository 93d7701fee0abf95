/* SPDX-License-Identifier: Apache-2.0 */
/* The new mount API, one function per thing that the runtime does with it. */
#include "sys/mountfd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "base/strbuf.h"

enum { UP_MAX = 256 };

int mount_clone(int dirfd, const char *path, bool recursive)
{
	unsigned int flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
	int fd;

	if (recursive)
		flags |= AT_RECURSIVE;
	if (!*path)
		flags |= AT_EMPTY_PATH;
	fd = open_tree(dirfd, path, flags);
	return fd < 0 ? -errno : fd;
}

int mount_attach(int mount_fd, int target_fd)
{
	if (move_mount(mount_fd, "", target_fd, "",
		       MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return -errno;
	return 0;
}

int mount_change(int mount_fd, const struct mount_change *change)
{
	struct mount_attr attr = {
		.attr_set = change->set,
		.attr_clr = change->clear,
		.propagation = change->propagation,
		.userns_fd = (uint64_t)change->userns_fd,
	};
	unsigned int flags = AT_EMPTY_PATH | (change->recursive ? AT_RECURSIVE : 0);

	if (!attr.attr_set && !attr.attr_clr && !attr.propagation)
		return 0;
	/* An access time mode is a field of several bits: setting one needs the field cleared. */
	if (attr.attr_set & MOUNT_ATTR__ATIME || attr.attr_clr & MOUNT_ATTR__ATIME)
		attr.attr_clr |= MOUNT_ATTR__ATIME;
	return mount_setattr(mount_fd, "", flags, &attr, sizeof(attr)) < 0 ? -errno : 0;
}

static int configure(int fs_fd, const char *option)
{
	const char *value = strchr(option, '=');
	cleanup_free char *key = NULL;
	int r;

	if (!value)
		return fsconfig(fs_fd, FSCONFIG_SET_FLAG, option, NULL, 0) < 0 ? -errno : 0;
	key = xstrndup(option, (size_t)(value - option));
	r = fsconfig(fs_fd, FSCONFIG_SET_STRING, key, value + 1, 0);
	return r < 0 ? -errno : 0;
}

int mount_new(const char *type, const char *source, char *const *options, uint64_t attrs,
	      const char **ret_bad)
{
	cleanup_fd int fs_fd = fsopen(type, FSOPEN_CLOEXEC);
	int fd, r;

	if (ret_bad)
		*ret_bad = NULL;
	if (fs_fd < 0)
		return -errno;
	if (source && fsconfig(fs_fd, FSCONFIG_SET_STRING, "source", source, 0) < 0)
		return -errno;
	for (char *const *option = options; option && *option; option++) {
		r = configure(fs_fd, *option);
		if (r < 0) {
			if (ret_bad)
				*ret_bad = *option;
			return r;
		}
	}
	if (fsconfig(fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	fd = fsmount(fs_fd, FSMOUNT_CLOEXEC, (unsigned int)attrs);
	return fd < 0 ? -errno : fd;
}

int mount_erofs(const char *index, const char *data)
{
	cleanup_free char *dir = xstrndup(index, (size_t)(strrchr(index, '/') - index));
	cleanup_fd int index_fd = open(index, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_fd int dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int data_fd = openat(dirfd, data, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_free char *source = xasprintf("/proc/self/fd/%d", index_fd);
	cleanup_free char *device = xasprintf("device=/proc/self/fd/%d", data_fd);
	char *options[] = { device, NULL };

	if (index_fd < 0 || data_fd < 0)
		return -errno;
	return mount_new("erofs", source, options, MOUNT_ATTR_RDONLY, NULL);
}

/* FALLBACK(STATX_ATTR_MOUNT_ROOT, 5.8): every mount becomes a slave. */
int mount_hide(int dirfd)
{
	struct mount_attr slave = { .propagation = MS_SLAVE };
	cleanup_fd int fd = fcntl(dirfd, F_DUPFD_CLOEXEC, 3);

	for (int i = 0; fd >= 0 && i < UP_MAX; i++) {
		struct statx stx;
		int up;

		if (statx(fd, "", AT_EMPTY_PATH, 0, &stx) < 0)
			return -errno;
		if (!(stx.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT))
			break;
		if ((stx.stx_attributes & STATX_ATTR_MOUNT_ROOT) &&
		    mount_setattr(fd, "", AT_EMPTY_PATH, &slave, sizeof(slave)) == 0)
			return 0;
		up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (up < 0)
			return -errno;
		macros_close_fd(&fd);
		fd = up;
	}
	return mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ? -errno : 0;
}

int mount_private_proc(void)
{
	cleanup_fd int fd = mount_new("proc", "proc", NULL,
				      MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
				      NULL);
	struct statfs st;

	if (fd < 0)
		return fd;
	if (fstatfs(fd, &st) < 0)
		return -errno;
	return st.f_type == PROC_SUPER_MAGIC ? take_fd(&fd) : -ENOTDIR;
}

int mount_pivot(int root_fd)
{
	cleanup_fd int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (old < 0 || fchdir(root_fd) < 0)
		return -errno;
	/* Both on ".": the old root ends up on top of the new one (pivot_root(2), "Notes"). "." is
	 * still the new one for all but umount(2), so go where the old one is: what is done to it
	 * must not reach its peers on the host, and the new one keeps its propagation. */
	if (syscall(SYS_pivot_root, ".", ".") < 0 || fchdir(old) < 0)
		return -errno;
	if (mount(NULL, ".", NULL, MS_SLAVE | MS_REC, NULL) < 0)
		return -errno;
	if (umount2(".", MNT_DETACH) < 0)
		return -errno;
	return chdir("/") < 0 ? -errno : 0;
}
