/* SPDX-License-Identifier: Apache-2.0 */
/* What the tables know besides reading and writing: release, copy, "is it there"; and text made
 * readable. */
#include "base/json.h"

#include <errno.h>
#include <string.h>

#include "base/json-scan.h"
#include "base/strv.h"

bool json_shape_is_bare(const struct json_shape *shape)
{
	return shape->n_fields == 1 && !shape->fields->name[0] && shape->fields->type != JSON_OBJ;
}

bool json_field_is_absent(const struct json_field *field, const void *obj)
{
	const void *member = (const char *)obj + field->offset;

	switch (field->type) {
	case JSON_BOOL:
		return !*(const bool *)member;
	case JSON_U32:
		return *(const uint32_t *)member == 0;
	case JSON_I64:
	case JSON_TIME:
		return *(const int64_t *)member == 0;
	case JSON_U64:
		return *(const uint64_t *)member == 0;
	case JSON_F64:
		return !(*(const double *)member < 0) && !(*(const double *)member > 0);
	case JSON_OPT_BOOL:
		return !((const struct opt_bool *)member)->set;
	case JSON_OPT_I64:
		return !((const struct opt_i64 *)member)->set;
	case JSON_MAP:
		return !((const struct strmap *)member)->present &&
		       ((const struct strmap *)member)->n == 0;
	case JSON_OBJ:
		return false;
	default: /* the others are pointers */
		return !*(void *const *)member;
	}
}

/* The key of an object map's element is no field of its shape. */
static void items_release(const struct json_field *field, void **items, size_t *n)
{
	for (size_t i = 0; *items && field->shape && i < *n; i++) {
		char *item = (char *)*items + i * field->shape->size;
		cleanup_free char *key = field->type == JSON_OBJMAP ? take_ptr(*(char **)item)
								    : NULL;

		json_release(field->shape, item);
	}
	free(*items);
	*items = NULL;
	*n = 0;
}

void json_field_release(const struct json_field *field, void *obj)
{
	void *member = (char *)obj + field->offset;
	size_t *count = (void *)((char *)obj + field->count_offset);

	switch (field->type) {
	case JSON_STR:
	case JSON_RAW:
		free(*(char **)member);
		*(char **)member = NULL;
		break;
	case JSON_STRV:
	case JSON_STR_OR_STRV:
	case JSON_SET:
		strv_release(member);
		break;
	case JSON_MAP:
		strmap_release(member);
		break;
	case JSON_OBJ:
		json_release(field->shape, member);
		break;
	case JSON_OBJP:
		if (*(void **)member)
			json_release(field->shape, *(void **)member);
		free(*(void **)member);
		*(void **)member = NULL;
		break;
	case JSON_ARRAY:
	case JSON_ARRAY_I64:
	case JSON_OBJMAP:
		items_release(field, member, count);
		break;
	default:
		break;
	}
}

void json_release(const struct json_shape *shape, void *obj)
{
	if (!obj)
		return;
	for (size_t i = 0; i < shape->n_fields; i++)
		json_field_release(&shape->fields[i], obj);
	if (shape->flags & JSON_SHAPE_KEYED)
		free(*(char **)obj);
	memset(obj, 0, shape->size);
}

void json_release_array(const struct json_shape *shape, void *items, size_t n)
{
	for (size_t i = 0; items && i < n; i++)
		json_release(shape, (char *)items + i * shape->size);
	free(items);
}

static void copy_items(const struct json_field *field, const char *src, size_t n, void **dst)
{
	size_t size = field->shape ? field->shape->size : sizeof(int64_t);
	char *items;

	if (!src)
		return;
	*dst = items = xcalloc(n, size);
	if (!field->shape)
		memcpy(items, src, n * size);
	for (size_t i = 0; field->shape && i < n; i++) {
		json_copy(field->shape, src + i * size, items + i * size);
		if (field->type == JSON_OBJMAP && !*(char **)(items + i * size))
			*(char **)(items + i * size) = xstrdup(*(char *const *)(src + i * size));
	}
}

