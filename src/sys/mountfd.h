/* SPDX-License-Identifier: Apache-2.0 */
/* (Not mount.h: that would hide libc's <sys/mount.h> behind -Isrc.) Mounts on file descriptors
 * (open_tree, fsopen, mount_setattr, move_mount: Linux 5.12). A path is resolved once, by sys/path;
 * what is mounted where is said by fds alone. -errno idiom. */
#pragma once

#include <sys/mount.h>
#include <sys/types.h>

#include "base/macros.h"

/* A detached copy of the mount at @path below @dirfd (empty: of dirfd itself). Fd, owned. */
must_check int mount_clone(int dirfd, const char *path, bool recursive);
/* Attach the detached mount @mount_fd on what @target_fd is. */
must_check int mount_attach(int mount_fd, int target_fd);

struct mount_change {
	uint64_t set, clear;  /* MOUNT_ATTR_* */
	uint64_t propagation; /* MS_SHARED MS_SLAVE MS_PRIVATE MS_UNBINDABLE, 0: as it is */
	int userns_fd;	      /* MOUNT_ATTR_IDMAP; 0 none */
	bool recursive;
};

must_check int mount_change(int mount_fd, const struct mount_change *change);

/* A new superblock of @type. @options are "key=value" or "flag"; @attrs MOUNT_ATTR_*. On failure
 * *ret_bad (may be NULL) is the option that was refused, or NULL; it points into @options. Returns
 * a detached mount fd. */
must_check int mount_new(const char *type, const char *source, char *const *options, uint64_t attrs,
			 const char **ret_bad);

/* An EROFS from files, without loop devices: its metadata in the file @index, file data in the file
 * @data beside it. Read-only, detached; holds both files itself. -ENODEV, -ENOTBLK: this kernel
 * cannot (6.12); -EINVAL: not from this file system. */
must_check int mount_erofs(const char *index, const char *data);

/* In a mount namespace of one's own: the mount that holds @dirfd must not pass what is mounted
 * there on to the host, so it becomes a slave. Only that one: the others stay shared, so that a
 * bind with rshared still reaches the host. */
must_check int mount_hide(int dirfd);

/* A private, detached procfs: writes to it cannot be redirected by what a container mounted over
 * /proc. -EPERM without CAP_SYS_ADMIN over the pid namespace. */
must_check int mount_private_proc(void);

/* Make the root @root_fd of this mount namespace and drop the old one (pivot_root on itself).
 * Nothing of that reaches peers of the old mounts. */
must_check int mount_pivot(int root_fd);
