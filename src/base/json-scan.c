/* SPDX-License-Identifier: Apache-2.0 */
/* Walks JSON text once, in place: what json-decode, json_pretty and templates read by. */
#include "base/json-scan.h"

#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

static int fail(struct json_scan *s, const char *problem)
{
	s->problem = problem;
	return -EBADMSG;
}

typedef signed char bytes16 __attribute__((vector_size(16)));

/* Of sixteen bytes at once; as signed numbers those from 0x80 on are below 0x20 too. */
static bool is_plain16(const char *text)
{
	bytes16 v, special;
	uint64_t half[2];

	memcpy(&v, text, sizeof(v));
	special = (v < 0x20) | (v == '"') | (v == '\\') | (v == 0x7f);
	memcpy(half, &special, sizeof(half));
	return (half[0] | half[1]) == 0;
}

size_t json_scan_run(const char *text, size_t len)
{
	size_t n = 0;

	while (len - n >= sizeof(bytes16) && is_plain16(text + n))
		n += sizeof(bytes16);
	while (n < len && text[n] >= 0x20 && text[n] < 0x7f && text[n] != '"' && text[n] != '\\')
		n++;
	return n;
}

static void skip_blanks(struct json_scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\t' || *s->p == '\r'))
		s->p++;
}

char json_scan_kind(struct json_scan *s)
{
	skip_blanks(s);
	if (s->p == s->end)
		return 0;
	switch (*s->p) {
	case '{':
	case '[':
	case '"':
	case 't':
	case 'f':
	case 'n':
		return *s->p;
	default:
		return *s->p == '-' || (*s->p >= '0' && *s->p <= '9') ? '0' : 0;
	}
}

int json_scan_enter(struct json_scan *s, char open)
{
	if (json_scan_kind(s) != open)
		return fail(s, open == '{' ? "an object is expected" : "an array is expected");
	if (++s->depth > JSON_DEPTH_MAX)
		return fail(s, "nested too deeply");
	s->p++;
	return 0;
}

int json_scan_next(struct json_scan *s, char open, bool *first)
{
	char close = open == '{' ? '}' : ']';

	skip_blanks(s);
	if (s->p == s->end)
		return fail(s, "unexpected end");
	if (*s->p == close) {
		s->p++;
		s->depth--;
		return 0;
	}
	if (*first) {
		*first = false;
		return 1;
	}
	if (*s->p != ',')
		return fail(s, "a comma or the closing bracket is expected");
	s->p++;
	skip_blanks(s);
	if (s->p < s->end && *s->p == close)
		return fail(s, "a comma stands before the closing bracket");
	return 1;
}

