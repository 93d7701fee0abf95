/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Go's text/template over JSON: what --format takes. Fields, variables, pipelines, parentheses,
 * if / else if / with / range / break / continue, comments, trim markers, and the functions and
 * or not eq ne lt le gt ge len index slice print println printf json join split title upper
 * lower pad truncate. {{define}}, {{template}} and {{block}} are refused.
 *
 * Values are JSON's. A field is looked up as it is spelled, then without regard to case, so that
 * the Go names of the API's members (.ID, .State.OOMKilled) find the wire's ("Id"). nil prints
 * as <no value>, lists as [a b], objects as map[k:v] with sorted keys, whole numbers without
 * exponent. Memory, steps, depth and output are bounded.
 *
 * A member named "Label()" is what {{.Label "x"}} calls: an object whose member "x" is the
 * answer ("" when there is none). Members with such names are seen by nothing else.
 */
#pragma once

#include "base/error.h"
#include "base/json.h"
#include "base/strbuf.h"

struct template;

enum {
	/* a field that an object lacks is an error, as in docker inspect */
	TEMPLATE_STRICT = 1 << 0,
};

/* Errors (ERR_INVALID) are docker's: "template parsing error: template: :1: unclosed action". */
must_check int template_compile(const char *text, struct template **ret, struct error *err);

/* Append what the template makes of a JSON text (the dot). On failure out has what came before
 * the error. */
must_check int template_execute(const struct template *tmpl, unsigned int flags, const char *json,
				size_t len, struct strbuf *out, struct error *err);

/* The same for text that shape's table wrote (or another engine did): members that were left out
 * because they are empty are there ("" 0 false, nil for those that may be null), and what has a
 * shape prints as {a b}, as Go's structs do. */
must_check int template_execute_as(const struct template *tmpl, unsigned int flags,
				   const struct json_shape *shape, const char *json, size_t len,
				   struct strbuf *out, struct error *err);

/* Of a template that is nothing but text and fields of the dot ({{.Name}}), its pieces in order:
 * so it is filled in without values. Returns how many; 0: there is more in it, or more than max.
 * The pieces lie in the template. */
struct template_piece {
	const char *field; /* NULL: text */
	const char *text;
	size_t len;
};
size_t template_pieces(const struct template *tmpl, struct template_piece *pieces, size_t max);

void template_free(struct template *tmpl);
void template_release(struct template **tmpl); /* for cleanup() */

/* --format: NULL, "" and "table" are the command's own table; "json" is {{json .}}; "table TEXT"
 * is a template whose rows stand below a header. *ret_text is owned, NULL for the own table. */
void template_format(const char *format, bool *ret_table, char **ret_text);

/* In place: \t and \n become what they stand for, as docker's lists take them in --format. */
void template_unescape(char *text);
