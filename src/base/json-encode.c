/* SPDX-License-Identifier: Apache-2.0 */
/* Structs into JSON text, by their tables, as Go's encoder (without HTML escapes) would write
 * them. */
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json-scan.h"
#include "base/strv.h"
#include "base/utf8.h"

static void quote_special(struct strbuf *out, unsigned char c)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *hit = c ? strchr(from, c) : NULL;

	if (hit)
		strbuf_addf(out, "\\%c", to[hit - from]);
	else
		strbuf_addf(out, "\\u%04x", c);
}

/* The line and paragraph separators (U+2028, U+2029) are escaped, as scripts cannot hold them. */
static bool is_separator(const char *p, size_t n)
{
	return n == 3 && memcmp(p, "\xe2\x80", 2) == 0 && (p[2] == '\xa8' || p[2] == '\xa9');
}

void json_quote(struct strbuf *out, const char *str, size_t len)
{
	size_t from = 0, i = json_scan_run(str, len);

	strbuf_reserve(out, len + 2);
	strbuf_addc(out, '"');
	while (i < len) {
		unsigned char c = (unsigned char)str[i];
		size_t n = c < 0x80 ? 1 : utf8_sequence(str + i, len - i);

		if (n > 0 && c >= 0x20 && c != '"' && c != '\\' && !is_separator(str + i, n)) {
			i += n;
			continue;
		}
		if (i > from)
			strbuf_add(out, str + from, i - from);
		if (n == 0)
			strbuf_adds(out, "\\ufffd");
		else if (n == 3)
			strbuf_adds(out, str[i + 2] == '\xa8' ? "\\u2028" : "\\u2029");
		else
			quote_special(out, c);
		i += n ? n : 1;
		from = i;
	}
	if (i > from)
		strbuf_add(out, str + from, i - from);
	strbuf_addc(out, '"');
}

void json_add_f64(struct strbuf *out, double value)
{
	double size = fabs(value);
	char text[48];
	int digits = 1;

	if (!isfinite(value)) {
		strbuf_adds(out, "null");
		return;
	}
	do
		(void)snprintf(text, sizeof(text), "%.*e", digits - 1, value);
	while (strtod(text, NULL) != value && ++digits <= 17);
	if (size >= 1e21 || (size > 0 && size < 1e-6)) {
		char *exponent = strchr(text, 'e') + 2; /* behind the sign: no leading zero */

		if (exponent[0] == '0' && exponent[1])
			memmove(exponent, exponent + 1, strlen(exponent));
		strbuf_adds(out, text);
		return;
	}
	int after = digits - 1 - (int)strtol(strchr(text, 'e') + 1, NULL, 10);

	strbuf_addf(out, "%.*f", after > 0 ? after : 0, value);
}

static void encode_str(struct strbuf *out, const char *str)
{
	json_quote(out, str ? str : "", str ? strlen(str) : 0);
}

/* Names in tables need no escapes. */
static void encode_name(struct strbuf *out, const char *name)
{
	strbuf_addc(out, '"');
	strbuf_adds(out, name);
	strbuf_add(out, "\":", 2);
}

static void encode_u64(struct strbuf *out, uint64_t value, bool negative)
{
	char text[24], *p = text + sizeof(text);

	do
		*--p = (char)('0' + value % 10);
	while (value /= 10);
	if (negative)
		*--p = '-';
	strbuf_add(out, p, (size_t)(text + sizeof(text) - p));
}

static void encode_i64(struct strbuf *out, int64_t value)
{
	encode_u64(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0);
}

static void encode_strv(char *const *v, char open, struct strbuf *out)
{
	strbuf_addc(out, open);
	for (size_t i = 0; v && v[i]; i++) {
		if (i)
			strbuf_addc(out, ',');
		encode_str(out, v[i]);
		if (open == '{')
			strbuf_adds(out, ":{}");
	}
	strbuf_addc(out, open == '{' ? '}' : ']');
}

static void encode_map(const struct strmap *map, struct strbuf *out)
{
	strbuf_addc(out, '{');
	for (size_t i = 0; i < map->n; i++) {
		if (i)
			strbuf_addc(out, ',');
		encode_str(out, map->entries[i].key);
		strbuf_addc(out, ':');
		encode_str(out, map->entries[i].value);
	}
	strbuf_addc(out, '}');
}

static void encode_items(const struct json_field *field, const char *items, size_t n,
			 struct strbuf *out)
{
	bool keyed = field->type == JSON_OBJMAP;

	strbuf_addc(out, keyed ? '{' : '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			strbuf_addc(out, ',');
		if (!field->shape) {
			encode_i64(out, ((const int64_t *)(const void *)items)[i]);
			continue;
		}
		const char *item = items + i * field->shape->size;

		if (keyed) {
			encode_str(out, *(char *const *)(const void *)item);
			strbuf_addc(out, ':');
		}
		json_encode(field->shape, item, out);
	}
	strbuf_addc(out, keyed ? '}' : ']');
}

