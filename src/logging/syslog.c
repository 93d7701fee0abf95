/* SPDX-License-Identifier: Apache-2.0 */
/* Syslog: RFC 3164, RFC 5424, and what /dev/log takes; octet counting (RFC 5425) inside TLS. */
#include <string.h>
#include <time.h>

#include "logging/format.h"

enum { LEVEL_ERROR = 3, LEVEL_INFO = 6, NS_PER_US = 1000, NS_PER_S = 1000000000 };

/* "Jan  2 15:04:05" */
static void add_stamp(struct strbuf *out, int64_t time)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t seconds = time / NS_PER_S;
	struct tm tm;

	if (!localtime_r(&seconds, &tm))
		tm = (struct tm){ .tm_mday = 1 };
	strbuf_addf(out, "%.3s %2d %02d:%02d:%02d", months + (size_t)3 * (size_t)tm.tm_mon,
		    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* "2006-01-02T15:04:05.000000+01:00" */
static void add_rfc3339(struct strbuf *out, int64_t time, bool micro)
{
	time_t seconds = time / NS_PER_S;
	struct tm tm;
	long offset;

	if (!localtime_r(&seconds, &tm))
		tm = (struct tm){ .tm_mday = 1 };
	offset = tm.tm_gmtoff / 60;
	strbuf_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1,
		    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	if (micro)
		strbuf_addf(out, ".%06ld", (long)(time % NS_PER_S / NS_PER_US));
	if (offset == 0)
		strbuf_addc(out, 'Z');
	else
		strbuf_addf(out, "%c%02ld:%02ld", offset < 0 ? '-' : '+', labs(offset) / 60,
			    labs(offset) % 60);
}

static void add_head(const struct log_format *format, const struct log_message *message,
		     struct strbuf *out)
{
	int priority = format->facility * 8 + (message->stream == 2 ? LEVEL_ERROR : LEVEL_INFO);
	const char *host = format->conf->host_name, *tag = format->conf->tag;

	switch (format->syslog) {
	case SYSLOG_5424:
	case SYSLOG_5424_MICRO:
		strbuf_addf(out, "<%d>1 ", priority);
		add_rfc3339(out, message->time, format->syslog == SYSLOG_5424_MICRO);
		strbuf_addf(out, " %s %s %d %s - ", host, tag, (int)getpid(), tag);
		return;
	case SYSLOG_3164:
		strbuf_addf(out, "<%d>", priority);
		add_stamp(out, message->time);
		strbuf_addf(out, " %s %s[%d]: ", host, tag, (int)getpid());
		return;
	default:
		strbuf_addf(out, "<%d>", priority);
		add_stamp(out, message->time);
		strbuf_addf(out, " %s[%d]: ", tag, (int)getpid());
	}
}

void syslog_message(const struct log_format *format, const struct log_message *message,
		    struct packets *out)
{
	cleanup(strbuf_release) struct strbuf head = STRBUF_INIT;
	bool counted = format->transport == LOG_TLS &&
		       (format->syslog == SYSLOG_5424 || format->syslog == SYSLOG_5424_MICRO);

	add_head(format, message, &head);
	if (counted)
		strbuf_addf(&out->data, "%zu ", head.len + message->len + 1);
	strbuf_add(&out->data, head.data, head.len);
	strbuf_add(&out->data, message->text, message->len);
	strbuf_addc(&out->data, '\n');
	packets_end(out);
}
