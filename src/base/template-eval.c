/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluates the pipelines of a running template: operands, fields, variables, calls. */
#include <errno.h>
#include <string.h>

#include "base/template-exec.h"
#include "base/template.h"

static int eval_operand(struct exec *e, const struct operand *op, const struct value *dot,
			struct value *ret);

int exec_fail(struct exec *e, const char *fmt, ...)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	size_t line, column, len = e->src_len;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	template_position(e->tmpl, e->src + e->src_at, &line, &column);
	while (len > 0 && strchr(" \t\r\n", e->src[len - 1]))
		len--;
	return error_set(
		e->err, ERR_INVALID, 0,
		"template parsing error: template: :%zu:%zu: executing \"\" at <%.*s%s>: %s", line,
		column, (int)(len > 20 ? 20 : len), e->src, len > 20 ? "..." : "", text.data);
}

int exec_fail_call(struct exec *e, const char *name, const char *fmt, ...)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	return exec_fail(e, "error calling %s: %s", name, text.data);
}

int exec_charge(struct exec *e)
{
	if (++e->steps > EXEC_STEPS_MAX)
		return exec_fail(e, "too much work");
	if (e->arena.total > EXEC_MEMORY_MAX)
		return exec_fail(e, "too much memory");
	if (e->out->len - e->out_start > EXEC_OUTPUT_MAX)
		return exec_fail(e, "too much output");
	return 0;
}

static void look_at(struct exec *e, const char *src, size_t len, size_t at)
{
	e->src = src;
	e->src_len = len;
	e->src_at = at;
}

static struct exec_var *var_find(struct exec *e, const char *name)
{
	for (size_t i = e->n_vars; i-- > 0;)
		if (strcmp(e->vars[i].name, name) == 0)
			return &e->vars[i];
	return NULL;
}

int exec_set_var(struct exec *e, const struct pipe *pipe, size_t i, const struct value *value)
{
	struct exec_var *var = pipe->assign ? var_find(e, pipe->vars[i]) : NULL;

	if (!var) {
		if (e->n_vars == EXEC_VARS_MAX)
			return exec_fail(e, "too many variables");
		var = &e->vars[e->n_vars++];
		var->name = pipe->vars[i];
	}
	var->value = *value;
	return 0;
}

static int eval_field(struct exec *e, const struct value *in, const char *name, struct value *ret)
{
	const struct value *found;

	if (in->kind == VALUE_NIL)
		return exec_fail(e, "nil pointer evaluating interface {}.%s", name);
	if (in->kind != VALUE_MAP)
		return exec_fail(e, "can't evaluate field %s in type %s", name, value_type(in));
	found = value_member(in, name, true);
	if (!found && (e->flags & TEMPLATE_STRICT))
		return exec_fail(e, "map has no entry for key \"%s\"", name);
	*ret = found ? *found : (struct value){ .kind = VALUE_NIL };
	return 0;
}

static int eval_fields(struct exec *e, const struct operand *op, size_t n, struct value *value)
{
	for (size_t i = 0; i < n; i++) {
		const struct value in = *value;
		int r = eval_field(e, &in, op->fields[i], value);

		if (r < 0)
			return r;
	}
	return 0;
}

static int eval_call(struct exec *e, const struct operand *op, const struct value *dot,
		     const struct value *final, struct value *ret);

static int eval_term(struct exec *e, const struct operand *op, const struct value *dot,
		     struct value *ret)
{
	const struct exec_var *var;

	switch (op->kind) {
	case OPERAND_DOT:
		*ret = *dot;
		return 0;
	case OPERAND_CONSTANT:
		*ret = op->constant;
		return 0;
	case OPERAND_VARIABLE:
		var = var_find(e, op->name);
		if (!var)
			return exec_fail(e, "undefined variable: $%s", op->name);
		*ret = var->value;
		return 0;
	case OPERAND_PIPE:
		return exec_pipe(e, op->pipe, dot, ret);
	case OPERAND_FUNCTION:
		break;
	}
	return eval_call(e, op, dot, NULL, ret);
}

static int eval_operand(struct exec *e, const struct operand *op, const struct value *dot,
			struct value *ret)
{
	int r;

	look_at(e, op->src, op->src_len, op->fields_at);
	r = exec_charge(e);
	if (r >= 0)
		r = eval_term(e, op, dot, ret);
	look_at(e, op->src, op->src_len, op->fields_at);
	return r < 0 ? r : eval_fields(e, op, op->n_fields, ret);
}

