/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's log file: cuts output into lines, writes them as records (wire/json-log.h) and
 * rotates NAME -> NAME.1 -> … when it has grown to its size.
 */
#pragma once

#include "base/error.h"
#include "base/strbuf.h"
#include "wire/monitor.h"

struct log_tail {
	char *data; /* begin of a line whose end has not come yet; made when first needed */
	size_t len;
};

struct logfile {
	int dirfd; /* -1: driver none */
	int fd;
	const char *name; /* last component of the path */
	bool torn;	  /* the last write failed, perhaps within a record */
	int64_t size, max_size;
	unsigned int max_file;
	struct log_tail tails[2];
	struct strbuf out; /* records that are not written yet */
};

#define LOGFILE_INIT                                                                               \
	{                                                                                          \
		.dirfd = -1, .fd = -1                                                              \
	}

/* args: log_driver, log_path (must outlive the log), log_max_size, log_max_file. */
must_check int logfile_open(const struct monitor_args *args, struct logfile *ret,
			    struct error *err);
/* Output of stream 1 or 2. A full disk loses lines, never the container: nothing is returned. */
void logfile_write(struct logfile *log, int stream, const char *data, size_t len);
/* The streams ended: what is left without an end of line is written as it is. */
void logfile_flush(struct logfile *log);
void logfile_release(struct logfile *log);
