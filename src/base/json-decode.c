/* SPDX-License-Identifier: Apache-2.0 */
/* JSON text into structs, by their tables. Straight from the text: there is no tree between. */
#include <errno.h>
#include <string.h>

#include "base/json-decoder.h"
#include "base/strv.h"

enum {
	BUDGET_PER_BYTE = 64,
	FIELDS_MAX = 256,
	MAP_MAX = 16384, /* maps are searched from end to end: bounds the quadratic cost */
};

static int decode_value(struct json_decoder *d, const struct json_field *field, void *member,
			const struct json_path *path);
static int decode_object(struct json_decoder *d, const struct json_shape *shape, void *obj,
			 const struct json_path *path);

static int decode_strv(struct json_decoder *d, char ***ret, const struct json_path *path)
{
	bool first = true;
	int r;

	*ret = xcalloc(2, sizeof(char *));
	if (json_scan_kind(&d->scan) != '[')
		return decoder_fail_kind(d, path, "must be an array of strings");
	r = decoder_check(d, json_scan_enter(&d->scan, '['));
	for (size_t i = 0;
	     r >= 0 && (r = decoder_check(d, json_scan_next(&d->scan, '[', &first))) > 0; i++) {
		const struct json_path here = { path, NULL, i };

		if (i && (i & (i - 1)) == 0) /* the room, with its NULL, doubles: 2, 3, 5, 9 … */
			*ret = xrealloc(*ret, 2 * i + 1, sizeof(char *));
		(*ret)[i] = (*ret)[i + 1] = NULL;
		r = decoder_null(d);
		if (r > 0)
			(*ret)[i] = xstrdup("");
		else if (r == 0)
			r = decoder_text(d, &(*ret)[i], &here);
	}
	return r;
}

static int decode_str_or_strv(struct json_decoder *d, char ***ret, const struct json_path *path)
{
	char *text = NULL;
	int r;

	if (json_scan_kind(&d->scan) != '"')
		return decode_strv(d, ret, path);
	r = decoder_text(d, &text, path);
	if (r == 0)
		strv_push_take(ret, text);
	return r;
}

/* An object's name as a C string, whatever it is for. */
static int decode_key(struct json_decoder *d, struct strbuf *key, const struct json_path *path)
{
	strbuf_reset(key);
	if (json_scan_key(&d->scan, key) < 0)
		return decoder_fail_syntax(d);
	if (memchr(strbuf_str(key), '\0', key->len))
		return decoder_fail(d, path, "has a name with a NUL character in it");
	return 0;
}

static int members_enter(struct json_decoder *d, const struct json_path *path,
			 const char *complaint)
{
	if (json_scan_kind(&d->scan) != '{')
		return decoder_fail_kind(d, path, complaint);
	return decoder_check(d, json_scan_enter(&d->scan, '{'));
}

/* 1 with the name of the next member, whose value comes next; 0 behind the last. */
static int members_next(struct json_decoder *d, const struct json_path *path, bool *first,
			struct strbuf *key)
{
	int r = decoder_check(d, json_scan_next(&d->scan, '{', first));
	int key_r = r > 0 ? decode_key(d, key, path) : 0;

	return key_r < 0 ? key_r : r;
}

static int decode_set(struct json_decoder *d, char ***ret, const struct json_path *path)
{
	cleanup(strbuf_release) struct strbuf key = STRBUF_INIT;
	bool first = true;
	int r;

	*ret = xcalloc(1, sizeof(char *));
	r = members_enter(d, path, "must be an object");
	while (r >= 0 && (r = members_next(d, path, &first, &key)) > 0) {
		strv_push(ret, strbuf_str(&key));
		r = decoder_check(d, json_scan_skip(&d->scan, NULL));
	}
	return r;
}

static int decode_map(struct json_decoder *d, struct strmap *ret, const struct json_path *path)
{
	cleanup(strbuf_release) struct strbuf key = STRBUF_INIT;
	bool first = true;
	int r;

	ret->present = true;
	r = members_enter(d, path, "must be an object of strings");
	while (r >= 0 && (r = members_next(d, path, &first, &key)) > 0) {
		cleanup_free char *value = NULL;
		struct json_path here = { path, NULL, 0 };

		if (ret->n >= MAP_MAX)
			return decoder_fail(d, path, "has too many members");
		here.name = strbuf_str(&key);
		r = decoder_null(d);
		if (r == 0)
			r = decoder_text(d, &value, &here);
		if (r >= 0)
			strmap_set(ret, here.name, value ? value : "");
	}
	return r;
}

void *decoder_grow(struct json_decoder *d, void **items, size_t n, size_t size)
{
	if (d->budget < size)
		return NULL;
	d->budget -= size;
	if ((n & (n - 1)) == 0) /* the room doubles: 1, 2, 4 … */
		*items = xrealloc(*items, n ? 2 * n : 1, size);
	return memset((char *)*items + n * size, 0, size);
}

