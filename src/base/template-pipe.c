/* SPDX-License-Identifier: Apache-2.0 */
/* What stands within {{ }}: pipelines of commands, their operands, and literals. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/template-ast.h"
#include "base/utf8.h"

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (c & 0x80);
}

/* The name at p (maybe empty), copied. */
static const char *take_name(struct parser *p)
{
	const char *from = p->p;

	while (p->p < p->end && is_name_char(*p->p))
		p->p++;
	return arena_strndup(&p->tmpl->arena, from, (size_t)(p->p - from));
}

static bool var_known(struct parser *p, const char *name)
{
	for (size_t i = 0; i < p->n_vars; i++)
		if (strcmp(p->vars[i], name) == 0)
			return true;
	return false;
}

static int var_add(struct parser *p, const char *name)
{
	if (p->n_vars == ARRAY_SIZE(p->vars))
		return parser_fail(p, "too many variables");
	p->vars[p->n_vars++] = name;
	return 0;
}

static uint32_t take_digits(struct parser *p, int base, int n)
{
	uint32_t value = 0;

	for (; n > 0 && p->p < p->end; n--) {
		char c = *p->p;
		int digit = isdigit((unsigned char)c)	 ? c - '0'
			    : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
							 : 99;

		if (digit >= base)
			break;
		value = value * (uint32_t)base + (uint32_t)digit;
		p->p++;
	}
	return value;
}

/* Behind a backslash. */
static int parse_escape(struct parser *p, char quote, struct strbuf *out)
{
	static const char from[] = "abfnrtv\\", to[] = "\a\b\f\n\r\t\v\\";
	char c = p->p < p->end ? *p->p++ : '\0';
	const char *hit = c ? strchr(from, c) : NULL;

	if (hit)
		strbuf_addc(out, to[hit - from]);
	else if (c == quote && c)
		strbuf_addc(out, c);
	else if (c == 'x')
		strbuf_addc(out, (char)take_digits(p, 16, 2));
	else if (c == 'u')
		utf8_add_rune(out, take_digits(p, 16, 4));
	else if (c == 'U')
		utf8_add_rune(out, take_digits(p, 16, 8));
	else if (c >= '0' && c <= '7') {
		p->p--;
		strbuf_addc(out, (char)take_digits(p, 8, 3));
	} else {
		return parser_fail(p, "invalid syntax");
	}
	return 0;
}

/* Up to the closing quote; the opening one is taken. */
static int parse_quoted(struct parser *p, char quote, struct strbuf *out)
{
	for (;;) {
		char c = p->p < p->end ? *p->p++ : '\0';

		if (c == quote)
			return 0;
		if (!c || c == '\n')
			return parser_fail(p, quote == '"' ? "unterminated quoted string"
							   : "unterminated character constant");
		if (c != '\\') {
			strbuf_addc(out, c);
			continue;
		}
		if (parse_escape(p, quote, out) < 0)
			return -EINVAL;
	}
}

static int parse_string(struct parser *p, struct operand *op)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	char quote = *p->p++;
	size_t len;
	int r = parse_quoted(p, quote, &text);

	if (r < 0)
		return r;
	if (quote == '"') {
		op->constant = value_str(&p->tmpl->arena, text.data, text.len);
		return 0;
	}
	op->constant = (struct value){ .kind = VALUE_INT };
	if (text.len > 0)
		op->constant.i = utf8_decode(text.data, text.len, &len);
	if (text.len == 0 || len != text.len)
		return parser_fail(p, "malformed character constant");
	return 0;
}

static int parse_raw_string(struct parser *p, struct operand *op)
{
	const char *from = p->p + 1, *to = strchr(from, '`');

	if (!to)
		return parser_fail(p, "unterminated raw quoted string");
	op->constant = value_str(&p->tmpl->arena, from, (size_t)(to - from));
	p->p = to + 1;
	return 0;
}