/* and, or: evaluated from left to right, only until the answer is known. */
static int eval_short(struct exec *e, const struct operand *op, const struct value *dot,
		      const struct value *final, struct value *ret)
{
	bool until = strcmp(op->name, "or") == 0;

	for (const struct operand *arg = op->next; arg; arg = arg->next) {
		int r = eval_operand(e, arg, dot, ret);

		if (r < 0)
			return r;
		if (value_is_true(ret) == until)
			return 0;
	}
	if (final)
		*ret = *final;
	else if (!op->next)
		return exec_fail(e, "wrong number of args for %s: want at least 1 got 0", op->name);
	return 0;
}

static int check_args(struct exec *e, const struct template_function *f, size_t n)
{
	if (n < f->min_args && f->max_args == SIZE_MAX)
		return exec_fail(e, "wrong number of args for %s: want at least %zu got %zu",
				 f->name, f->min_args, n);
	if (n < f->min_args || n > f->max_args)
		return exec_fail(e, "wrong number of args for %s: want %zu got %zu", f->name,
				 n < f->min_args ? f->min_args : f->max_args, n);
	return 0;
}

/* A function with the operands behind it, and the value that was piped in as its last argument. */
static int eval_call(struct exec *e, const struct operand *op, const struct value *dot,
		     const struct value *final, struct value *ret)
{
	struct value args[TEMPLATE_ARGS_MAX + 1];
	const char *src = e->src;
	size_t n = 0, src_len = e->src_len;
	int r;

	if (!op->function->call)
		return eval_short(e, op, dot, final, ret);
	for (const struct operand *arg = op->next; arg; arg = arg->next) {
		r = eval_operand(e, arg, dot, &args[n++]);
		if (r < 0)
			return r;
	}
	if (final)
		args[n++] = *final;
	look_at(e, src, src_len, 0);
	r = check_args(e, op->function, n);
	return r < 0 ? r : op->function->call(e, op->name, args, n, ret);
}

/* {{.Label "x"}}: the member "x" of the object "Label()". */
static int eval_method(struct exec *e, const struct operand *op, const struct value *dot,
		       const struct value *final, struct value *ret)
{
	cleanup(strbuf_release) struct strbuf name = STRBUF_INIT;
	const struct operand *first = op->next;
	const struct value *map, *found;
	struct value arg;
	int r = 0;

	if (!final)
		r = eval_operand(e, first, dot, &arg);
	else
		arg = *final;
	look_at(e, op->src, op->src_len, op->fields_at);
	if (r >= 0)
		r = eval_term(e, op, dot, ret);
	if (r >= 0)
		r = eval_fields(e, op, op->n_fields - 1, ret);
	if (r < 0)
		return r;
	strbuf_addf(&name, "%s()", op->fields[op->n_fields - 1]);
	map = ret->kind == VALUE_MAP ? value_member(ret, name.data, false) : NULL;
	if (!map || (final ? first : first->next) || arg.kind != VALUE_STR)
		return exec_fail(e, "%s is not a method but has arguments",
				 op->fields[op->n_fields - 1]);
	found = map->kind == VALUE_MAP ? value_member(map, arg.str, false) : NULL;
	*ret = found ? *found : (struct value){ .kind = VALUE_STR, .str = "" };
	return 0;
}

static int eval_command(struct exec *e, const struct command *command, const struct value *dot,
			const struct value *final, struct value *ret)
{
	const struct operand *op = command->operands;

	look_at(e, command->src, command->src_len, 0);
	if (op->kind == OPERAND_FUNCTION) {
		int r = exec_charge(e);

		return r < 0 ? r : eval_call(e, op, dot, final, ret);
	}
	look_at(e, op->src, op->src_len, op->fields_at);
	if (!op->next && !final)
		return eval_operand(e, op, dot, ret);
	if (op->n_fields > 0)
		return eval_method(e, op, dot, final, ret);
	return exec_fail(e, "can't give argument to non-function %.*s", (int)op->src_len, op->src);
}

int exec_pipe(struct exec *e, const struct pipe *pipe, const struct value *dot, struct value *ret)
{
	struct value last;

	for (const struct command *c = pipe->commands; c; c = c->next) {
		int r = eval_command(e, c, dot, c == pipe->commands ? NULL : &last, ret);

		if (r < 0)
			return r;
		last = *ret;
	}
	return 0;
}
