/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line of a container's log file, as Docker's json-file driver writes it:
 *
 *	{"log":"text\n","stream":"stdout","time":"2026-01-02T03:04:05.123456789Z"}
 *
 * A line of output longer than JSON_LOG_PIECE_MAX is several records: only the last one's log ends
 * in "\n". Bytes that are not UTF-8 become U+FFFD. Written by monitor/logfile, read by engine/logs.
 */
#pragma once

#include "base/strbuf.h"

enum { JSON_LOG_PIECE_MAX = 16 * 1024 };

/* Append one record and its end of line. newline: text is the whole or the last part of a line.
 * time: as above, without quotes. attrs: a JSON object that stands in every record, NULL none. */
void json_log_encode(struct strbuf *out, const char *text, size_t len, bool newline, int stream,
		     const char *time, const char *attrs);

struct json_log_record {
	struct strbuf log;   /* reused from record to record */
	struct strbuf attrs; /* JSON object as it stands, empty when there is none */
	int stream;	     /* 1, 2 */
	int64_t time;	     /* ns since 1970 */
};

#define JSON_LOG_RECORD_INIT                                                                       \
	{                                                                                          \
		STRBUF_INIT, STRBUF_INIT, 0, 0                                                     \
	}

/* Read a line (with or without its end of line). -EBADMSG: not a record; *rec is unusable then. */
must_check int json_log_decode(const char *line, size_t len, struct json_log_record *rec);
void json_log_record_release(struct json_log_record *rec);
