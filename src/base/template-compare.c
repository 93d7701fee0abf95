/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of templates that compare: eq ne lt le gt ge. */
#include <string.h>

#include "base/template-exec.h"

enum order { LESS, EQUAL, GREATER, UNORDERED };

static bool is_number(const struct value *v)
{
	return v->kind == VALUE_INT || v->kind == VALUE_FLOAT;
}

static double as_float(const struct value *v)
{
	return v->kind == VALUE_INT ? (double)v->i : v->f;
}

static enum order compare_numbers(const struct value *a, const struct value *b)
{
	if (a->kind == VALUE_INT && b->kind == VALUE_INT)
		return a->i < b->i ? LESS : a->i > b->i ? GREATER : EQUAL;
	return as_float(a) < as_float(b) ? LESS : as_float(a) > as_float(b) ? GREATER : EQUAL;
}

static enum order compare_strings(const struct value *a, const struct value *b)
{
	size_t n = a->len < b->len ? a->len : b->len;
	int c = n ? memcmp(a->str, b->str, n) : 0;

	if (c != 0)
		return c < 0 ? LESS : GREATER;
	return a->len < b->len ? LESS : a->len > b->len ? GREATER : EQUAL;
}

/* Values of one basic kind; numbers may be whole or not. nil equals nil alone. */
static int compare(struct exec *e, const char *name, const struct value *a, const struct value *b,
		   enum order *ret)
{
	*ret = UNORDERED;
	if (a->kind >= VALUE_LIST || b->kind >= VALUE_LIST)
		return exec_fail_call(e, name, "non-comparable type %s",
				      value_type(a->kind >= VALUE_LIST ? a : b));
	if (is_number(a) && is_number(b))
		*ret = compare_numbers(a, b);
	else if (a->kind == VALUE_STR && b->kind == VALUE_STR)
		*ret = compare_strings(a, b);
	else if (a->kind == VALUE_BOOL && b->kind == VALUE_BOOL)
		*ret = a->b == b->b ? EQUAL : UNORDERED;
	else if (a->kind == VALUE_NIL || b->kind == VALUE_NIL)
		*ret = a->kind == b->kind ? EQUAL : UNORDERED;
	else
		return exec_fail_call(e, name, "incompatible types for comparison");
	return 0;
}

/* eq A B C …: whether A equals one of the others. */
static int call_eq(struct exec *e, const char *name, const struct value *args, size_t n,
		   struct value *ret)
{
	enum order order;

	*ret = (struct value){ .kind = VALUE_BOOL };
	for (size_t i = 1; i < n && !ret->b; i++) {
		int r = compare(e, name, &args[0], &args[i], &order);

		if (r < 0)
			return r;
		ret->b = order == EQUAL;
	}
	return 0;
}

static int call_ne(struct exec *e, const char *name, const struct value *args, size_t n,
		   struct value *ret)
{
	int r = call_eq(e, name, args, n, ret);

	ret->b = !ret->b;
	return r;
}

static int call_order(struct exec *e, const char *name, const struct value *args, size_t n,
		      struct value *ret)
{
	enum order order;
	int r = compare(e, name, &args[0], &args[1], &order);

	if (r < 0)
		return r;
	if (args[0].kind == VALUE_BOOL || args[0].kind == VALUE_NIL || order == UNORDERED)
		return exec_fail_call(e, name, "invalid type for comparison");
	*ret = (struct value){ .kind = VALUE_BOOL };
	if (name[1] == 'e' && order == EQUAL)
		ret->b = true;
	else
		ret->b = order == (name[0] == 'l' ? LESS : GREATER);
	return 0;
}

const struct template_function template_comparisons[] = {
	{ "eq", 2, SIZE_MAX, call_eq }, { "ne", 2, 2, call_ne },    { "lt", 2, 2, call_order },
	{ "le", 2, 2, call_order },	{ "gt", 2, 2, call_order }, { "ge", 2, 2, call_order },
};
const size_t template_n_comparisons = ARRAY_SIZE(template_comparisons);
