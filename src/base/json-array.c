/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An array that comes in pieces. Only where elements end is looked for here, brackets and quotes
 * being counted; what is between is decoded like any other text.
 */
#include "base/json-array.h"

#include <string.h>

#include "base/json-decoder.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* The comma or bracket behind the element at hand, or end when it goes on in the next piece. */
static const char *element_end(struct json_array_reader *a, const char *p, const char *end)
{
	for (; p < end; p++) {
		if (a->escaped) {
			a->escaped = false;
		} else if (a->quoted) {
			while (p < end && *p != '"' && *p != '\\')
				p++;
			if (p == end)
				break;
			a->escaped = *p == '\\';
			a->quoted = a->escaped;
		} else if (*p == '"') {
			a->quoted = true;
		} else if (*p == '{' || *p == '[') {
			a->depth++;
		} else if ((*p == ',' || *p == ']') && a->depth == 0) {
			break;
		} else if ((*p == '}' || *p == ']') && a->depth > 0) {
			a->depth--;
		}
	}
	return p;
}

static int fail_at(struct json_array_reader *a, const char *what, struct error *err)
{
	return error_set(err, ERR_INVALID, 0, "invalid JSON at byte %zu: %s", a->taken, what);
}

static int decode_text(struct json_array_reader *a, const char *text, size_t len, struct error *err)
{
	struct json_decoder d = { .scan = JSON_SCAN_INIT(text, len),
				  .err = err,
				  .budget = a->budget,
				  .before = a->taken };
	const struct json_path here = { NULL, NULL, a->n };
	void *item;
	int r;

	d.scan.depth = 1; /* the array itself */
	if (json_scan_kind(&d.scan) == 0 && d.scan.p == d.scan.end)
		return a->ended && a->n == 0 ? 0 : fail_at(a, "a value is expected", err);
	decoder_allow(&d, len);
	item = decoder_grow(&d, &a->items, a->n, a->shape->size);
	if (!item)
		return decoder_fail(&d, NULL, "has too many elements");
	a->n++;
	r = decoder_element(&d, a->shape, item, &here);
	if (r >= 0)
		r = decoder_check(&d, json_scan_finish(&d.scan));
	strbuf_release(&d.key);
	a->budget = d.budget;
	return r < 0 ? r : 0;
}

/* What stands up to text + len, behind what came in earlier pieces. */
static int take_element(struct json_array_reader *a, const char *text, size_t len,
			struct error *err)
{
	size_t whole = a->partial.len + len;
	int r;

	if (a->partial.len > 0) {
		strbuf_add(&a->partial, text, len);
		r = decode_text(a, a->partial.data, a->partial.len, err);
		strbuf_reset(&a->partial);
	} else {
		r = decode_text(a, text, len, err);
	}
	a->taken += whole + 1;
	return r;
}

/* Outside of the array: 1 with *p at or behind its opening bracket, 0 when the piece is at its
 * end. */
static int outside(struct json_array_reader *a, const char **p, const char *end, struct error *err)
{
	for (; *p < end && is_blank(**p); (*p)++)
		a->taken++;
	if (*p == end)
		return 0;
	if (a->ended)
		return fail_at(a, "something follows the value", err);
	if (**p != '[')
		return error_set(err, ERR_INVALID, 0, "the JSON value must be an array");
	a->begun = true;
	a->budget = DECODER_BUDGET;
	a->items = xmalloc(a->shape->size); /* of an empty array, too */
	a->taken++;
	(*p)++;
	return 1;
}

int json_array_add(struct json_array_reader *a, const char *text, size_t len, struct error *err)
{
	const char *p = text, *end = text + len, *from;
	int r = 0;

	while (r >= 0 && p < end) {
		if (!a->begun || a->ended) {
			r = outside(a, &p, end, err);
			continue;
		}
		from = p;
		p = element_end(a, p, end);
		if (p == end) {
			strbuf_add(&a->partial, from, (size_t)(end - from));
			break;
		}
		a->ended = *p == ']';
		r = take_element(a, from, (size_t)(p - from), err);
		p++;
	}
	return r < 0 ? r : 0;
}

int json_array_end(struct json_array_reader *a, void *ret_items, size_t *ret_n, struct error *err)
{
	a->taken += a->partial.len;
	if (!a->ended)
		return fail_at(a, "unexpected end", err);
	*(void **)ret_items = take_ptr(a->items);
	*ret_n = a->n;
	a->n = 0;
	return 0;
}

void json_array_release(struct json_array_reader *a)
{
	json_release_array(a->shape, a->items, a->n);
	a->items = NULL;
	a->n = 0;
	strbuf_release(&a->partial);
}