static void encode_time(int64_t ns, struct strbuf *out)
{
	strbuf_addc(out, '"');
	clock_format(ns, out);
	strbuf_addc(out, '"');
}

static void encode_opt(const struct json_field *field, const void *member, struct strbuf *out)
{
	const struct opt_bool *b = member;
	const struct opt_i64 *i = member;

	if (field->type == JSON_OPT_BOOL && b->set)
		strbuf_adds(out, b->value ? "true" : "false");
	else if (field->type == JSON_OPT_I64 && i->set)
		encode_i64(out, i->value);
	else
		strbuf_adds(out, "null");
}

static void encode_scalar(const struct json_field *field, const void *member, struct strbuf *out)
{
	switch (field->type) {
	case JSON_STR:
		encode_str(out, *(char *const *)member);
		break;
	case JSON_BOOL:
		strbuf_adds(out, *(const bool *)member ? "true" : "false");
		break;
	case JSON_I64:
		encode_i64(out, *(const int64_t *)member);
		break;
	case JSON_U64:
		encode_u64(out, *(const uint64_t *)member, false);
		break;
	case JSON_U32:
		encode_u64(out, *(const uint32_t *)member, false);
		break;
	case JSON_F64:
		json_add_f64(out, *(const double *)member);
		break;
	case JSON_TIME:
		encode_time(*(const int64_t *)member, out);
		break;
	case JSON_RAW:
		strbuf_adds(out, *(char *const *)member ? *(char *const *)member : "null");
		break;
	default:
		encode_opt(field, member, out);
	}
}

static void encode_value(const struct json_field *field, const void *obj, struct strbuf *out)
{
	const void *member = (const char *)obj + field->offset;

	if ((field->flags & JSON_EMPTY_AS_NULL) && json_field_is_absent(field, obj)) {
		strbuf_adds(out, "null");
		return;
	}
	switch (field->type) {
	case JSON_STRV:
	case JSON_STR_OR_STRV:
		encode_strv(*(char **const *)member, '[', out);
		break;
	case JSON_SET:
		encode_strv(*(char **const *)member, '{', out);
		break;
	case JSON_MAP:
		encode_map(member, out);
		break;
	case JSON_OBJ:
		json_encode(field->shape, member, out);
		break;
	case JSON_OBJP:
		if (*(void *const *)member)
			json_encode(field->shape, *(void *const *)member, out);
		else
			strbuf_adds(out, "null");
		break;
	case JSON_ARRAY:
	case JSON_ARRAY_I64:
	case JSON_OBJMAP:
		encode_items(field, *(const char *const *)member,
			     *(const size_t *)((const char *)obj + field->count_offset), out);
		break;
	default:
		encode_scalar(field, member, out);
	}
}

/* What Go's omitempty leaves out: also "" and vectors, maps that are there but have nothing in
 * them. A set pointer to 0 or false is not empty. */
static bool is_empty(const struct json_field *field, const void *obj)
{
	const void *member = (const char *)obj + field->offset;

	if (json_field_is_absent(field, obj))
		return true;
	switch (field->type) {
	case JSON_STR:
		return !**(char *const *)member;
	case JSON_STRV:
	case JSON_STR_OR_STRV:
	case JSON_SET:
		return !**(char **const *)member;
	case JSON_MAP:
		return ((const struct strmap *)member)->n == 0;
	case JSON_ARRAY:
	case JSON_ARRAY_I64:
	case JSON_OBJMAP:
		return *(const size_t *)((const char *)obj + field->count_offset) == 0;
	default:
		return false;
	}
}

static void encode_members(const struct json_shape *shape, const void *obj, bool *any,
			   struct strbuf *out)
{
	for (size_t i = 0; i < shape->n_fields; i++) {
		const struct json_field *f = &shape->fields[i];

		if (!f->name[0] && f->type == JSON_OBJ) {
			encode_members(f->shape, (const char *)obj + f->offset, any, out);
			continue;
		}
		if ((f->flags & JSON_OMIT_EMPTY) && is_empty(f, obj))
			continue;
		if (*any)
			strbuf_addc(out, ',');
		*any = true;
		encode_name(out, f->name);
		encode_value(f, obj, out);
	}
}

void json_encode(const struct json_shape *shape, const void *obj, struct strbuf *out)
{
	bool any = false;

	if (json_shape_is_bare(shape)) {
		encode_value(shape->fields, obj, out);
		return;
	}
	strbuf_addc(out, '{');
	encode_members(shape, obj, &any, out);
	strbuf_addc(out, '}');
}

void json_encode_array(const struct json_shape *shape, const void *items, size_t n,
		       struct strbuf *out)
{
	strbuf_addc(out, '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			strbuf_addc(out, ',');
		json_encode(shape, (const char *)items + i * shape->size, out);
	}
	strbuf_addc(out, ']');
}
