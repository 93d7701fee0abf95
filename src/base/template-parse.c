/* SPDX-License-Identifier: Apache-2.0 */
/* Templates from text: texts, actions, and the blocks that {{end}} closes. What is within an
 * action is template-pipe.c's. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/template-ast.h"
#include "base/template.h"

/* What ended a list of nodes. */
enum closing { CLOSED_BY_EOF, CLOSED_BY_END, CLOSED_BY_ELSE };

static int parse_list(struct parser *p, const struct node **ret, enum closing *ret_closing);

void template_position(const struct template *tmpl, const char *at, size_t *ret_line,
		       size_t *ret_column)
{
	const char *line_start = tmpl->text;
	size_t line = 1;

	for (const char *c = tmpl->text; c < at; c++) {
		if (*c == '\n') {
			line++;
			line_start = c + 1;
		}
	}
	*ret_line = line;
	*ret_column = (size_t)(at - line_start);
}

int parser_fail(struct parser *p, const char *fmt, ...)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	size_t line, column;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	template_position(p->tmpl, p->p, &line, &column);
	return error_set(p->err, ERR_INVALID, 0, "template parsing error: template: :%zu: %s", line,
			 text.data);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void parser_skip_blanks(struct parser *p)
{
	while (p->p < p->end && is_blank(*p->p))
		p->p++;
}

/* "-}}" closes only behind a blank. */
bool parser_at_close(struct parser *p)
{
	if (p->p > p->tmpl->text && is_blank(p->p[-1]) && strncmp(p->p, "-}}", 3) == 0)
		return true;
	return strncmp(p->p, "}}", 2) == 0;
}

static int expect_close(struct parser *p)
{
	parser_skip_blanks(p);
	if (p->p == p->end)
		return parser_fail(p, "unclosed action");
	if (!parser_at_close(p))
		return parser_fail(p, "unexpected %.*s in command", 1, p->p);
	p->trim_next = *p->p == '-';
	p->p += p->trim_next ? 3 : 2;
	return 0;
}

static struct node *node_new(struct parser *p, enum node_kind kind)
{
	struct node *node = arena_alloc(&p->tmpl->arena, sizeof(*node));

	node->kind = kind;
	return node;
}

/* Text up to the next "{{" or the end; trimmed where the markers say so. NULL when nothing is
 * left of it. */
static struct node *parse_text(struct parser *p)
{
	const char *open = strstr(p->p, "{{"), *from = p->p, *to = open ? open : p->end;
	struct node *node;

	if (open && open[2] == '-' && open[3] && is_blank(open[3]))
		while (to > from && is_blank(to[-1]))
			to--;
	while (p->trim_next && from < to && is_blank(*from))
		from++;
	p->trim_next = false;
	p->p = open ? open : p->end;
	if (from == to)
		return NULL;
	node = node_new(p, NODE_TEXT);
	node->text = from;
	node->text_len = (size_t)(to - from);
	return node;
}

/* Behind "{{" and a trim marker. 1: it was a comment, and is passed. */
static int parse_comment(struct parser *p)
{
	const char *end;

	if (strncmp(p->p, "/*", 2) != 0)
		return 0;
	end = strstr(p->p, "*/");
	if (!end)
		return parser_fail(p, "unclosed comment");
	p->p = end + 2;
	if (p->p < p->end && is_blank(*p->p) && strncmp(p->p + 1, "-}}", 3) == 0)
		p->p++;
	if (!parser_at_close(p))
		return parser_fail(p, "comment ends before closing delimiter");
	p->trim_next = *p->p == '-';
	p->p += p->trim_next ? 3 : 2;
	return 1;
}

static bool take_word(struct parser *p, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(p->p, word, n) != 0 || isalnum((unsigned char)p->p[n]) || p->p[n] == '_')
		return false;
	p->p += n;
	return true;
}

static int parse_control(struct parser *p, enum node_kind kind, struct node **ret);

/* Behind "{{else": "}}" and a list up to {{end}}, or " if …" as a block of its own that shares
 * the {{end}}. */
static int parse_else(struct parser *p, const struct node **ret)
{
	enum closing closing;
	struct node *inner = NULL;
	size_t vars = p->n_vars;
	int r;

	parser_skip_blanks(p);
	if (take_word(p, "if"))
		r = parse_control(p, NODE_IF, &inner);
	else if (take_word(p, "with"))
		r = parse_control(p, NODE_WITH, &inner);
	else
		r = expect_close(p);
	if (r < 0)
		return r;
	*ret = inner;
	if (inner)
		return 0;
	r = parse_list(p, ret, &closing);
	if (r < 0)
		return r;
	p->n_vars = vars;
	if (closing == CLOSED_BY_ELSE)
		return parser_fail(p, "expected end; found {{else}}");
	return closing == CLOSED_BY_EOF ? parser_fail(p, "unexpected EOF") : 0;
}

