/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log drivers: their options as people write them, checked by the engine and read by hoy-log, and
 * the file by which the engine tells hoy-log what it is to do. The names and the sentences are
 * Docker's.
 */
#pragma once

#include "wire/shape.h"

enum log_driver {
	LOG_DRIVER_NONE,
	LOG_DRIVER_JSON_FILE,
	LOG_DRIVER_LOCAL,
	/* hoy-log's */
	LOG_DRIVER_JOURNALD,
	LOG_DRIVER_SYSLOG,
	LOG_DRIVER_FLUENTD,
	LOG_DRIVER_GELF,
};

/* In the order of their names, NULL at the end; without "none". */
extern const char *const log_driver_names[];
/* -ENOENT. NULL and "" are json-file. */
must_check int log_driver_parse(const char *name, enum log_driver *ret);
/* hoy-log carries it away. */
bool log_driver_is_remote(enum log_driver driver);

/* Everything about options that can be told without a container: unknown names, addresses, numbers
 * (ERR_INVALID). */
must_check int log_options_check(const char *driver, const struct strmap *opts, struct error *err);

/* What is common to all drivers. */
struct log_mode {
	bool non_blocking;
	int64_t buffer; /* bytes; of non_blocking */
	bool cache;	/* remote drivers: keep a copy for `logs` */
};
must_check int log_mode_parse(const struct strmap *opts, struct log_mode *ret, struct error *err);

/* Rotation: of json-file, local (prefix "") and the copy (prefix "cache-"). */
struct log_rotation {
	int64_t max_size; /* bytes, -1: no limit */
	uint32_t max_file;
	bool compress;
};
must_check int log_rotation_parse(const struct strmap *opts, enum log_driver driver,
				  const char *prefix, struct log_rotation *ret, struct error *err);

enum log_transport { LOG_UDP, LOG_TCP, LOG_TLS, LOG_UNIX, LOG_UNIXGRAM };

struct log_endpoint {
	enum log_transport transport;
	char *host, *port; /* of the net's */
	char *path;	   /* of unix sockets; syslog: NULL: the usual places */
};
must_check int log_endpoint_parse(enum log_driver driver, const struct strmap *opts,
				  struct log_endpoint *ret, struct error *err);
void log_endpoint_release(struct log_endpoint *endpoint);

enum syslog_format { SYSLOG_UNIX, SYSLOG_3164, SYSLOG_5424, SYSLOG_5424_MICRO };
must_check int syslog_options_parse(const struct strmap *opts, enum syslog_format *ret_format,
				    int *ret_facility, struct error *err);

enum gelf_compression { GELF_GZIP, GELF_ZLIB, GELF_NONE };
struct gelf_options {
	enum gelf_compression compression;
	int level; /* zlib's, -1 … 9 */
	int64_t max_reconnect, reconnect_delay_ms;
};
must_check int gelf_options_parse(const struct strmap *opts, struct gelf_options *ret,
				  struct error *err);

struct fluentd_options {
	bool async, ack, sub_second;
	int64_t buffer; /* bytes, of async */
	int64_t max_retries, retry_wait_ms;
	int64_t reconnect_interval_ms;		   /* of async: this and not retry_wait; 0 */
	int64_t write_timeout_ms, read_timeout_ms; /* 0: none */
};
must_check int fluentd_options_parse(const struct strmap *opts, struct fluentd_options *ret,
				     struct error *err);

/* What hoy-log is told, as a file of JSON. */
struct log_forward {
	char *driver;
	char *container_id, *container_name, *image_id, *image_name, *command;
	char *created; /* as a time is written */
	char *tag, *host_name;
	char *tls_program;   /* hoy-tls */
	bool json;	     /* it says what happens in JSON */
	struct strmap opts;  /* LogConfig.Config */
	struct strmap extra; /* labels and environment that were asked for */
};
WIRE_SHAPE(log_forward)