int decoder_element(struct json_decoder *d, const struct json_shape *shape, void *item,
		    const struct json_path *path)
{
	int r = decoder_null(d);

	return r != 0 ? r : decode_object(d, shape, item, path);
}

static int decode_array(struct json_decoder *d, const struct json_shape *shape, size_t size,
			void **items, size_t *n, const struct json_path *path)
{
	bool first = true;
	int r;

	if (json_scan_kind(&d->scan) != '[')
		return decoder_fail_kind(d, path, "must be an array");
	*items = xmalloc(size);
	r = decoder_check(d, json_scan_enter(&d->scan, '['));
	while (r >= 0 && (r = decoder_check(d, json_scan_next(&d->scan, '[', &first))) > 0) {
		const struct json_path here = { path, NULL, *n };
		void *item = decoder_grow(d, items, *n, size);

		if (!item)
			return decoder_fail(d, path, "has too many elements");
		(*n)++;
		if (shape)
			r = decoder_element(d, shape, item, &here);
		else
			r = decoder_i64(d, item, &here);
	}
	return r;
}

static int decode_objmap(struct json_decoder *d, const struct json_shape *shape, void **items,
			 size_t *n, const struct json_path *path)
{
	cleanup(strbuf_release) struct strbuf key = STRBUF_INIT;
	bool first = true;
	int r;

	r = members_enter(d, path, "must be an object");
	if (r >= 0)
		*items = xmalloc(shape->size);
	while (r >= 0 && (r = members_next(d, path, &first, &key)) > 0) {
		struct json_path here = { path, NULL, 0 };
		char **item;

		item = decoder_grow(d, items, *n, shape->size);
		if (!item)
			return decoder_fail(d, path, "has too many members");
		(*n)++;
		*item = xstrdup(strbuf_str(&key));
		here.name = *item;
		r = decoder_element(d, shape, item, &here);
	}
	return r;
}

static int decode_raw(struct json_decoder *d, char **ret)
{
	struct strbuf text = STRBUF_INIT;
	int r = decoder_check(d, json_scan_compact(&d->scan, &text));

	*ret = strbuf_take(&text);
	return r;
}

static int decode_value(struct json_decoder *d, const struct json_field *field, void *member,
			const struct json_path *path)
{
	void *obj = (char *)member - field->offset;
	size_t *count = (void *)((char *)obj + field->count_offset);
	int r = decoder_null(d);

	if (r != 0)
		return r < 0 ? r : 0;
	switch (field->type) {
	case JSON_STRV:
		return decode_strv(d, member, path);
	case JSON_STR_OR_STRV:
		return decode_str_or_strv(d, member, path);
	case JSON_SET:
		return decode_set(d, member, path);
	case JSON_MAP:
		return decode_map(d, member, path);
	case JSON_OBJ:
		return decode_object(d, field->shape, member, path);
	case JSON_OBJP:
		*(void **)member = xcalloc(1, field->shape->size);
		return decode_object(d, field->shape, *(void **)member, path);
	case JSON_ARRAY:
		return decode_array(d, field->shape, field->shape->size, member, count, path);
	case JSON_ARRAY_I64:
		return decode_array(d, NULL, sizeof(int64_t), member, count, path);
	case JSON_OBJMAP:
		return decode_objmap(d, field->shape, member, count, path);
	case JSON_RAW:
		return decode_raw(d, member);
	default:
		return decoder_scalar(d, field, member, path);
	}
}

/* A field by name, and the object it lies in: an embedded struct's members stand among its
 * parent's. */
static const struct json_field *find_field(const struct json_shape *shape, const char *name,
					   bool anycase, void **obj)
{
	for (size_t i = 0; i < shape->n_fields; i++) {
		const struct json_field *f = &shape->fields[i];
		void *inner = (char *)*obj + f->offset;

		if (f->name[0]) {
			if ((anycase ? strcasecmp : strcmp)(f->name, name) == 0)
				return f;
		} else if (f->type == JSON_OBJ) {
			f = find_field(f->shape, name, anycase, &inner);
			if (f) {
				*obj = inner;
				return f;
			}
		}
	}
	return NULL;
}

/* Which of a shape's own fields had a value; the one behind the last is likely to come next. */
struct seen {
	uint64_t bits[FIELDS_MAX / 64];
	size_t next;
};

/* The one behind the last, without a search, and with its key passed over. */
static const struct json_field *expected_field(struct json_decoder *d,
					       const struct json_shape *shape, struct seen *seen)
{
	const struct json_field *field = &shape->fields[seen->next];

	if (seen->next >= shape->n_fields || !field->name[0] ||
	    !json_scan_this_key(&d->scan, field->name))
		return NULL;
	seen->next++;
	return field;
}

