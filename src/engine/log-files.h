/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a log: NAME, and what was rotated: NAME.1, or NAME.1.gz, which hoy-log makes
 * readable again; and so on. -errno idiom. */
#pragma once

#include <sys/types.h>

#include "base/macros.h"

enum { LOG_FILES_MAX = 1000 };

struct log_files {
	int dirfd;
	char *name;
	char *program; /* hoy-log */
	bool local;    /* wire/local-log.h, not wire/json-log.h */
};

#define LOG_FILES_INIT                                                                             \
	{                                                                                          \
		.dirfd = -1                                                                        \
	}

void log_files_release(struct log_files *files);
/* The fd of number index, 0: the one that is written; -ENOENT. */
must_check int log_files_open(const struct log_files *files, unsigned int index);
/* The oldest. */
must_check int log_files_open_oldest(const struct log_files *files);
/* The one that follows the one that is open as fd (-1: none is), which may have been renamed or
 * compressed meanwhile. -ENOENT. */
must_check int log_files_open_newer(const struct log_files *files, int fd);

/* Where the last *left lines of a file begin, or 0 with *left the number that is missing. */
int64_t log_tail_offset(const struct log_files *files, int fd, int64_t *left);