static int hex4(struct json_scan *s, uint32_t *ret)
{
	uint32_t value = 0;

	if (s->end - s->p < 4)
		return fail(s, "unexpected end in a string");
	for (int i = 0; i < 4; i++) {
		char c = *s->p++;

		value <<= 4;
		if (c >= '0' && c <= '9')
			value |= (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			value |= (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return fail(s, "four hexadecimal digits must follow \\u");
	}
	*ret = value;
	return 0;
}

/* Behind "\u": one code unit, or two that make a rune above U+FFFF. */
static int scan_unicode(struct json_scan *s, struct strbuf *out)
{
	uint32_t rune, low;
	int r = hex4(s, &rune);

	if (r < 0)
		return r;
	if (rune >= 0xd800 && rune < 0xdc00 && s->end - s->p >= 6 && s->p[0] == '\\' &&
	    s->p[1] == 'u') {
		const char *back = s->p;

		s->p += 2;
		r = hex4(s, &low);
		if (r < 0)
			return r;
		if (low >= 0xdc00 && low < 0xe000)
			rune = 0x10000 + ((rune - 0xd800) << 10) + (low - 0xdc00);
		else
			s->p = back;
	}
	if (out)
		utf8_add_rune(out, rune);
	return 0;
}

static int scan_escape(struct json_scan *s, struct strbuf *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *hit;

	if (s->p == s->end)
		return fail(s, "unexpected end in a string");
	if (*s->p == 'u') {
		s->p++;
		return scan_unicode(s, out);
	}
	hit = *s->p ? strchr(from, *s->p) : NULL;
	if (!hit)
		return fail(s, "no such escape in a string");
	s->p++;
	if (out)
		strbuf_addc(out, to[hit - from]);
	return 0;
}

/* One step within a string: a run of plain bytes, then what needs a look. 1 at the closing
 * quote. */
static int scan_chunk(struct json_scan *s, struct strbuf *out)
{
	const char *from = s->p;
	size_t n;

	while (s->p < s->end && (unsigned char)*s->p >= 0x20 && *s->p != '"' && *s->p != '\\' &&
	       (n = utf8_sequence(s->p, (size_t)(s->end - s->p))) > 0)
		s->p += n;
	if (out && s->p > from)
		strbuf_add(out, from, (size_t)(s->p - from));
	if (s->p == s->end)
		return fail(s, "unexpected end in a string");
	if ((unsigned char)*s->p < 0x20)
		return fail(s, "a control character in a string");
	if (*s->p == '"') {
		s->p++;
		return 1;
	}
	if (*s->p == '\\') {
		s->p++;
		return scan_escape(s, out);
	}
	s->p++;
	if (out)
		utf8_add_rune(out, UTF8_REPLACEMENT);
	return 0;
}

bool json_scan_plain(struct json_scan *s, const char **ret, size_t *ret_len)
{
	const char *p;

	if (json_scan_kind(s) != '"')
		return false;
	p = s->p + 1 + json_scan_run(s->p + 1, (size_t)(s->end - s->p - 1));
	if (p == s->end || *p != '"')
		return false;
	*ret = s->p + 1;
	*ret_len = (size_t)(p - *ret);
	s->p = p + 1;
	return true;
}

int json_scan_string(struct json_scan *s, struct strbuf *out)
{
	const char *plain;
	size_t len;
	int r;

	if (json_scan_plain(s, &plain, &len)) {
		if (out)
			strbuf_add(out, plain, len);
		return 0;
	}
	if (json_scan_kind(s) != '"')
		return fail(s, "a string is expected");
	s->p++;
	do
		r = scan_chunk(s, out);
	while (r == 0);
	return r < 0 ? r : 0;
}

int json_scan_key(struct json_scan *s, struct strbuf *out)
{
	int r = json_scan_string(s, out);

	if (r < 0)
		return r;
	skip_blanks(s);
	if (s->p == s->end || *s->p != ':')
		return fail(s, "a colon is expected behind a name");
	s->p++;
	return 0;
}

bool json_scan_this_key(struct json_scan *s, const char *name)
{
	size_t n = strlen(name);

	skip_blanks(s);
	if ((size_t)(s->end - s->p) < n + 3 || s->p[0] != '"' || s->p[n + 1] != '"' ||
	    s->p[n + 2] != ':' || memcmp(s->p + 1, name, n) != 0)
		return false;
	s->p += n + 3;
	return true;
}

static size_t scan_digits(struct json_scan *s)
{
	const char *from = s->p;

	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return (size_t)(s->p - from);
}

int json_scan_number(struct json_scan *s, const char **ret, size_t *ret_len)
{
	const char *from;

	if (json_scan_kind(s) != '0')
		return fail(s, "a number is expected");
	from = s->p;
	if (*s->p == '-')
		s->p++;
	if (s->p < s->end && *s->p == '0')
		s->p++;
	else if (scan_digits(s) == 0)
		return fail(s, "a digit is expected");
	if (s->p < s->end && *s->p == '.') {
		s->p++;
		if (scan_digits(s) == 0)
			return fail(s, "a digit is expected");
	}
	if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
		s->p++;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		if (scan_digits(s) == 0)
			return fail(s, "a digit is expected");
	}
	if (ret)
		*ret = from;
	if (ret_len)
		*ret_len = (size_t)(s->p - from);
	return 0;
}

int json_scan_literal(struct json_scan *s)
{
	static const char *const words[] = { "true", "false", "null" };

	skip_blanks(s);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t n = strlen(words[i]);

		if ((size_t)(s->end - s->p) >= n && memcmp(s->p, words[i], n) == 0) {
			s->p += n;
			return 0;
		}
	}
	return fail(s, s->p == s->end ? "unexpected end" : "a value is expected");
}

/* Objects and arrays recurse; json_scan_enter bounds how far. */
static int skip_members(struct json_scan *s, char open)
{
	bool first = true;
	int r = json_scan_enter(s, open);

	while (r >= 0 && (r = json_scan_next(s, open, &first)) > 0) {
		if (open == '{')
			r = json_scan_key(s, NULL);
		if (r >= 0)
			r = json_scan_skip(s, NULL);
	}
	return r;
}

int json_scan_skip(struct json_scan *s, const char **ret)
{
	char kind = json_scan_kind(s);

	if (ret)
		*ret = s->p;
	switch (kind) {
	case '{':
	case '[':
		return skip_members(s, kind);
	case '"':
		return json_scan_string(s, NULL);
	case '0':
		return json_scan_number(s, NULL, NULL);
	default:
		return json_scan_literal(s);
	}
}

int json_scan_finish(struct json_scan *s)
{
	skip_blanks(s);
	return s->p == s->end ? 0 : fail(s, "something follows the value");
}

int json_scan_compact(struct json_scan *s, struct strbuf *out)
{
	const char *from = NULL;
	bool quoted = false;
	size_t n;
	int r = json_scan_skip(s, &from);

	if (r < 0)
		return r;
	for (const char *p = from; p < s->p; p += n) {
		n = utf8_sequence(p, (size_t)(s->p - p));
		if (n == 0) {
			utf8_add_rune(out, UTF8_REPLACEMENT);
			n = 1;
			continue;
		}
		if (!quoted && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
			continue;
		if (*p == '"')
			quoted = !quoted;
		else if (*p == '\\')
			strbuf_addc(out, *p++);
		strbuf_add(out, p, n);
	}
	return 0;
}