static const struct json_field *search_field(const struct json_shape *shape, struct seen *seen,
					     const char *name, void **obj)
{
	const struct json_field *field = find_field(shape, name, false, obj);

	if (!field && (shape->flags & JSON_SHAPE_ANYCASE))
		field = find_field(shape, name, true, obj);
	if (field && field >= shape->fields && field < shape->fields + shape->n_fields)
		seen->next = (size_t)(field - shape->fields) + 1;
	return field;
}

static void seen_add(struct seen *seen, const struct json_shape *shape,
		     const struct json_field *field)
{
	if (field >= shape->fields && field < shape->fields + shape->n_fields)
		seen->bits[(field - shape->fields) / 64] |= 1ull << ((field - shape->fields) % 64);
}

static int check_required(struct json_decoder *d, const struct json_shape *shape,
			  const struct seen *seen, const struct json_path *path)
{
	for (size_t i = 0; i < shape->n_fields; i++) {
		const struct json_path here = { path, shape->fields[i].name, 0 };

		if ((shape->fields[i].flags & JSON_REQUIRED) &&
		    !(seen->bits[i / 64] >> (i % 64) & 1))
			return decoder_fail(d, &here, "is required");
	}
	return 0;
}

static int decode_member(struct json_decoder *d, const struct json_shape *shape, void *obj,
			 struct seen *seen, const struct json_path *up)
{
	const struct json_field *field = expected_field(d, shape, seen);
	struct json_path here = { up, NULL, 0 };

	if (!field) {
		int r = decode_key(d, &d->key, up);

		if (r < 0)
			return r;
		here.name = strbuf_str(&d->key);
		field = search_field(shape, seen, here.name, &obj);
	}
	if (field) {
		here.name = field->name;
		json_field_release(field, obj); /* of two members of one name the last wins */
		if (json_scan_kind(&d->scan) != 'n')
			seen_add(seen, shape, field);
		return decode_value(d, field, (char *)obj + field->offset, &here);
	}
	if (shape->flags & JSON_SHAPE_STRICT)
		return decoder_fail(d, &here, "is not known here");
	return decoder_check(d, json_scan_skip(&d->scan, NULL));
}

static int decode_object(struct json_decoder *d, const struct json_shape *shape, void *obj,
			 const struct json_path *path)
{
	struct seen seen = { .next = 0 };
	bool first = true;
	int r;

	if (json_shape_is_bare(shape))
		return decode_value(d, shape->fields, (char *)obj + shape->fields->offset, path);
	if (json_scan_kind(&d->scan) != '{')
		return decoder_fail_kind(d, path, "must be an object");
	r = decoder_check(d, json_scan_enter(&d->scan, '{'));
	while (r >= 0 && (r = decoder_check(d, json_scan_next(&d->scan, '{', &first))) > 0)
		r = decode_member(d, shape, obj, &seen, path);
	return r < 0 ? r : check_required(d, shape, &seen, path);
}

void decoder_allow(struct json_decoder *d, size_t len)
{
	size_t more;

	if (__builtin_mul_overflow(len, BUDGET_PER_BYTE, &more) ||
	    __builtin_add_overflow(d->budget, more, &d->budget))
		d->budget = SIZE_MAX;
}

static struct json_decoder decode_begin(const char *text, size_t len, struct error *err)
{
	struct json_decoder d = { .scan = JSON_SCAN_INIT(text, len),
				  .err = err,
				  .budget = DECODER_BUDGET };

	decoder_allow(&d, len);
	return d;
}

int json_decode(const struct json_shape *shape, const char *text, size_t len, void *obj,
		struct error *err)
{
	struct json_decoder d = decode_begin(text, len, err);
	int r;

	memset(obj, 0, shape->size);
	r = decode_object(&d, shape, obj, NULL);
	if (r >= 0)
		r = decoder_check(&d, json_scan_finish(&d.scan));
	strbuf_release(&d.key);
	if (r < 0)
		json_release(shape, obj);
	return r < 0 ? r : 0;
}

int json_decode_array(const struct json_shape *shape, const char *text, size_t len, void *ret_items,
		      size_t *ret_n, struct error *err)
{
	struct json_decoder d = decode_begin(text, len, err);
	void *items = NULL;
	size_t n = 0;
	int r = decode_array(&d, shape, shape->size, &items, &n, NULL);

	if (r >= 0)
		r = decoder_check(&d, json_scan_finish(&d.scan));
	strbuf_release(&d.key);
	if (r < 0) {
		json_release_array(shape, items, n);
		return r;
	}
	*(void **)ret_items = items;
	*ret_n = n;
	return 0;
}
