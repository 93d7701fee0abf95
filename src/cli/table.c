/* SPDX-License-Identifier: Apache-2.0 */
/* Cells -> aligned text. */
#include "cli/table.h"

#include <stdint.h>
#include <string.h>

void table_release(struct table *table)
{
	strbuf_release(&table->text);
	free(table->cells);
	free(table->widths);
	*table = (struct table)TABLE_INIT;
}

/* Characters, not bytes: "…" is one column wide. */
static size_t cell_width(const char *cell, size_t len)
{
	size_t width, i = 0;
	uint64_t eight;

	/* nearly all is ASCII */
	for (; len - i >= sizeof(eight); i += sizeof(eight)) {
		memcpy(&eight, cell + i, sizeof(eight));
		if (eight & 0x8080808080808080)
			break;
	}
	for (width = i; i < len; i++)
		width += ((unsigned char)cell[i] & 0xc0) != 0x80;
	return width;
}

static void add_row(struct table *table)
{
	if ((table->n & (table->n - 1)) == 0)
		table->cells =
			xrealloc(table->cells, table->n ? 2 * table->n : 1, sizeof(*table->cells));
	table->cells[table->n++] = 0;
}

static void add_cell(struct table *table, const char *cell, size_t len)
{
	size_t column = table->cells[table->n - 1]++;
	size_t width = cell_width(cell, len);

	if (column == table->columns) {
		table->widths = xrealloc(table->widths, ++table->columns, sizeof(*table->widths));
		table->widths[column] = 0;
	}
	if (width > table->widths[column])
		table->widths[column] = width;
	strbuf_add(&table->text, cell, len);
	strbuf_addc(&table->text, '\0');
}

void table_add_row(struct table *table, char *const *cells)
{
	add_row(table);
	for (; cells && *cells; cells++)
		add_cell(table, *cells, strlen(*cells));
}

void table_add_line(struct table *table, const char *text)
{
	size_t len;

	add_row(table);
	for (;; text += len + 1) {
		len = strcspn(text, "\t");
		add_cell(table, text, len);
		if (!text[len])
			return;
	}
}

static void add_blanks(struct strbuf *out, size_t n)
{
	strbuf_reserve(out, n);
	memset(out->data + out->len, ' ', n);
	out->len += n;
	out->data[out->len] = '\0';
}

static size_t column_width(const struct table *table, size_t column)
{
	size_t width = table->widths[column] + table->padding;

	return width < table->min_width ? table->min_width : width;
}

void table_render(const struct table *table, struct strbuf *out)
{
	const char *cell = strbuf_str(&table->text);

	for (size_t i = 0; i < table->n; i++) {
		for (size_t k = 0; k < table->cells[i]; k++) {
			size_t len = strlen(cell);

			strbuf_add(out, cell, len);
			/* The last cell of a row is not padded. */
			if (k + 1 < table->cells[i])
				add_blanks(out, column_width(table, k) - cell_width(cell, len));
			cell += len + 1;
		}
		strbuf_addc(out, '\n');
	}
}
