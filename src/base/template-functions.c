/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of templates: Go's own and those that docker adds. */
#include <ctype.h>
#include <string.h>

#include "base/template-exec.h"
#include "base/utf8.h"

static int need_str(struct exec *e, const char *name, const struct value *v)
{
	return v->kind == VALUE_STR
		       ? 0
		       : exec_fail_call(e, name, "wrong type for value; expected string; got %s",
					value_type(v));
}

static int need_int(struct exec *e, const char *name, const struct value *v)
{
	return v->kind == VALUE_INT
		       ? 0
		       : exec_fail_call(e, name, "wrong type for value; expected int; got %s",
					value_type(v));
}

/* The text becomes a value; sb is empty after. */
static struct value take_text(struct exec *e, struct strbuf *sb)
{
	struct value v = value_str(&e->arena, sb->data, sb->len);

	strbuf_release(sb);
	return v;
}

static int call_not(struct exec *e, const char *name, const struct value *args, size_t n,
		    struct value *ret)
{
	*ret = (struct value){ .kind = VALUE_BOOL, .b = !value_is_true(&args[0]) };
	return 0;
}

static int call_len(struct exec *e, const char *name, const struct value *args, size_t n,
		    struct value *ret)
{
	if (args[0].kind < VALUE_STR)
		return exec_fail_call(e, name, "len of type %s", value_type(&args[0]));
	*ret = (struct value){ .kind = VALUE_INT, .i = (int64_t)args[0].len };
	return 0;
}

static int index_map(struct exec *e, const char *name, const struct value *map,
		     const struct value *key, struct value *ret)
{
	const struct value *found;
	bool strings = true;
	int r = need_str(e, name, key);

	if (r < 0)
		return r;
	found = map->kind == VALUE_MAP ? value_member(map, key->str, false) : NULL;
	for (size_t i = 0; map->kind == VALUE_MAP && i < map->len; i++)
		strings = strings && map->members[i].value.kind == VALUE_STR;
	if (found)
		*ret = *found;
	else if (strings) /* a map of strings (labels): what is not there is "" */
		*ret = (struct value){ .kind = VALUE_STR, .str = "" };
	else
		*ret = (struct value){ .kind = VALUE_NIL };
	return 0;
}

static int index_one(struct exec *e, const char *name, const struct value *in,
		     const struct value *key, struct value *ret)
{
	int r;

	if (in->kind == VALUE_MAP || (in->kind == VALUE_NIL && key->kind == VALUE_STR))
		return index_map(e, name, in, key, ret);
	if (in->kind == VALUE_NIL)
		return exec_fail_call(e, name, "index of untyped nil");
	if (in->kind < VALUE_STR)
		return exec_fail_call(e, name, "can't index item of type %s", value_type(in));
	r = need_int(e, name, key);
	if (r < 0)
		return r;
	if (key->i < 0 || (uint64_t)key->i >= in->len)
		return exec_fail_call(e, name, "index out of range: %jd", (intmax_t)key->i);
	if (in->kind == VALUE_STR)
		*ret = (struct value){ .kind = VALUE_INT, .i = (unsigned char)in->str[key->i] };
	else
		*ret = in->items[key->i];
	return 0;
}

static int call_index(struct exec *e, const char *name, const struct value *args, size_t n,
		      struct value *ret)
{
	*ret = args[0];
	for (size_t i = 1; i < n; i++) {
		const struct value in = *ret;
		int r = index_one(e, name, &in, &args[i], ret);

		if (r < 0)
			return r;
	}
	return 0;
}

static int call_slice(struct exec *e, const char *name, const struct value *args, size_t n,
		      struct value *ret)
{
	const struct value *in = &args[0];
	int64_t from = 0, to = (int64_t)in->len;

