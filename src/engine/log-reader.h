/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a container's log: the rotated files NAME.n … NAME.1 and then NAME as one stream of
 * records, from the beginning or the last lines, and on as it grows and is rotated. -errno idiom.
 */
#pragma once

#include "engine/log-files.h"
#include "wire/json-log.h"

struct log_reader {
	struct log_files files;
	int fd;		   /* -1: there is no log (yet) */
	struct strbuf buf; /* read, not yet given out from pos on */
	size_t pos;
	int64_t offset; /* in the file, of what is read next */
	struct json_log_record record;
};

#define LOG_READER_INIT                                                                            \
	{                                                                                          \
		.files = LOG_FILES_INIT, .fd = -1, .buf = STRBUF_INIT,                             \
		.record = JSON_LOG_RECORD_INIT                                                     \
	}

struct log_source {
	const char *dir, *name;
	const char *program; /* hoy-log */
	bool local;	     /* wire/local-log.h, not wire/json-log.h */
};

/* tail: begin with the last so many lines; -1 all. A log that is not there is empty. */
must_check int log_reader_open(const struct log_source *source, int64_t tail,
			       struct log_reader *ret);
/* 1: the next record is in reader->record; 0: no more for now. Lines that are no records are
 * passed over. */
must_check int log_reader_next(struct log_reader *reader);
/* An inotify fd that becomes readable when there may be more. */
must_check int log_reader_watch(const struct log_reader *reader, int *ret_fd);
void log_reader_release(struct log_reader *reader);
