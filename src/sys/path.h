/* SPDX-License-Identifier: Apache-2.0 */
/* One door for paths inside a root, volume, layer or build context: resolved once by openat2;
 * after that only the fd is used. And lexical helpers on strings. -errno idiom. */
#pragma once

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/types.h>

#include "base/macros.h"

enum {
	/* symlinks stay inside the root */
	LOOKUP_IN_ROOT = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	/* leaving the root is -EXDEV */
	LOOKUP_BENEATH = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	LOOKUP_NO_LINKS = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
};

/* Open @path below @rootfd; O_CLOEXEC is added. */
must_check int path_open(int rootfd, const char *path, int flags, mode_t mode, uint64_t lookup);
/* Make the directory @path below @rootfd component by component on fds (mkdirat, O_NOFOLLOW
 * outside of what exists), and return an O_PATH fd of it: symlinks that exist are resolved in
 * the root. */
must_check int path_mkdir_all(int rootfd, const char *path, mode_t mode);
/* "a//b/./../c" -> "a/c"; absolute stays absolute, ".." never leaves "/". Owned. */
char *path_clean(const char *path);
char *path_join(const char *a, const char *b); /* cleaned; owned */
bool path_is_absolute(const char *path);
