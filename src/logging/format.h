/* SPDX-License-Identifier: Apache-2.0 */
/* A line of a container, as each remote driver writes it. Pure: no sockets. */
#pragma once

#include "base/strbuf.h"
#include "wire/log-config.h"
#include "wire/log-record.h"

enum { LINE_ID = 64, CHUNK_ID = 24, GELF_CHUNK_MAX = 128 };

struct log_message {
	const char *text; /* without its end of line */
	size_t len;
	int stream; /* 1, 2 */
	int64_t time;
	/* a piece of a line: which line, which piece (from 1 on), and whether it is the last */
	bool partial, last;
	unsigned int ordinal;
	const char *id;
};

/* What is to be sent: datagrams, or messages of a stream that each end where a connection that
 * broke may go on. */
struct packets {
	struct strbuf data;
	size_t *ends; /* where each ends in data */
	size_t n;
	char chunk[CHUNK_ID + 1]; /* fluentd: the id that the server sends back; "" none */
};
void packets_end(struct packets *packets); /* what was added to data is one */
void packets_reset(struct packets *packets);
void packets_release(struct packets *packets);

struct log_format {
	const struct log_forward *conf;
	enum log_driver driver;
	enum log_transport transport;
	enum syslog_format syslog;
	int facility;
	struct gelf_options gelf;
	struct fluentd_options fluentd;
	struct strbuf fixed; /* what is the same in every message */
};

/* conf must outlive it. */
must_check int log_format_init(const struct log_forward *conf, struct log_format *ret,
			       struct error *err);
void log_format_message(const struct log_format *format, const struct log_message *message,
			struct packets *out);
void log_format_release(struct log_format *format);

/* The drivers' own; fixed is made once. */
void syslog_message(const struct log_format *format, const struct log_message *message,
		    struct packets *out);
void journald_fixed(struct log_format *format);
void journald_message(const struct log_format *format, const struct log_message *message,
		      struct packets *out);
void gelf_fixed(struct log_format *format);
void gelf_message(const struct log_format *format, const struct log_message *message,
		  struct packets *out);
void fluentd_fixed(struct log_format *format);
void fluentd_message(const struct log_format *format, const struct log_message *message,
		     struct packets *out);

/* What a fluentd server answers: {"ack": CHUNK}. The bytes that it takes, its chunk in
 * ret_chunk[CHUNK_ID + 1]; 0: more must come; -EBADMSG. */
must_check int fluentd_ack(const char *data, size_t len, char *ret_chunk);

/* n random bytes as 2n hexadecimal digits; names things, protects nothing. */
void random_hex(char *ret, size_t n);
