/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader below json-decode, json_pretty and templates: walks RFC 8259 text once, in place,
 * without a tree. Functions return 0 (or what they say) or -EBADMSG with .problem set; after a
 * failure only the scan's position may be looked at. Nesting beyond JSON_DEPTH_MAX is a failure.
 */
#pragma once

#include "base/strbuf.h"

struct json_scan {
	const char *start, *p, *end;
	unsigned int depth;
	const char *problem; /* static text, set on failure */
};

#define JSON_SCAN_INIT(text, len)                                                                  \
	{                                                                                          \
		(text), (text), (text) + (len), 0, NULL                                            \
	}

/* How many bytes of text stand for themselves in a string: printable ASCII but quote and
 * backslash. */
size_t json_scan_run(const char *text, size_t len);

/* Kind of the next value: '{' '[' '"' '0' (a number) 't' 'f' 'n', or 0 when none begins here. */
char json_scan_kind(struct json_scan *s);

/* Go into an object or array, then call _next before each member: 1 there is one, 0 it has ended
 * (and was left). */
must_check int json_scan_enter(struct json_scan *s, char open);
must_check int json_scan_next(struct json_scan *s, char open, bool *first);

/* A string, unescaped and appended to out; an object's key with the colon behind it. Bytes that
 * are not UTF-8, and lone surrogates, become U+FFFD. out may be NULL. */
must_check int json_scan_string(struct json_scan *s, struct strbuf *out);
must_check int json_scan_key(struct json_scan *s, struct strbuf *out);

/* Pass over this key (plain, without quotes) and its colon when it comes next. */
bool json_scan_this_key(struct json_scan *s, const char *name);

/* A string of printable ASCII without escapes, which nearly all are: its text, in place. False: it
 * is not one, and nothing has moved. */
bool json_scan_plain(struct json_scan *s, const char **ret, size_t *ret_len);

/* A number's text, in place. */
must_check int json_scan_number(struct json_scan *s, const char **ret, size_t *ret_len);

/* true, false, null: the caller has seen which by _kind. */
must_check int json_scan_literal(struct json_scan *s);

/* Pass over one value, checking it. *ret (may be NULL): where it begins. */
must_check int json_scan_skip(struct json_scan *s, const char **ret);

/* Nothing but blanks may be left. */
must_check int json_scan_finish(struct json_scan *s);

/* Append one value without blanks. */
must_check int json_scan_compact(struct json_scan *s, struct strbuf *out);
