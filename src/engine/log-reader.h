/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a container's log: the rotated files NAME.n … NAME.1 and then NAME as one stream of
 * records, from the beginning or the last lines, and on as it grows and is rotated. -errno idiom.
 */
#pragma once

#include "wire/json-log.h"

struct log_reader {
	int dirfd;
	char *name;
	int fd;		   /* -1: there is no log (yet) */
	struct strbuf buf; /* read, not yet given out from pos on */
	size_t pos;
	int64_t offset; /* in the file, of what is read next */
	struct json_log_record record;
};

#define LOG_READER_INIT                                                                            \
	{                                                                                          \
		.dirfd = -1, .fd = -1, .buf = STRBUF_INIT, .record = JSON_LOG_RECORD_INIT          \
	}

/* tail: begin with the last so many lines; -1 all. A log that is not there is empty. */
must_check int log_reader_open(const char *dir, const char *name, int64_t tail,
			       struct log_reader *ret);
/* 1: the next record is in reader->record; 0: no more for now. Lines that are no records are
 * passed over. */
must_check int log_reader_next(struct log_reader *reader);
/* An inotify fd that becomes readable when there may be more. */
must_check int log_reader_watch(const struct log_reader *reader, int *ret_fd);
void log_reader_release(struct log_reader *reader);
