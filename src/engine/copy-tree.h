/* SPDX-License-Identifier: Apache-2.0 */
/* A directory tree copied as it is: owners, modes, times, extended attributes, devices, hard links.
 * -errno idiom. */
#pragma once

#include "base/macros.h"

/* Everything below from_fd into the directory to_fd, which gets from_fd's own attributes too. Names
 * that are there already stay as they are; a file appears under its name when it is complete. No
 * symlink is followed. -ELOOP: nested too deep. */
must_check int copy_tree(int from_fd, int to_fd);
/* A directory that has no entries, or is none. */
bool copy_tree_is_empty(const char *path);
