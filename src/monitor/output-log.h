/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's output on its way to where logs are kept: cut into lines and pieces of lines,
 * each given to the file and to hoy-log, as far as there are.
 */
#pragma once

#include "monitor/logfile.h"
#include "monitor/shipper.h"

struct log_tail {
	char *data; /* begin of a line whose end has not come yet; made when first needed */
	size_t len;
	bool continued; /* pieces of that line were given away already */
};

struct output_log {
	bool off; /* driver none */
	struct logfile file;
	struct shipper shipper;
	struct log_tail tails[2];
};

#define OUTPUT_LOG_INIT                                                                            \
	{                                                                                          \
		.off = true, .file = LOGFILE_INIT, .shipper = SHIPPER_INIT                         \
	}

/* args: those that begin with log_; args and home must outlive the log. */
must_check int output_log_open(const struct monitor_args *args, const struct mount_home *home,
			       struct output_log *ret, struct error *err);
/* Output of stream 1 or 2. */
void output_log_write(struct output_log *log, int stream, const char *data, size_t len);
/* The streams ended: what is left without an end of line is written as it is. */
void output_log_flush(struct output_log *log);
void output_log_release(struct output_log *log);
