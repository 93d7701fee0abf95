/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container's root seen without mounting it: the files that overlayfs would show, looked up
 * through
 * its layer directories (whiteouts, opaque directories and symlinks as overlayfs and the kernel
 * treat
 * them). For the two small files that a start must read; every directory is opened by fd, no path
 * is
 * resolved by the kernel across more than one component, so no symlink leads out of the root.
 */
#pragma once

#include "base/macros.h"

/* Read the regular file @path ("etc/passwd") as seen through @dirs (uppermost first), at most @max
 * bytes. -ENOENT when the root has no such file, -ELOOP, -EFBIG, -EINVAL when it is not regular.
 * *ret_data is NUL-terminated and owned by the caller. */
must_check int rootview_read(char *const *dirs, const char *path, size_t max, char **ret_data);