	if (in->kind != VALUE_STR && in->kind != VALUE_LIST)
		return exec_fail_call(e, name, "can't slice item of type %s", value_type(in));
	for (size_t i = 1; i < n; i++) {
		int r = need_int(e, name, &args[i]);

		if (r < 0)
			return r;
		if (args[i].i < 0 || args[i].i > (int64_t)in->len)
			return exec_fail_call(e, name, "index out of range: %jd",
					      (intmax_t)args[i].i);
	}
	from = n > 1 ? args[1].i : from;
	to = n > 2 ? args[2].i : to;
	if (from > to)
		return exec_fail_call(e, name, "invalid slice index: %jd > %jd", (intmax_t)from,
				      (intmax_t)to);
	if (in->kind == VALUE_STR)
		*ret = value_str(&e->arena, in->str + from, (size_t)(to - from));
	else
		*ret = (struct value){ .kind = VALUE_LIST,
				       .items = in->items + from,
				       .len = (size_t)(to - from) };
	return 0;
}

/* Sprint: a blank between two operands when neither is a string. */
static int call_print(struct exec *e, const char *name, const struct value *args, size_t n,
		      struct value *ret)
{
	struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < n; i++) {
		if (i && args[i].kind != VALUE_STR && args[i - 1].kind != VALUE_STR)
			strbuf_addc(&out, ' ');
		value_print(&e->arena, &args[i], &out);
	}
	*ret = take_text(e, &out);
	return 0;
}

static int call_println(struct exec *e, const char *name, const struct value *args, size_t n,
			struct value *ret)
{
	struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < n; i++) {
		if (i)
			strbuf_addc(&out, ' ');
		value_print(&e->arena, &args[i], &out);
	}
	strbuf_addc(&out, '\n');
	*ret = take_text(e, &out);
	return 0;
}

static int call_printf(struct exec *e, const char *name, const struct value *args, size_t n,
		       struct value *ret)
{
	struct strbuf out = STRBUF_INIT;
	int r = need_str(e, name, &args[0]);

	if (r < 0)
		return r;
	template_printf(e, args, n, &out);
	*ret = take_text(e, &out);
	return 0;
}

static int call_json(struct exec *e, const char *name, const struct value *args, size_t n,
		     struct value *ret)
{
	struct strbuf out = STRBUF_INIT;

	value_json(&args[0], &out);
	*ret = take_text(e, &out);
	return 0;
}

static int call_join(struct exec *e, const char *name, const struct value *args, size_t n,
		     struct value *ret)
{
	struct strbuf out = STRBUF_INIT;
	int r = need_str(e, name, &args[1]);

	if (r < 0)
		return r;
	if (args[0].kind != VALUE_LIST && args[0].kind != VALUE_NIL)
		return exec_fail_call(e, name, "wrong type for value; expected []string; got %s",
				      value_type(&args[0]));
	for (size_t i = 0; i < args[0].len; i++) {
		if (i)
			strbuf_add(&out, args[1].str, args[1].len);
		value_print(&e->arena, &args[0].items[i], &out);
	}
	*ret = take_text(e, &out);
	return 0;
}

/* The end of the part that begins at offset from: at the separator; with an empty one, behind
 * one rune. */
static size_t split_end(const struct value *text, const struct value *sep, size_t from)
{
	const char *hit;
	size_t n;

	if (sep->len == 0) {
		(void)utf8_decode(text->str + from, text->len - from, &n);
		return from + n;
	}
	hit = memmem(text->str + from, text->len - from, sep->str, sep->len);
	return hit ? (size_t)(hit - text->str) : text->len;
}

static int call_split(struct exec *e, const char *name, const struct value *args, size_t n,
		      struct value *ret)
{
	const struct value *text = &args[0], *sep = &args[1];
	struct value *items;
	size_t count = 0, from = 0, end;
	int r = need_str(e, name, text);

	if (r >= 0)
		r = need_str(e, name, sep);
	if (r < 0)
		return r;
	for (from = 0; sep->len > 0 && (end = split_end(text, sep, from)) < text->len;
	     from = end + sep->len)
		count++;
	items = arena_alloc(&e->arena, (sep->len ? count + 1 : text->len) * sizeof(*items));
	count = 0;
	for (from = 0; from < text->len || sep->len > 0; from = end + sep->len) {
		end = split_end(text, sep, from);
		items[count++] = value_str(&e->arena, text->str + from, end - from);
		if (end == text->len)
			break;
	}
	*ret = (struct value){ .kind = VALUE_LIST, .items = items, .len = count };
	return 0;
}

