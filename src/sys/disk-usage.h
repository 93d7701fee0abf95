/* SPDX-License-Identifier: Apache-2.0 */
/* What a tree takes on the disk, as du(1) counts. -errno idiom. */
#pragma once

#include "base/macros.h"

/* Allocated bytes of @path below @dirfd (AT_FDCWD allowed) and, for a directory, of everything in
 * it, on its file system; a file with several names counts once. What goes away meanwhile does not
 * count. -ENOENT: path itself is not there. */
must_check int disk_usage_at(int dirfd, const char *path, int64_t *ret);
