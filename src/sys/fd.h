/* SPDX-License-Identifier: Apache-2.0 */
/* Whole reads and writes, close_range, fd passing helpers. All fds made here are CLOEXEC. -errno
 * idiom. */
#pragma once

#include <sys/types.h>

#include "base/macros.h"

/* Write all of data (EINTR and short writes handled). */
must_check int fd_write_all(int fd, const void *data, size_t len);
/* Read until len bytes or end of file; returns the count. */
must_check ssize_t fd_read_full(int fd, void *data, size_t len);
/* Read to end of file, at most max bytes (-EFBIG beyond). *ret_data is NUL-terminated and owned
 * by the caller. */
must_check int fd_read_all(int fd, size_t max, char **ret_data, size_t *ret_len);
/* A file without a name that has this in it, to be read from its start. */
must_check int fd_of_text(const void *data, size_t len, int *ret_fd);
/* A CLOEXEC pipe. */
must_check int fd_pipe(int *ret_read, int *ret_write);
must_check int fd_set_cloexec(int fd, bool on);
must_check int fd_set_nonblock(int fd, bool on);
/* Mark every fd >= first CLOEXEC but those in keep[n] (close_range). FALLBACK inside for kernels
 * without it. */
must_check int fd_cloexec_from(int first, const int *keep, size_t n);