static size_t plain_size(enum json_type type)
{
	switch (type) {
	case JSON_BOOL:
		return sizeof(bool);
	case JSON_U32:
		return sizeof(uint32_t);
	case JSON_OPT_BOOL:
		return sizeof(struct opt_bool);
	case JSON_OPT_I64:
		return sizeof(struct opt_i64);
	default:
		return sizeof(int64_t); /* and uint64_t, double */
	}
}

static void field_copy(const struct json_field *field, const void *src, void *dst)
{
	const void *from = (const char *)src + field->offset;
	void *to = (char *)dst + field->offset;

	switch (field->type) {
	case JSON_STR:
	case JSON_RAW:
		*(char **)to = xstrdup(*(char *const *)from);
		break;
	case JSON_STRV:
	case JSON_STR_OR_STRV:
	case JSON_SET:
		*(char ***)to = strv_copy(*(char **const *)from);
		break;
	case JSON_MAP:
		strmap_copy(to, from);
		break;
	case JSON_OBJ:
		json_copy(field->shape, from, to);
		break;
	case JSON_OBJP:
		if (*(void *const *)from) {
			*(void **)to = xmalloc(field->shape->size);
			json_copy(field->shape, *(void *const *)from, *(void **)to);
		}
		break;
	case JSON_ARRAY:
	case JSON_ARRAY_I64:
	case JSON_OBJMAP:
		*(size_t *)((char *)dst + field->count_offset) =
			*(const size_t *)((const char *)src + field->count_offset);
		copy_items(field, *(const char *const *)from,
			   *(const size_t *)((const char *)src + field->count_offset), to);
		break;
	default:
		memcpy(to, from, plain_size(field->type));
	}
}

void json_copy(const struct json_shape *shape, const void *src, void *dst)
{
	memset(dst, 0, shape->size);
	for (size_t i = 0; i < shape->n_fields; i++)
		field_copy(&shape->fields[i], src, dst);
	if (shape->flags & JSON_SHAPE_KEYED)
		*(char **)dst = xstrdup(*(char *const *)src);
}

static void add_line(struct strbuf *out, unsigned int indent, unsigned int depth)
{
	strbuf_addc(out, '\n');
	for (unsigned int i = 0; i < indent * depth; i++)
		strbuf_addc(out, ' ');
}

static int pretty_value(struct json_scan *s, unsigned int indent, struct strbuf *out);

/* The name as it is written there, escapes and all. */
static int pretty_key(struct json_scan *s, struct strbuf *out)
{
	struct json_scan ahead = *s;
	int r = json_scan_key(s, NULL);

	if (r >= 0)
		r = json_scan_compact(&ahead, out);
	strbuf_adds(out, ": ");
	return r;
}

static int pretty_members(struct json_scan *s, char open, unsigned int indent, struct strbuf *out)
{
	bool first = true, any = false;
	int r = json_scan_enter(s, open);

	strbuf_addc(out, open);
	while (r >= 0 && (r = json_scan_next(s, open, &first)) > 0) {
		if (any)
			strbuf_addc(out, ',');
		any = true;
		add_line(out, indent, s->depth);
		if (open == '{')
			r = pretty_key(s, out);
		if (r >= 0)
			r = pretty_value(s, indent, out);
	}
	if (any)
		add_line(out, indent, s->depth);
	strbuf_addc(out, open == '{' ? '}' : ']');
	return r;
}

static int pretty_value(struct json_scan *s, unsigned int indent, struct strbuf *out)
{
	char kind = json_scan_kind(s);

	if (kind == '{' || kind == '[')
		return pretty_members(s, kind, indent, out);
	return json_scan_compact(s, out);
}

int json_pretty(const char *text, size_t len, unsigned int indent, struct strbuf *out,
		struct error *err)
{
	struct json_scan s = JSON_SCAN_INIT(text, len);
	size_t before = out->len;
	int r = pretty_value(&s, indent, out);

	if (r >= 0)
		r = json_scan_finish(&s);
	if (r >= 0)
		return 0;
	if (out->data)
		out->data[out->len = before] = '\0';
	return error_set(err, ERR_INVALID, 0, "invalid JSON at byte %zu: %s", (size_t)(s.p - text),
			 s.problem);
}