/* Go's numbers: decimal, 0x, 0o, 0b, "_" between digits, floats. */
static int parse_number(struct parser *p, struct operand *op)
{
	const char *from = p->p;
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	char *end;
	int base = 0;
	size_t digits;

	while (p->p < p->end &&
	       (isalnum((unsigned char)*p->p) || strchr("._", *p->p) ||
		(strchr("+-", *p->p) && (p->p == from || strchr("eE", p->p[-1]))))) {
		if (*p->p != '_')
			strbuf_addc(&text, *p->p);
		p->p++;
	}
	if (!text.data)
		return parser_fail(p, "bad number syntax: \"\"");
	digits = strspn(text.data, "+-");
	if (text.data[digits] == '0' && strchr("oObB", text.data[digits + 1]) &&
	    text.data[digits + 1]) {
		base = tolower((unsigned char)text.data[digits + 1]) == 'o' ? 8 : 2;
		memmove(text.data + digits, text.data + digits + 2,
			strlen(text.data + digits + 2) + 1);
	}
	errno = 0;
	op->constant = (struct value){ .kind = VALUE_INT, .i = strtoll(text.data, &end, base) };
	if (*end || end == text.data || errno) {
		op->constant = (struct value){ .kind = VALUE_FLOAT, .f = strtod(text.data, &end) };
		if (*end || end == text.data || !isfinite(op->constant.f) || base)
			return parser_fail(p, "bad number syntax: \"%.*s\"", (int)(p->p - from),
					   from);
	}
	return 0;
}

static int parse_word(struct parser *p, struct operand *op)
{
	const char *name = take_name(p);

	op->constant = (struct value){ .kind = VALUE_BOOL, .b = strcmp(name, "true") == 0 };
	if (op->constant.b || strcmp(name, "false") == 0)
		return 0;
	op->constant = (struct value){ .kind = VALUE_NIL };
	if (strcmp(name, "nil") == 0)
		return 0;
	op->kind = OPERAND_FUNCTION;
	op->name = name;
	op->function = template_function_find(name, strlen(name));
	return op->function ? 0 : parser_fail(p, "function \"%s\" not defined", name);
}

static int parse_parentheses(struct parser *p, struct operand *op)
{
	int r;

	p->p++;
	op->kind = OPERAND_PIPE;
	if (++p->depth > TEMPLATE_DEPTH_MAX)
		return parser_fail(p, "nested too deeply");
	r = parse_pipe(p, "parenthesized pipeline", false, &op->pipe);
	p->depth--;
	if (r < 0)
		return r;
	if (p->p == p->end || *p->p != ')')
		return parser_fail(p, "unclosed left paren");
	p->p++;
	return 0;
}

static int parse_variable(struct parser *p, struct operand *op)
{
	p->p++;
	op->kind = OPERAND_VARIABLE;
	op->name = take_name(p);
	return var_known(p, op->name) ? 0 : parser_fail(p, "undefined variable \"$%s\"", op->name);
}

static int parse_term(struct parser *p, struct operand *op)
{
	char c = *p->p;

	op->kind = OPERAND_CONSTANT;
	if (c == '"' || c == '\'')
		return parse_string(p, op);
	if (c == '`')
		return parse_raw_string(p, op);
	if (c == '$')
		return parse_variable(p, op);
	if (c == '(')
		return parse_parentheses(p, op);
	if (isdigit((unsigned char)c) ||
	    ((c == '+' || c == '-' || c == '.') && isdigit((unsigned char)p->p[1])))
		return parse_number(p, op);
	if (is_name_char(c))
		return parse_word(p, op);
	if (c == '.') {
		op->kind = OPERAND_DOT;
		p->p += !is_name_char(p->p[1]); /* the dot of .Name is the field's */
		return 0;
	}
	return parser_fail(p, "unexpected \"%c\" in operand", c);
}

/* ".A.B", right behind the term. */
static int parse_fields(struct parser *p, struct operand *op)
{
	const char *list[TEMPLATE_FIELDS_MAX];
	const char **fields;

	while (p->p < p->end && *p->p == '.' && is_name_char(p->p[1])) {
		if (op->n_fields == TEMPLATE_FIELDS_MAX)
			return parser_fail(p, "too many fields");
		if (op->kind == OPERAND_CONSTANT || op->kind == OPERAND_FUNCTION)
			return parser_fail(p, "unexpected . after term \"%.*s\"",
					   (int)(p->p - op->src), op->src);
		if (op->n_fields == (op->kind == OPERAND_DOT))
			op->fields_at = (size_t)(p->p - op->src);
		p->p++;
		list[op->n_fields++] = take_name(p);
	}
	if (op->n_fields > 0) {
		fields = arena_alloc(&p->tmpl->arena, op->n_fields * sizeof(*fields));
		memcpy(fields, list, op->n_fields * sizeof(*fields));
		op->fields = fields;
	}
	return 0;
}

