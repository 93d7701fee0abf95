/* SPDX-License-Identifier: Apache-2.0 */
/* Values of templates: from JSON text, and printed as Go prints them. */
#include "base/template-value.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json-scan.h"
#include "base/json.h"
#include "base/parse.h"

struct value value_str(struct arena *arena, const char *str, size_t len)
{
	return (struct value){ .kind = VALUE_STR,
			       .str = arena_strndup(arena, str, len),
			       .len = len };
}

static int read_value(struct arena *arena, struct json_scan *s, struct value *ret);

static int read_string(struct arena *arena, struct json_scan *s, struct value *ret)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = json_scan_string(s, &text);

	if (r >= 0)
		*ret = value_str(arena, text.data, text.len);
	return r;
}

static int read_number(struct json_scan *s, struct value *ret)
{
	const char *from = NULL;
	size_t len = 0;
	int r = json_scan_number(s, &from, &len);
	cleanup_free char *text = NULL;

	if (r < 0)
		return r;
	text = xstrndup(from, len);
	ret->kind = VALUE_INT;
	if (parse_i64(text, &ret->i) < 0) {
		ret->kind = VALUE_FLOAT;
		ret->f = strtod(text, NULL);
	}
	return 0;
}

/* Elements of an array or object: first into a growing buffer, then into the arena in one piece. */
static int read_members(struct arena *arena, struct json_scan *s, char open, struct value *ret)
{
	cleanup_free struct value_member *list = NULL;
	cleanup(strbuf_release) struct strbuf key = STRBUF_INIT;
	bool first = true;
	size_t n = 0;
	int r = json_scan_enter(s, open);

	while (r >= 0 && (r = json_scan_next(s, open, &first)) > 0) {
		if ((n & (n - 1)) == 0)
			list = xrealloc(list, n ? 2 * n : 1, sizeof(*list));
		list[n] = (struct value_member){ 0 };
		strbuf_reset(&key);
		if (open == '{')
			r = json_scan_key(s, &key);
		if (r >= 0)
			r = read_value(arena, s, &list[n].value);
		if (open == '{')
			list[n].key = arena_strndup(arena, strbuf_str(&key), key.len);
		n++;
	}
	if (r < 0)
		return r;
	ret->len = n;
	if (open == '{') {
		struct value_member *members = arena_alloc(arena, n * sizeof(*members));

		ret->kind = VALUE_MAP;
		ret->members = n ? memcpy(members, list, n * sizeof(*list)) : members;
	} else {
		struct value *items = arena_alloc(arena, n * sizeof(*items));

		for (size_t i = 0; i < n; i++)
			items[i] = list[i].value;
		ret->kind = VALUE_LIST;
		ret->items = items;
	}
	return 0;
}

static int read_value(struct arena *arena, struct json_scan *s, struct value *ret)
{
	char kind = json_scan_kind(s);

	*ret = (struct value){ .kind = VALUE_NIL };
	switch (kind) {
	case '{':
	case '[':
		return read_members(arena, s, kind, ret);
	case '"':
		return read_string(arena, s, ret);
	case '0':
		return read_number(s, ret);
	case 't':
	case 'f':
		ret->kind = VALUE_BOOL;
		ret->b = kind == 't';
		return json_scan_literal(s);
	default:
		return json_scan_literal(s);
	}
}

int value_from_json(struct arena *arena, const struct json_shape *shape, const char *json,
		    size_t len, struct value *ret, struct error *err)
{
	struct json_scan s = JSON_SCAN_INIT(json, len);
	int r = read_value(arena, &s, ret);

	if (r >= 0)
		r = json_scan_finish(&s);
	if (r < 0)
		return error_set(err, ERR_INVALID, 0, "invalid JSON at byte %zu: %s",
				 (size_t)(s.p - json), s.problem);
	if (shape)
		*ret = value_with_shape(arena, shape, ret);
	return 0;
}

/* "Label()": for calls alone. */
static bool is_hidden(const struct value_member *member)
{
	size_t n = strlen(member->key);

	return member->left_out || (n > 2 && strcmp(member->key + n - 2, "()") == 0);
}

/* Of two members of one name the last counts. */
const struct value *value_member(const struct value *map, const char *key, bool anycase)
{
	for (size_t i = map->len; i-- > 0;)
		if (strcmp(map->members[i].key, key) == 0)
			return &map->members[i].value;
	for (size_t i = map->len; anycase && i-- > 0;)
		if (strcasecmp(map->members[i].key, key) == 0)
			return &map->members[i].value;
	return NULL;
}

static int compare_members(const void *a, const void *b)
{
	return strcmp((*(const struct value_member *const *)a)->key,
		      (*(const struct value_member *const *)b)->key);
}

const struct value_member **value_sorted(struct arena *arena, const struct value *map,
					 size_t *ret_n)
{
	const struct value_member **list = arena_alloc(arena, map->len * sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < map->len; i++)
		if (!is_hidden(&map->members[i]))
			list[n++] = &map->members[i];
	qsort(list, n, sizeof(*list), compare_members);
	*ret_n = n;
	return list;
}

