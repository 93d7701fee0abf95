/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines of the long-lived programs and die() for a main. Libraries below never log. To
 * stderr, or to syslog's journal by stderr; one line each: "hoyd: warning: text". */
#pragma once

#include "base/error.h"
#include "base/strbuf.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

void log_init(const char *program, enum log_level max);
/* One line with its end, instead of text; NULL: text again. */
typedef void log_formatter(const char *program, enum log_level level, const char *text,
			   struct strbuf *out);
void log_set_formatter(log_formatter *format);
/* As Docker's daemon does it: {"level":"info","msg":…,"time":…}, and the program. */
log_formatter log_json;
void log_line(enum log_level level, const char *fmt, ...) format_printf(2, 3);
#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)

/* Only in a main: print "program: text" and exit with status. */
_Noreturn void die(int status, const char *fmt, ...) format_printf(2, 3);
