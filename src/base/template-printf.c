/* SPDX-License-Identifier: Apache-2.0 */
/* Go's Sprintf for templates: verbs v s q d x X o b c U t e f g %, flags - + # 0 and blank,
 * width and precision. What does not fit a verb is written as Go writes it: %!d(string=x),
 * %!s(MISSING), %!(EXTRA int=1). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/template-exec.h"
#include "base/utf8.h"

enum { WIDTH_MAX = 4096 };

struct verb {
	bool minus, plus, sharp, blank, zero;
	int width, precision; /* -1: not given */
	char letter;
};

static int take_count(const char **p)
{
	int value = 0;

	while (**p >= '0' && **p <= '9') {
		if (value <= WIDTH_MAX)
			value = value * 10 + (**p - '0');
		(*p)++;
	}
	return value > WIDTH_MAX ? WIDTH_MAX : value;
}

/* Behind the percent sign. */
static struct verb take_verb(const char **p)
{
	struct verb v = { .width = -1, .precision = -1 };

	for (;; (*p)++) {
		if (**p == '-')
			v.minus = true;
		else if (**p == '+')
			v.plus = true;
		else if (**p == '#')
			v.sharp = true;
		else if (**p == ' ')
			v.blank = true;
		else if (**p == '0')
			v.zero = true;
		else
			break;
	}
	if (**p >= '1' && **p <= '9')
		v.width = take_count(p);
	if (**p == '.') {
		(*p)++;
		v.precision = take_count(p);
	}
	v.letter = **p;
	if (**p)
		(*p)++;
	return v;
}

/* Width counts runes. Zeros go behind a sign. */
static void add_padded(const struct verb *v, const char *text, size_t len, bool number,
		       struct strbuf *out)
{
	size_t runes = utf8_count(text, len),
	       pad = v->width > 0 && (size_t)v->width > runes ? (size_t)v->width - runes : 0;
	bool zeros = v->zero && !v->minus;

	if (zeros && number && len > 0 && (*text == '-' || *text == '+')) {
		strbuf_addc(out, *text++);
		len--;
	}
	for (size_t i = 0; !v->minus && i < pad; i++)
		strbuf_addc(out, zeros ? '0' : ' ');
	if (len > 0)
		strbuf_add(out, text, len);
	for (size_t i = 0; v->minus && i < pad; i++)
		strbuf_addc(out, ' ');
}

static void add_bad(struct exec *e, char letter, const struct value *value, struct strbuf *out)
{
	strbuf_addf(out, "%%!%c(%s=", letter,
		    value->kind == VALUE_NIL ? "<nil>" : value_type(value));
	if (value->kind == VALUE_NIL) {
		out->len -= 1; /* %!d(<nil>) has no "=" */
	} else {
		value_print(&e->arena, value, out);
	}
	strbuf_addc(out, ')');
}

static void format_base(uint64_t value, unsigned int base, bool upper, struct strbuf *out)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[72];
	size_t at = sizeof(text);

	do {
		text[--at] = digits[value % base];
		value /= base;
	} while (value);
	strbuf_add(out, text + at, sizeof(text) - at);
}

static void add_int(const struct verb *v, int64_t value, struct strbuf *out)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;

	if (value < 0)
		strbuf_addc(&text, '-');
	else if (v->plus)
		strbuf_addc(&text, '+');
	else if (v->blank)
		strbuf_addc(&text, ' ');
	if (v->sharp && (v->letter == 'x' || v->letter == 'X'))
		strbuf_addf(&text, "0%c", v->letter);
	else if (v->sharp && v->letter == 'o')
		strbuf_addc(&text, '0');
	format_base(size,
		    v->letter == 'x' || v->letter == 'X' ? 16
		    : v->letter == 'o'			 ? 8
		    : v->letter == 'b'			 ? 2
							 : 10,
		    v->letter == 'X', &text);
	add_padded(v, text.data, text.len, true, out);
}

static bool format_int(const struct verb *v, int64_t value, struct strbuf *out)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;

	switch (v->letter) {
	case 'v':
	case 'd':
	case 'x':
	case 'X':
	case 'o':
	case 'b':
		add_int(v, value, out);
		return true;
	case 'c':
		utf8_add_rune(&text,
			      value < 0 || value > 0x10ffff ? UTF8_REPLACEMENT : (uint32_t)value);
		break;
	case 'q':
		strbuf_addc(&text, '\'');
		utf8_add_rune(&text,
			      value < 0 || value > 0x10ffff ? UTF8_REPLACEMENT : (uint32_t)value);
		strbuf_addc(&text, '\'');
		break;
	case 'U':
		strbuf_addf(&text, "U+%04jX", (intmax_t)value);
		break;
	default:
		return false;
	}
	add_padded(v, strbuf_str(&text), text.len, false, out);
	return true;
}

