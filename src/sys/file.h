/* SPDX-License-Identifier: Apache-2.0 */
/* Small whole files, directories made and removed, atomic replacement. fd first, then path.
 * -errno idiom. */
#pragma once

#include <sys/types.h>

#include "base/macros.h"

/* Read @name below @dirfd (AT_FDCWD allowed), at most @max bytes (-EFBIG beyond). *ret_data is
 * NUL-terminated, owned by the caller; ret_len may be NULL. Follows no symlink in the last
 * component. */
must_check int file_read_at(int dirfd, const char *name, size_t max, char **ret_data,
			    size_t *ret_len);
/* Create or replace @name by a temporary beside it and rename(2): readers see the old or the
 * new, never a part. */
must_check int file_replace_at(int dirfd, const char *name, const void *data, size_t len,
			       mode_t mode);
/* Write to an existing file (procfs, sysfs, cgroupfs) in one write(2). */
must_check int file_put_at(int dirfd, const char *name, const char *data);
/* mkdir -p below @dirfd; existing directories are left as they are. */
must_check int dir_make_all_at(int dirfd, const char *path, mode_t mode);
/* Write what is dirty of the whole file system that @fd (not O_PATH) lies on, and wait for it. An
 * error of that writing that nobody has been told of yet is returned (since Linux 5.8). */
must_check int fs_sync(int fd);
/* Make the names in @name below @dirfd, a directory, outlive a power cut. */
must_check int dir_sync_at(int dirfd, const char *name);
/* The names in the directory @fd, without "." and "..", sorted by strcmp; owned vector. */
must_check int dir_names(int fd, char ***ret);
/* rm -rf of @name below @dirfd by fds, never following a symlink or crossing a mount; -ENOENT is
 * success. */
must_check int dir_remove_all_at(int dirfd, const char *name);