/* Letters of ASCII; title: the first letter of each word. */
static int call_case(struct exec *e, const char *name, const struct value *args, size_t n,
		     struct value *ret)
{
	int r = need_str(e, name, &args[0]);
	bool start = true;
	char *copy;

	if (r < 0)
		return r;
	copy = arena_strndup(&e->arena, args[0].str, args[0].len);
	for (size_t i = 0; i < args[0].len; i++) {
		unsigned char c = (unsigned char)copy[i];

		if (name[0] == 'l')
			copy[i] = (char)tolower(c);
		else if (name[0] == 'u' || start)
			copy[i] = (char)toupper(c);
		start = !isalnum(c) && c != '_' && c < 0x80 && c != '\'';
	}
	*ret = (struct value){ .kind = VALUE_STR, .str = copy, .len = args[0].len };
	return 0;
}

/* pad TEXT BEFORE AFTER: blanks around a text that is not empty. */
static int call_pad(struct exec *e, const char *name, const struct value *args, size_t n,
		    struct value *ret)
{
	struct strbuf out = STRBUF_INIT;
	int r = need_str(e, name, &args[0]);

	for (size_t i = 1; i < 3 && r >= 0; i++) {
		r = need_int(e, name, &args[i]);
		if (r >= 0 && (args[i].i < 0 || args[i].i > 4096))
			r = exec_fail_call(e, name, "padding out of range: %jd",
					   (intmax_t)args[i].i);
	}
	if (r < 0)
		return r;
	*ret = args[0];
	if (args[0].len == 0)
		return 0;
	strbuf_addf(&out, "%*s", (int)args[1].i, "");
	strbuf_add(&out, args[0].str, args[0].len);
	strbuf_addf(&out, "%*s", (int)args[2].i, "");
	*ret = take_text(e, &out);
	return 0;
}

static int call_truncate(struct exec *e, const char *name, const struct value *args, size_t n,
			 struct value *ret)
{
	int r = need_str(e, name, &args[0]);

	if (r >= 0)
		r = need_int(e, name, &args[1]);
	if (r < 0)
		return r;
	*ret = args[0];
	if (args[1].i >= 0 && (uint64_t)args[1].i < args[0].len)
		*ret = value_str(&e->arena, args[0].str, (size_t)args[1].i);
	return 0;
}

static const struct template_function functions[] = {
	/* these two do not evaluate all their arguments: template-exec.c */
	{ "and", 1, SIZE_MAX, NULL },
	{ "or", 1, SIZE_MAX, NULL },
	{ "index", 1, SIZE_MAX, call_index },
	{ "join", 2, 2, call_join },
	{ "json", 1, 1, call_json },
	{ "len", 1, 1, call_len },
	{ "lower", 1, 1, call_case },
	{ "not", 1, 1, call_not },
	{ "pad", 3, 3, call_pad },
	{ "print", 0, SIZE_MAX, call_print },
	{ "printf", 1, SIZE_MAX, call_printf },
	{ "println", 0, SIZE_MAX, call_println },
	{ "slice", 1, 3, call_slice },
	{ "split", 2, 2, call_split },
	{ "title", 1, 1, call_case },
	{ "truncate", 2, 2, call_truncate },
	{ "upper", 1, 1, call_case },
};

const struct template_function *template_function_find(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		if (strlen(functions[i].name) == len && memcmp(functions[i].name, name, len) == 0)
			return &functions[i];
	for (size_t i = 0; i < template_n_comparisons; i++)
		if (strlen(template_comparisons[i].name) == len &&
		    memcmp(template_comparisons[i].name, name, len) == 0)
			return &template_comparisons[i];
	return NULL;
}
