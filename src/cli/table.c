/* SPDX-License-Identifier: Apache-2.0 */
/* Cells -> aligned text. */
#include "cli/table.h"

#include <string.h>

#include "base/strv.h"

void table_release(struct table *table)
{
	for (size_t i = 0; i < table->n; i++)
		strv_free(table->rows[i]);
	free(table->rows);
	*table = (struct table)TABLE_INIT;
}

static void add_owned(struct table *table, char **cells)
{
	table->rows = xrealloc(table->rows, table->n + 1, sizeof(*table->rows));
	table->rows[table->n++] = cells;
}

void table_add_row(struct table *table, char *const *cells)
{
	add_owned(table, strv_copy(cells));
}

void table_add_line(struct table *table, const char *text)
{
	add_owned(table, strv_split(text, '\t'));
}

/* Characters, not bytes: "…" is one column wide. */
static size_t cell_width(const char *cell)
{
	size_t width = 0;

	for (; *cell; cell++)
		if (((unsigned char)*cell & 0xc0) != 0x80)
			width++;
	return width;
}

static size_t *column_widths(const struct table *table, size_t *ret_n)
{
	size_t columns = 0, *widths;

	for (size_t i = 0; i < table->n; i++)
		if (strv_len(table->rows[i]) > columns)
			columns = strv_len(table->rows[i]);
	widths = xcalloc(columns + 1, sizeof(*widths));
	for (size_t i = 0; i < table->n; i++)
		for (size_t k = 0; table->rows[i] && table->rows[i][k]; k++) {
			size_t width = cell_width(table->rows[i][k]) + table->padding;

			if (width < table->min_width)
				width = table->min_width;
			if (width > widths[k])
				widths[k] = width;
		}
	*ret_n = columns;
	return widths;
}

static void render_row(char *const *cells, const size_t *widths, struct strbuf *out)
{
	for (size_t k = 0; cells && cells[k]; k++) {
		strbuf_adds(out, cells[k]);
		/* The last cell of a row is not padded. */
		if (cells[k + 1])
			strbuf_addf(out, "%*s", (int)(widths[k] - cell_width(cells[k])), "");
	}
	strbuf_addc(out, '\n');
}

void table_render(const struct table *table, struct strbuf *out)
{
	size_t n;
	cleanup_free size_t *widths = column_widths(table, &n);

	for (size_t i = 0; i < table->n; i++)
		render_row(table->rows[i], widths, out);
}
