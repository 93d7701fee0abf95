/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines of the long-lived programs, one write(2) each. */
#include "base/log.h"

#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"

static const char *log_program = "hoy";
static enum log_level log_max = LOG_INFO;

void log_init(const char *program, enum log_level max)
{
	log_program = program;
	log_max = max;
}

static log_formatter *log_format; /* NULL: text */

void log_set_formatter(log_formatter *format)
{
	log_format = format;
}

static void log_write(enum log_level level, const char *tag, const char *fmt, va_list ap)
{
	struct strbuf line = STRBUF_INIT, text = STRBUF_INIT;

	strbuf_vaddf(&text, fmt, ap);
	if (log_format)
		log_format(log_program, level, strbuf_str(&text), &line);
	else
		strbuf_addf(&line, "%s: %s%s\n", log_program, tag, strbuf_str(&text));
	(void)!write(STDERR_FILENO, line.data, line.len);
	strbuf_release(&line);
	strbuf_release(&text);
}

void log_line(enum log_level level, const char *fmt, ...)
{
	static const char *const tags[] = { "error: ", "warning: ", "", "debug: " };
	va_list ap;

	if (level > log_max)
		return;
	va_start(ap, fmt);
	log_write(level, tags[level], fmt, ap);
	va_end(ap);
}

void die(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_write(LOG_ERROR, "", fmt, ap);
	va_end(ap);
	exit(status);
}