/* Names and fields end where something else may begin. */
static int check_terminator(struct parser *p, const struct operand *op)
{
	if (op->kind == OPERAND_CONSTANT || op->kind == OPERAND_PIPE || p->p == p->end ||
	    parser_at_close(p) || strchr(" \t\r\n.,|:)(", *p->p))
		return 0;
	return parser_fail(p, "bad character U+%04X '%c'", (unsigned char)*p->p, *p->p);
}

static int parse_operand(struct parser *p, struct operand **ret)
{
	struct operand *op = arena_alloc(&p->tmpl->arena, sizeof(*op));
	int r;

	op->src = p->p;
	r = parse_term(p, op);
	if (r >= 0)
		r = parse_fields(p, op);
	if (r >= 0)
		r = check_terminator(p, op);
	op->src_len = (size_t)(p->p - op->src);
	*ret = op;
	return r;
}

/* At the end of a command: "|", ")" or the closing braces. */
static bool at_command_end(struct parser *p)
{
	parser_skip_blanks(p);
	return p->p == p->end || *p->p == '|' || *p->p == ')' || parser_at_close(p);
}

static int parse_command(struct parser *p, const char *context, bool first, struct command **ret)
{
	struct command *command = arena_alloc(&p->tmpl->arena, sizeof(*command));
	struct operand *list = NULL, **tail = &list;
	size_t n = 0;

	parser_skip_blanks(p);
	command->src = p->p;
	while (!at_command_end(p)) {
		int r = parse_operand(p, tail);

		if (r < 0)
			return r;
		if (++n > TEMPLATE_ARGS_MAX)
			return parser_fail(p, "too many arguments");
		tail = &(*tail)->next;
		command->src_len = (size_t)(p->p - command->src);
	}
	if (p->p == p->end)
		return parser_fail(p, "unclosed action");
	if (!list)
		return parser_fail(p, "missing value for %s", first ? context : "command");
	if (!first && list->kind == OPERAND_CONSTANT)
		return parser_fail(p, "non executable command in pipeline stage 2");
	command->operands = list;
	*ret = command;
	return 0;
}

/* "$x :=", "$x =", in a range also "$i, $x :=". What looks like one and is none is left alone. */
static int parse_declaration(struct parser *p, bool in_range, struct pipe *pipe)
{
	const char *start = p->p;

	while (pipe->n_vars < 2 && *p->p == '$') {
		p->p++;
		pipe->vars[pipe->n_vars++] = take_name(p);
		parser_skip_blanks(p);
		if (*p->p == ':' && p->p[1] == '=') {
			p->p += 2;
			return 0;
		}
		if (*p->p == '=') {
			p->p++;
			pipe->assign = true;
			return var_known(p, pipe->vars[0])
				       ? 0
				       : parser_fail(p, "undefined variable \"$%s\"",
						     pipe->vars[0]);
		}
		if (*p->p != ',' || !in_range)
			break;
		p->p++;
		parser_skip_blanks(p);
	}
	p->p = start;
	pipe->n_vars = 0;
	return 0;
}

int parse_pipe(struct parser *p, const char *context, bool in_range, const struct pipe **ret)
{
	struct pipe *pipe = arena_alloc(&p->tmpl->arena, sizeof(*pipe));
	struct command *list = NULL, **tail = &list;
	int r;

	parser_skip_blanks(p);
	r = parse_declaration(p, in_range, pipe);
	parser_skip_blanks(p);
	pipe->src = p->p;
	while (r >= 0) {
		r = parse_command(p, context, !list, tail);
		if (r < 0 || !*tail || *p->p != '|')
			break;
		tail = &(*tail)->next;
		p->p++;
	}
	if (r < 0)
		return r;
	pipe->src_len = (size_t)(p->p - pipe->src);
	pipe->commands = list;
	for (size_t i = 0; i < pipe->n_vars && !pipe->assign && r >= 0; i++)
		r = var_add(p, pipe->vars[i]);
	*ret = pipe;
	return r;
}
