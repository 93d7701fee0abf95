/* SPDX-License-Identifier: Apache-2.0 */
/* A run of a template, as its functions see it. Only for template-*.c. */
#pragma once

#include "base/template-ast.h"

enum {
	EXEC_STEPS_MAX = 4 << 20, /* nodes and operands evaluated */
	EXEC_OUTPUT_MAX = 64 << 20,
	EXEC_MEMORY_MAX = 64 << 20, /* of the values made */
	EXEC_VARS_MAX = 256,
};

struct exec_var {
	const char *name;
	struct value value;
};

struct exec {
	const struct template *tmpl;
	unsigned int flags;
	struct arena arena;
	struct strbuf *out;
	size_t out_start;
	struct exec_var vars[EXEC_VARS_MAX];
	size_t n_vars;
	size_t steps;
	const char *src; /* what is being evaluated: for messages */
	size_t src_len, src_at;
	struct error *err;
};

/* A function gets the values of its arguments. It fails by exec_fail_call, with its name put
 * before the text. */
struct template_function {
	const char *name;
	size_t min_args, max_args; /* SIZE_MAX: any number */
	int (*call)(struct exec *e, const char *name, const struct value *args, size_t n,
		    struct value *ret);
};

int exec_fail(struct exec *e, const char *fmt, ...) format_printf(2, 3);
int exec_fail_call(struct exec *e, const char *name, const char *fmt, ...) format_printf(3, 4);

/* -EINVAL once steps, memory or output are spent. */
must_check int exec_charge(struct exec *e);

/* Evaluate; set a pipeline's i-th variable. template-eval.c. */
must_check int exec_pipe(struct exec *e, const struct pipe *pipe, const struct value *dot,
			 struct value *ret);
must_check int exec_set_var(struct exec *e, const struct pipe *pipe, size_t i,
			    const struct value *value);

/* Go's Sprintf over values; template-printf.c. */
void template_printf(struct exec *e, const struct value *args, size_t n, struct strbuf *out);

/* eq ne lt le gt ge; template-compare.c. */
extern const struct template_function template_comparisons[];
extern const size_t template_n_comparisons;