static int parse_block(struct parser *p, struct node *node)
{
	static const char *const names[] = {
		[NODE_IF] = "if", [NODE_WITH] = "with", [NODE_RANGE] = "range"
	};
	enum closing closing;
	size_t vars;
	int r = parse_pipe(p, names[node->kind], node->kind == NODE_RANGE, &node->pipe);

	if (r >= 0)
		r = expect_close(p);
	if (r < 0)
		return r;
	vars = p->n_vars;
	p->loops += node->kind == NODE_RANGE;
	r = parse_list(p, &node->body, &closing);
	p->loops -= node->kind == NODE_RANGE;
	p->n_vars = vars;
	if (r < 0)
		return r;
	if (closing == CLOSED_BY_EOF)
		return parser_fail(p, "unexpected EOF");
	return closing == CLOSED_BY_ELSE ? parse_else(p, &node->otherwise) : 0;
}

/* Behind the word if, with or range. Variables made here end with it. */
static int parse_control(struct parser *p, enum node_kind kind, struct node **ret)
{
	size_t vars = p->n_vars;
	int r;

	*ret = node_new(p, kind);
	if (++p->depth > TEMPLATE_DEPTH_MAX)
		return parser_fail(p, "nested too deeply");
	r = parse_block(p, *ret);
	p->depth--;
	p->n_vars = vars;
	return r;
}

static int parse_jump(struct parser *p, enum node_kind kind, const char *word, struct node **ret)
{
	if (p->loops == 0)
		return parser_fail(p, "{{%s}} outside {{range}}", word);
	*ret = node_new(p, kind);
	return expect_close(p);
}

static int parse_action(struct parser *p, struct node **ret)
{
	static const char *const refused[] = { "define", "template", "block" };
	int r;

	if (take_word(p, "if"))
		return parse_control(p, NODE_IF, ret);
	if (take_word(p, "with"))
		return parse_control(p, NODE_WITH, ret);
	if (take_word(p, "range"))
		return parse_control(p, NODE_RANGE, ret);
	if (take_word(p, "break"))
		return parse_jump(p, NODE_BREAK, "break", ret);
	if (take_word(p, "continue"))
		return parse_jump(p, NODE_CONTINUE, "continue", ret);
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if (take_word(p, refused[i]))
			return parser_fail(p, "{{%s}} is not supported", refused[i]);
	*ret = node_new(p, NODE_ACTION);
	r = parse_pipe(p, "command", false, &(*ret)->pipe);
	return r < 0 ? r : expect_close(p);
}

/* At "{{". 1: it closes the list (else or end), 0: *ret is the node, or NULL for a comment. */
static int parse_braces(struct parser *p, struct node **ret, enum closing *ret_closing)
{
	int r;

	p->p += 2;
	if (*p->p == '-' && p->p[1] && is_blank(p->p[1]))
		p->p++;
	parser_skip_blanks(p);
	*ret = NULL;
	r = parse_comment(p);
	if (r != 0)
		return r < 0 ? r : 0;
	if (take_word(p, "end")) {
		*ret_closing = CLOSED_BY_END;
		r = expect_close(p);
		return r < 0 ? r : 1;
	}
	if (take_word(p, "else")) {
		*ret_closing = CLOSED_BY_ELSE;
		return 1;
	}
	return parse_action(p, ret);
}

static int parse_list(struct parser *p, const struct node **ret, enum closing *ret_closing)
{
	struct node *first = NULL, **tail = &first;

	for (;;) {
		struct node *node = parse_text(p);
		int r;

		if (node) {
			*tail = node;
			tail = &node->next;
		}
		*ret = first;
		if (p->p == p->end) {
			*ret_closing = CLOSED_BY_EOF;
			return 0;
		}
		r = parse_braces(p, &node, ret_closing);
		if (r != 0)
			return r < 0 ? r : 0;
		if (node) {
			*tail = node;
			tail = &node->next;
		}
	}
}

static int parse_template(struct parser *p)
{
	enum closing closing;
	int r = parse_list(p, &p->tmpl->root, &closing);

	if (r < 0 || closing == CLOSED_BY_EOF)
		return r;
	return parser_fail(p, "unexpected {{%s}}", closing == CLOSED_BY_END ? "end" : "else");
}

int template_compile(const char *text, struct template **ret, struct error *err)
{
	cleanup(template_release) struct template *tmpl = NULL;
	size_t len = strlen(text);
	struct parser p;
	int r;

	if (len > TEMPLATE_TEXT_MAX)
		return error_set(err, ERR_INVALID, 0,
				 "template parsing error: the template is too long");
	tmpl = xcalloc(1, sizeof(*tmpl));
	tmpl->text = xstrdup(text);
	p = (struct parser){ .tmpl = tmpl,
			     .p = tmpl->text,
			     .end = tmpl->text + len,
			     .vars = { "" },
			     .n_vars = 1,
			     .err = err };
	r = parse_template(&p);
	if (r < 0)
		return r;
	*ret = take_ptr(tmpl);
	return 0;
}

void template_free(struct template *tmpl)
{
	if (!tmpl)
		return;
	free(tmpl->text);
	arena_release(&tmpl->arena);
	free(tmpl);
}

void template_release(struct template **tmpl)
{
	template_free(*tmpl);
	*tmpl = NULL;
}
