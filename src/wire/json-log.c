/* SPDX-License-Identifier: Apache-2.0 */
/* Records of the json-file log: the one format that the monitor writes and `logs` reads. */
#include "wire/json-log.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/json-scan.h"
#include "base/utf8.h"

enum { ESCAPED_MAX = 6, FRAME_MAX = 96, TIME_MAX = 64, KEY_MAX = 16 };

/* Bytes that stand for themselves. Like Go's encoder: <, > and & are escaped too. */
static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

typedef signed char bytes16 __attribute__((vector_size(16)));

/* The same of sixteen bytes at once: as signed numbers those from 0x80 on are below 0x20 too, and
 * '<' and '>', '"' and '&' differ by one bit each. */
static bool is_plain16(const char *text)
{
	bytes16 v, special;
	uint64_t half[2];

	memcpy(&v, text, sizeof(v));
	special = (v < 0x20) | ((v | 2) == '>') | ((v | 4) == '&') | (v == '\\');
	memcpy(half, &special, sizeof(half));
	return (half[0] | half[1]) == 0;
}

static size_t plain_run(const char *text, size_t len)
{
	size_t n = 0;

	while (len - n >= sizeof(bytes16) && is_plain16(text + n))
		n += sizeof(bytes16);
	while (n < len && is_plain((unsigned char)text[n]))
		n++;
	return n;
}

static char *put_str(char *out, const char *str)
{
	size_t len = strlen(str);

	memcpy(out, str, len);
	return out + len;
}

/* A byte below 0x80 that is not plain. */
static char *put_ascii(char *out, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";

	*out++ = '\\';
	if (c == '"' || c == '\\') {
		*out++ = (char)c;
	} else if (c == '\n') {
		*out++ = 'n';
	} else if (c == '\r') {
		*out++ = 'r';
	} else {
		out = put_str(out, "u00");
		*out++ = hex[c >> 4];
		*out++ = hex[c & 15];
	}
	return out;
}

/* A sequence of several bytes at text; *ret_used says how many. */
static char *put_sequence(char *out, const char *text, size_t len, size_t *ret_used)
{
	size_t n = utf8_sequence(text, len);

	*ret_used = n > 0 ? n : 1;
	if (n == 0)
		return put_str(out, "\\ufffd");
	if (n == 3 && memcmp(text, "\xe2\x80\xa8", 3) == 0)
		return put_str(out, "\\u2028");
	if (n == 3 && memcmp(text, "\xe2\x80\xa9", 3) == 0)
		return put_str(out, "\\u2029");
	memcpy(out, text, n);
	return out + n;
}

static char *put_text(char *out, const char *text, size_t len)
{
	size_t i = 0;

	while (i < len) {
		size_t run = plain_run(text + i, len - i), used = 1;

		memcpy(out, text + i, run);
		out += run;
		i += run;
		if (i == len)
			break;
		if ((unsigned char)text[i] < 0x80)
			out = put_ascii(out, (unsigned char)text[i]);
		else
			out = put_sequence(out, text + i, len - i, &used);
		i += used;
	}
	return out;
}

void json_log_encode(struct strbuf *out, const char *text, size_t len, bool newline, int stream,
		     const char *time, const char *attrs)
{
	char *p;

	strbuf_reserve(out,
		       len * ESCAPED_MAX + FRAME_MAX + strlen(time) + (attrs ? strlen(attrs) : 0));
	p = put_str(out->data + out->len, "{\"log\":\"");
	p = put_text(p, text, len);
	p = put_str(p, newline ? "\\n\",\"stream\":\"" : "\",\"stream\":\"");
	p = put_str(p, stream == 2 ? "stderr" : "stdout");
	if (attrs) {
		p = put_str(p, "\",\"attrs\":");
		p = put_str(p, attrs);
		p = put_str(p, ",\"time\":\"");
	} else {
		p = put_str(p, "\",\"time\":\"");
	}
	p = put_str(p, time);
	p = put_str(p, "\"}\n");
	*p = '\0';
	out->len = (size_t)(p - out->data);
}

static int decode_stream(struct json_scan *scan, int *ret)
{
	cleanup(strbuf_release) struct strbuf name = STRBUF_INIT;
	int r = json_scan_string(scan, &name);

	if (r < 0)
		return r;
	if (strcmp(strbuf_str(&name), "stdout") == 0)
		*ret = 1;
	else if (strcmp(strbuf_str(&name), "stderr") == 0)
		*ret = 2;
	else
		return -EBADMSG;
	return 0;
}

static int decode_time(struct json_scan *scan, int64_t *ret)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = json_scan_string(scan, &text);

	if (r < 0)
		return r;
	if (text.len > TIME_MAX || clock_parse_rfc3339(strbuf_str(&text), ret) < 0)
		return -EBADMSG;
	return 0;
}

static int decode_member(struct json_scan *scan, const char *key, struct json_log_record *rec)
{
	if (strcmp(key, "log") == 0)
		return json_scan_string(scan, &rec->log);
	if (strcmp(key, "stream") == 0)
		return decode_stream(scan, &rec->stream);
	if (strcmp(key, "time") == 0)
		return decode_time(scan, &rec->time);
	if (strcmp(key, "attrs") == 0)
		return json_scan_compact(scan, &rec->attrs);
	return json_scan_skip(scan, NULL);
}

int json_log_decode(const char *line, size_t len, struct json_log_record *rec)
{
	struct json_scan scan = JSON_SCAN_INIT(line, len);
	cleanup(strbuf_release) struct strbuf key = STRBUF_INIT;
	bool first = true;
	int r;

	strbuf_reset(&rec->log);
	strbuf_reset(&rec->attrs);
	rec->stream = 0;
	rec->time = 0;
	r = json_scan_enter(&scan, '{');
	if (r < 0)
		return -EBADMSG;
	while ((r = json_scan_next(&scan, '{', &first)) > 0) {
		strbuf_reset(&key);
		r = json_scan_key(&scan, &key);
		if (r >= 0)
			r = decode_member(&scan, strbuf_str(&key), rec);
		if (r < 0)
			return -EBADMSG;
	}
	if (r < 0 || json_scan_finish(&scan) < 0 || rec->stream == 0)
		return -EBADMSG;
	return 0;
}

void json_log_record_release(struct json_log_record *rec)
{
	if (!rec)
		return;
	strbuf_release(&rec->log);
	strbuf_release(&rec->attrs);
	*rec = (struct json_log_record)JSON_LOG_RECORD_INIT;
}
