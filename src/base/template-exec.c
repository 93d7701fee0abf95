/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a template: walks its nodes with the dot and the variables, and writes what they say. */
#include "base/template-exec.h"

#include <errno.h>
#include <string.h>

#include "base/template.h"

/* How a list of nodes ended, beside failures. */
enum flow { FLOW_ON = 0, FLOW_BREAK, FLOW_CONTINUE };

static int exec_list(struct exec *e, const struct node *node, const struct value *dot);

/* A pipeline with its $x := ; what {{range}} declares is set there. */
static int eval_declaring(struct exec *e, const struct pipe *pipe, const struct value *dot,
			  struct value *ret)
{
	int r = exec_pipe(e, pipe, dot, ret);

	for (size_t i = 0; i < pipe->n_vars && r >= 0; i++)
		r = exec_set_var(e, pipe, i, ret);
	return r;
}

static int exec_action(struct exec *e, const struct node *node, const struct value *dot)
{
	struct value value;
	int r = eval_declaring(e, node->pipe, dot, &value);

	if (r < 0 || node->pipe->n_vars > 0)
		return r;
	if (value.kind == VALUE_NIL && !value.was_null)
		strbuf_adds(e->out, "<no value>");
	else
		value_print(&e->arena, &value, e->out);
	return 0;
}

static int exec_condition(struct exec *e, const struct node *node, const struct value *dot)
{
	size_t vars = e->n_vars;
	struct value value;
	int r = eval_declaring(e, node->pipe, dot, &value);

	if (r < 0)
		return r;
	if (value_is_true(&value))
		r = exec_list(e, node->body, node->kind == NODE_WITH ? &value : dot);
	else
		r = exec_list(e, node->otherwise, dot);
	e->n_vars = vars;
	return r;
}

/* One turn: $x alone is the element, $i, $x index (or key) and element. */
static int range_turn(struct exec *e, const struct node *node, const struct value *index,
		      const struct value *item)
{
	const struct pipe *pipe = node->pipe;
	size_t vars = e->n_vars;
	int r = exec_charge(e);

	if (r >= 0 && pipe->n_vars == 2)
		r = exec_set_var(e, pipe, 0, index);
	if (r >= 0 && pipe->n_vars > 0)
		r = exec_set_var(e, pipe, pipe->n_vars - 1, item);
	if (r >= 0)
		r = exec_list(e, node->body, item);
	e->n_vars = vars;
	return r;
}

static int range_map(struct exec *e, const struct node *node, const struct value *map)
{
	size_t n;
	const struct value_member **list = value_sorted(&e->arena, map, &n);
	int r = 0;

	for (size_t i = 0; i < n && r != FLOW_BREAK && r >= 0; i++) {
		struct value key = value_str(&e->arena, list[i]->key, strlen(list[i]->key));

		r = range_turn(e, node, &key, &list[i]->value);
	}
	return r;
}

static int range_list(struct exec *e, const struct node *node, const struct value *list)
{
	size_t n = list->kind == VALUE_INT ? (size_t)list->i : list->len;
	int r = 0;

	for (size_t i = 0; i < n && r != FLOW_BREAK && r >= 0; i++) {
		struct value index = { .kind = VALUE_INT, .i = (int64_t)i };

		r = range_turn(e, node, &index, list->kind == VALUE_INT ? &index : &list->items[i]);
	}
	return r;
}

static int exec_range(struct exec *e, const struct node *node, const struct value *dot)
{
	size_t vars = e->n_vars;
	struct value value;
	bool empty;
	int r = exec_pipe(e, node->pipe, dot, &value);

	if (r < 0)
		return r;
	empty = value.kind == VALUE_INT ? value.i <= 0 : value.len == 0;
	if (value.kind == VALUE_NIL ||
	    (empty && (value.kind == VALUE_INT || value.kind >= VALUE_LIST)))
		return exec_list(e, node->otherwise, dot);
	if (value.kind == VALUE_MAP) {
		r = range_map(e, node, &value);
	} else if (value.kind == VALUE_LIST || value.kind == VALUE_INT) {
		r = range_list(e, node, &value);
	} else {
		cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;

		value_print(&e->arena, &value, &text);
		return exec_fail(e, "range can't iterate over %s", strbuf_str(&text));
	}
	e->n_vars = vars;
	return r < 0 ? r : FLOW_ON;
}

static int exec_node(struct exec *e, const struct node *node, const struct value *dot)
{
	switch (node->kind) {
	case NODE_TEXT:
		strbuf_add(e->out, node->text, node->text_len);
		return 0;
	case NODE_ACTION:
		return exec_action(e, node, dot);
	case NODE_IF:
	case NODE_WITH:
		return exec_condition(e, node, dot);
	case NODE_RANGE:
		return exec_range(e, node, dot);
	case NODE_BREAK:
		return FLOW_BREAK;
	case NODE_CONTINUE:
		return FLOW_CONTINUE;
	}
	return 0;
}

static int exec_list(struct exec *e, const struct node *node, const struct value *dot)
{
	int r = FLOW_ON;

	for (; node && r == FLOW_ON; node = node->next) {
		r = exec_charge(e);
		if (r >= 0)
			r = exec_node(e, node, dot);
	}
	return r;
}

/* The name in {{.Name}}, NULL when a node is anything else. */
static const char *node_field(const struct node *node)
{
	const struct command *c = node->kind == NODE_ACTION ? node->pipe->commands : NULL;
	const struct operand *op = c ? c->operands : NULL;

	if (!c || c->next || node->pipe->n_vars > 0 || op->next || op->kind != OPERAND_DOT ||
	    op->n_fields != 1)
		return NULL;
	return op->fields[0];
}

size_t template_pieces(const struct template *tmpl, struct template_piece *pieces, size_t max)
{
	size_t n = 0;

	for (const struct node *node = tmpl->root; node; node = node->next) {
		const char *field = node_field(node);

		if (n == max || (!field && node->kind != NODE_TEXT))
			return 0;
		pieces[n++] = field ? (struct template_piece){ .field = field }
				    : (struct template_piece){ NULL, node->text, node->text_len };
	}
	return n;
}

int template_execute_as(const struct template *tmpl, unsigned int flags,
			const struct json_shape *shape, const char *json, size_t len,
			struct strbuf *out, struct error *err)
{
	struct exec *e = xcalloc(1, sizeof(*e));
	struct value dot;
	int r;

	*e = (struct exec){ .tmpl = tmpl,
			    .flags = flags,
			    .out = out,
			    .out_start = out->len,
			    .src = tmpl->text,
			    .err = err };
	r = value_from_json(&e->arena, shape, json, len, &dot, err);
	if (r >= 0) {
		e->vars[e->n_vars++] = (struct exec_var){ .name = "", .value = dot };
		r = exec_list(e, tmpl->root, &dot);
	}
	arena_release(&e->arena);
	free(e);
	return r < 0 ? r : 0;
}

int template_execute(const struct template *tmpl, unsigned int flags, const char *json, size_t len,
		     struct strbuf *out, struct error *err)
{
	return template_execute_as(tmpl, flags, NULL, json, len, out, err);
}