bool value_is_true(const struct value *value)
{
	switch (value->kind) {
	case VALUE_NIL:
		return false;
	case VALUE_BOOL:
		return value->b;
	case VALUE_INT:
		return value->i != 0;
	case VALUE_FLOAT:
		return value->f < 0 || value->f > 0;
	default:
		return value->len > 0;
	}
}

void value_print_float(double f, struct strbuf *out)
{
	double size = fabs(f);
	char text[48];
	int digits = 1, after;

	if (!isfinite(f)) {
		strbuf_adds(out, isnan(f) ? "NaN" : f > 0 ? "+Inf" : "-Inf");
		return;
	}
	do
		(void)snprintf(text, sizeof(text), "%.*e", digits - 1, f);
	while (strtod(text, NULL) != f && ++digits <= 17);
	if (size >= 1e21 || (size > 0 && size < 1e-4)) {
		strbuf_adds(out, text);
		return;
	}
	after = digits - 1 - (int)strtol(strchr(text, 'e') + 1, NULL, 10);
	strbuf_addf(out, "%.*f", after > 0 ? after : 0, f);
}

static void print_struct(struct arena *arena, const struct value *map, struct strbuf *out)
{
	strbuf_addc(out, '{');
	for (size_t i = 0; i < map->len; i++) {
		if (i)
			strbuf_addc(out, ' ');
		value_print(arena, &map->members[i].value, out);
	}
	strbuf_addc(out, '}');
}

static void print_map(struct arena *arena, const struct value *map, struct strbuf *out)
{
	size_t n;
	const struct value_member **list = value_sorted(arena, map, &n);

	strbuf_adds(out, "map[");
	for (size_t i = 0; i < n; i++) {
		strbuf_addf(out, "%s%s:", i ? " " : "", list[i]->key);
		value_print(arena, &list[i]->value, out);
	}
	strbuf_addc(out, ']');
}

/* What print and json write alike. */
static void add_plain(const struct value *value, struct strbuf *out)
{
	if (value->kind == VALUE_BOOL)
		strbuf_adds(out, value->b ? "true" : "false");
	else
		strbuf_addf(out, "%jd", (intmax_t)value->i);
}

void value_print(struct arena *arena, const struct value *value, struct strbuf *out)
{
	switch (value->kind) {
	case VALUE_NIL:
		strbuf_adds(out, "<nil>");
		break;
	case VALUE_BOOL:
	case VALUE_INT:
		add_plain(value, out);
		break;
	case VALUE_FLOAT:
		value_print_float(value->f, out);
		break;
	case VALUE_STR:
		strbuf_add(out, value->str, value->len);
		break;
	case VALUE_LIST:
		strbuf_addc(out, '[');
		for (size_t i = 0; i < value->len; i++) {
			if (i)
				strbuf_addc(out, ' ');
			value_print(arena, &value->items[i], out);
		}
		strbuf_addc(out, ']');
		break;
	case VALUE_MAP:
		(value->is_struct ? print_struct : print_map)(arena, value, out);
		break;
	}
}

static void json_map(const struct value *map, struct strbuf *out)
{
	bool any = false;

	strbuf_addc(out, '{');
	for (size_t i = 0; i < map->len; i++) {
		if (is_hidden(&map->members[i]))
			continue;
		if (any)
			strbuf_addc(out, ',');
		any = true;
		json_quote(out, map->members[i].key, strlen(map->members[i].key));
		strbuf_addc(out, ':');
		value_json(&map->members[i].value, out);
	}
	strbuf_addc(out, '}');
}

void value_json(const struct value *value, struct strbuf *out)
{
	if (value->was_null) {
		strbuf_adds(out, "null");
		return;
	}
	switch (value->kind) {
	case VALUE_NIL:
		strbuf_adds(out, "null");
		break;
	case VALUE_BOOL:
	case VALUE_INT:
		add_plain(value, out);
		break;
	case VALUE_FLOAT:
		json_add_f64(out, value->f);
		break;
	case VALUE_STR:
		json_quote(out, value->str, value->len);
		break;
	case VALUE_LIST:
		strbuf_addc(out, '[');
		for (size_t i = 0; i < value->len; i++) {
			if (i)
				strbuf_addc(out, ',');
			value_json(&value->items[i], out);
		}
		strbuf_addc(out, ']');
		break;
	case VALUE_MAP:
		json_map(value, out);
		break;
	}
}

const char *value_type(const struct value *value)
{
	static const char *const names[] = {
		[VALUE_NIL] = "nil",
		[VALUE_BOOL] = "bool",
		[VALUE_INT] = "int",
		[VALUE_FLOAT] = "float64",
		[VALUE_STR] = "string",
		[VALUE_LIST] = "[]interface {}",
		[VALUE_MAP] = "map[string]interface {}",
	};

	return names[value->kind];
}
