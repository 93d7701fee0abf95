/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hoy-monitor tells hoy-log: messages of a SOCK_SEQPACKET socket, each of at most
 * LOG_BATCH_MAX bytes and made of whole records. A record is struct log_record and its text; a long
 * line is several records, only the last of which has LOG_RECORD_ENDS.
 *
 *	hoy-log forward CONFIG [again]
 *		fd 3: the socket. It says "ok" when it is ready, or why it is not, and ends; then
 *		records come, until the end of file. again: it takes the place of one that was
 *		killed, and waits for a server that is not there
 *	hoy-log compress
 *		fd 0: a file, fd 1: what becomes of it
 *	hoy-log decompress
 *		likewise
 */
#pragma once

#include "base/strbuf.h"

enum {
	LOG_RECORD_TEXT_MAX = 16 * 1024,
	LOG_BATCH_MAX = 64 * 1024,
	LOG_READY_MAX = 1024, /* the sentence */
	LOG_CHANNEL_FD = 3,
};

enum { LOG_RECORD_ENDS = 1 << 0 };

struct log_record {
	uint32_t len;	/* of the text that follows */
	uint8_t stream; /* 1, 2 */
	uint8_t flags;
	uint16_t unused; /* 0 */
	int64_t time;	 /* ns since 1970 */
};

/* Append one record; len is at most LOG_RECORD_TEXT_MAX. */
void log_record_add(struct strbuf *out, const char *text, size_t len, bool ends, int stream,
		    int64_t time);
/* The record at *pos of a batch; *pos moves behind it. 1; 0: the end; -EBADMSG. *ret_text points
 * into the batch. */
must_check int log_record_next(const char *batch, size_t len, size_t *pos, struct log_record *ret,
			       const char **ret_text);
