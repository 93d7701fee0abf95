/* SPDX-License-Identifier: Apache-2.0 */
/* Columns aligned with blanks, as wide as their widest cell. */
#pragma once

#include "base/macros.h"
#include "base/strbuf.h"

struct table {
	struct strbuf text; /* all cells, row by row, a NUL behind each */
	size_t *cells;	    /* of each row                              */
	size_t n;
	size_t *widths; /* of each column's widest cell */
	size_t columns;
	size_t min_width; /* of a column with its padding; 0 none   */
	size_t padding;	  /* blanks behind the widest cell          */
};

#define TABLE_INIT                                                                                 \
	{                                                                                          \
		.min_width = 10, .padding = 3                                                      \
	}

void table_release(struct table *table);
void table_add_row(struct table *table,
		   char *const *cells); /* copies; NULL is a row without cells */
/* Split text at tabs: a row. */
void table_add_line(struct table *table, const char *text);
void table_render(const struct table *table, struct strbuf *out);