static bool format_float(const struct verb *v, double value, struct strbuf *out)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	int precision = v->precision < 0 ? 6 : v->precision;

	if (v->plus && value >= 0)
		strbuf_addc(&text, '+');
	if (v->letter == 'v' || (v->letter == 'g' && v->precision < 0))
		value_print_float(value, &text);
	else if (v->letter == 'f' || v->letter == 'F')
		strbuf_addf(&text, "%.*f", precision, value);
	else if (v->letter == 'e')
		strbuf_addf(&text, "%.*e", precision, value);
	else if (v->letter == 'g')
		strbuf_addf(&text, "%.*g", precision, value);
	else
		return false;
	add_padded(v, text.data, text.len, true, out);
	return true;
}

/* How many bytes the first n runes have. */
static size_t rune_prefix(const struct value *text, int n)
{
	size_t at = 0, step;

	for (; n > 0 && at < text->len; n--, at += step)
		(void)utf8_decode(text->str + at, text->len - at, &step);
	return at;
}

static bool format_str(const struct verb *v, const struct value *value, struct strbuf *out)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	size_t len = v->precision >= 0 ? rune_prefix(value, v->precision) : value->len;

	if (v->letter == 'v' || v->letter == 's') {
		add_padded(v, value->str, len, false, out);
		return true;
	}
	if (v->letter == 'q')
		/* differs from Go's quoting for control characters alone */
		json_quote(&text, value->str, len);
	else if (v->letter != 'x' && v->letter != 'X')
		return false;
	for (size_t i = 0; v->letter != 'q' && i < len; i++)
		strbuf_addf(&text, v->letter == 'x' ? "%02x" : "%02X",
			    (unsigned char)value->str[i]);
	add_padded(v, strbuf_str(&text), text.len, false, out);
	return true;
}

static void format_value(struct exec *e, const struct verb *v, const struct value *value,
			 struct strbuf *out);

/* Lists and maps: the verb goes to each element. */
static void format_members(struct exec *e, const struct verb *v, const struct value *value,
			   struct strbuf *out)
{
	const struct value_member **list = NULL;
	size_t n = value->len;

	if (value->kind == VALUE_MAP)
		list = value_sorted(&e->arena, value, &n);
	strbuf_adds(out, list ? "map[" : "[");
	for (size_t i = 0; i < n; i++) {
		if (i)
			strbuf_addc(out, ' ');
		if (list) {
			const struct value key = { .kind = VALUE_STR,
						   .str = list[i]->key,
						   .len = strlen(list[i]->key) };

			format_value(e, v, &key, out);
			strbuf_addc(out, ':');
		}
		format_value(e, v, list ? &list[i]->value : &value->items[i], out);
	}
	strbuf_addc(out, ']');
}

static void format_value(struct exec *e, const struct verb *v, const struct value *value,
			 struct strbuf *out)
{
	bool known = false;

	if (out->len > EXEC_OUTPUT_MAX) /* told when the next step is charged */
		return;
	e->steps++;
	switch (value->kind) {
	case VALUE_NIL:
		known = v->letter == 'v';
		if (known)
			add_padded(v, "<nil>", 5, false, out);
		break;
	case VALUE_BOOL:
		known = v->letter == 'v' || v->letter == 't';
		if (known)
			add_padded(v, value->b ? "true" : "false", value->b ? 4 : 5, false, out);
		break;
	case VALUE_INT:
		known = format_int(v, value->i, out);
		break;
	case VALUE_FLOAT:
		known = format_float(v, value->f, out);
		break;
	case VALUE_STR:
		known = format_str(v, value, out);
		break;
	default:
		format_members(e, v, value, out);
		known = true;
	}
	if (!known)
		add_bad(e, v->letter, value, out);
}

static void add_extra(struct exec *e, const struct value *args, size_t from, size_t n,
		      struct strbuf *out)
{
	strbuf_adds(out, "%!(EXTRA ");
	for (size_t i = from; i < n; i++) {
		if (i > from)
			strbuf_adds(out, ", ");
		strbuf_addf(out, "%s=", value_type(&args[i]));
		value_print(&e->arena, &args[i], out);
	}
	strbuf_addc(out, ')');
}

void template_printf(struct exec *e, const struct value *args, size_t n, struct strbuf *out)
{
	const char *p = args[0].str;
	size_t next = 1;

	while (*p) {
		struct verb v;

		if (*p != '%') {
			strbuf_addc(out, *p++);
			continue;
		}
		p++;
		v = take_verb(&p);
		if (v.letter == '%')
			strbuf_addc(out, '%');
		else if (!v.letter)
			strbuf_adds(out, "%!(NOVERB)");
		else if (next == n)
			strbuf_addf(out, "%%!%c(MISSING)", v.letter);
		else
			format_value(e, &v, &args[next++], out);
	}
	if (next < n)
		add_extra(e, args, next, n, out);
}
