/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record of Docker's `local` log files (of the driver of that name, and of the copies that are
 * kept beside what goes away): its length, a protobuf message, its length again; lengths are 32
 * bits, the highest first. So a file can be read from its end. Members of the message:
 *
 *	1 source "stdout"   2 time_nano   3 line (without its end)   4 partial
 *	5 { 1 last   2 id   3 ordinal }   6 { 1 key   2 value }, one for each attribute
 *
 * Written by monitor/logfile, read by engine/log-reader.
 */
#pragma once

#include "wire/json-log.h"

enum {
	LOCAL_LOG_LENGTH = 4,
	LOCAL_LOG_RECORD_MAX = 1 << 20, /* without the lengths; what is longer is garbage */
	LOCAL_LOG_ID = 64,
};

/* A line of several records: what they have in common, and which one it is. */
struct local_log_part {
	char id[LOCAL_LOG_ID + 1];
	unsigned int ordinal; /* from 1 on */
};

/* Append one record. part NULL: a line of its own; else ends tells whether it is the last one.
 * attrs: what local_log_attrs made, NULL none. */
void local_log_encode(struct strbuf *out, const char *text, size_t len, bool ends, int stream,
		      int64_t time, const struct local_log_part *part, const struct strbuf *attrs);
/* The attributes as they stand in every record, from a JSON object of strings: made once. */
void local_log_attrs(struct strbuf *out, const char *attrs);

/* The length that stands at data. */
uint32_t local_log_length(const char *data);

/* Read the message of a record into what logs are read into: the end of line is put back.
 * -EBADMSG: *rec is unusable then. */
must_check int local_log_decode(const char *data, size_t len, struct json_log_record *rec);
/* Only whether it ends a line; false too when it is not a record. */
bool local_log_ends(const char *data, size_t len);
