/* SPDX-License-Identifier: Apache-2.0 */
/* A template taken apart: what template-parse.c makes and template-exec.c walks. Only for
 * template-*.c. */
#pragma once

#include "base/template-value.h"

enum {
	TEMPLATE_TEXT_MAX = 1 << 20, /* bytes of a template                     */
	TEMPLATE_DEPTH_MAX = 64,     /* nested blocks and parentheses           */
	TEMPLATE_FIELDS_MAX = 64,    /* .A.B.C …                                */
	TEMPLATE_ARGS_MAX = 64,	     /* of one call                             */
};

struct pipe;
struct template_function;

enum operand_kind {
	OPERAND_DOT,
	OPERAND_CONSTANT,
	OPERAND_VARIABLE, /* name, without "$" */
	OPERAND_FUNCTION,
	OPERAND_PIPE, /* in parentheses */
};

struct operand {
	enum operand_kind kind;
	const char *src; /* in the template's text: for messages */
	size_t src_len;
	size_t fields_at; /* from src: the field that messages point to */
	const char *name;
	struct value constant;
	const struct template_function *function;
	const struct pipe *pipe;
	const char *const *fields; /* .A.B behind it, n_fields */
	size_t n_fields;
	struct operand *next;
};

struct command {
	const char *src;
	size_t src_len;
	const struct operand *operands; /* at least one */
	struct command *next;
};

struct pipe {
	const char *src;
	size_t src_len;
	const char *vars[2]; /* $x := or $i, $x := (range alone), without "$" */
	size_t n_vars;
	bool assign;			/* $x = … to a variable that is there */
	const struct command *commands; /* at least one */
};

enum node_kind {
	NODE_TEXT,
	NODE_ACTION,
	NODE_IF,
	NODE_WITH,
	NODE_RANGE,
	NODE_BREAK,
	NODE_CONTINUE
};

struct node {
	enum node_kind kind;
	const char *text; /* NODE_TEXT: text_len bytes of the template */
	size_t text_len;
	const struct pipe *pipe;
	const struct node *body, *otherwise;
	struct node *next;
};

struct template
{
	char *text;
	struct arena arena;
	const struct node *root;
};

struct parser {
	struct template *tmpl;
	const char *p, *end;
	unsigned int depth, loops; /* loops: how many {{range}} are open */
	bool trim_next;		   /* "-}}": the text behind it loses its blanks */
	const char *vars[256];	   /* names in scope, innermost last */
	size_t n_vars;
	struct error *err;
};

int parser_fail(struct parser *p, const char *fmt, ...) format_printf(2, 3);
void parser_skip_blanks(struct parser *p);
bool parser_at_close(struct parser *p); /* at "}}" or " -}}" */

/* A pipeline up to "}}" or, in parentheses, ")"; neither is taken. context: what misses it when
 * it is empty. */
must_check int parse_pipe(struct parser *p, const char *context, bool in_range,
			  const struct pipe **ret);

const struct template_function *template_function_find(const char *name, size_t len);

/* The line (from 1) and the byte in it (from 0) of a place in the template. */
void template_position(const struct template *tmpl, const char *at, size_t *ret_line,
		       size_t *ret_column);
