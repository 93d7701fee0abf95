/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's log file: records (wire/json-log.h or wire/local-log.h), rotated NAME -> NAME.1
 * -> … when it has grown to its size. With compression NAME.1 becomes NAME.1.gz by a hoy-log beside
 * us; the next rotation waits for it.
 */
#pragma once

#include "base/error.h"
#include "base/strbuf.h"
#include "wire/monitor.h"

/* A piece of a line, at most JSON_LOG_PIECE_MAX. */
struct log_piece {
	const char *text;
	size_t len;
	int stream;	      /* 1, 2 */
	bool ends;	      /* it is the line's last, or the whole of it */
	bool continued;	      /* it is not the line's first */
	int64_t time;	      /* ns since 1970 */
	const char *time_str; /* the same, as JSON logs have it */
};

struct logfile {
	int dirfd; /* -1: no file */
	int fd;
	const char *name; /* last component of the path */
	bool local;	  /* the format */
	bool torn;	  /* the last write failed, perhaps within a record */
	int64_t size, max_size;
	unsigned int max_file;
	const char *attrs;	      /* NULL none */
	struct strbuf local_attrs;    /* the same, encoded */
	struct local_log_part *parts; /* of the line that each stream is in; made when needed */
	const char *compress;	      /* hoy-log; NULL: rotated files stay */
	int compressor;		      /* pidfd; -1: none runs */
	struct strbuf out;	      /* records that are not written yet */
};

#define LOGFILE_INIT                                                                               \
	{                                                                                          \
		.dirfd = -1, .fd = -1, .compressor = -1                                            \
	}

/* args: those that begin with log_; they must outlive the log. */
must_check int logfile_open(const struct monitor_args *args, struct logfile *ret,
			    struct error *err);
/* A full disk loses lines, never the container: nothing is returned. */
void logfile_add(struct logfile *log, const struct log_piece *piece);
/* What was added is written. */
void logfile_write(struct logfile *log);
/* A child has ended: NAME.1 may be compressed now. */
void logfile_reap(struct logfile *log);
/* Waits for a compression that is under way. */
void logfile_release(struct logfile *log);
