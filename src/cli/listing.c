/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of JSON -> the text of a list; and the texts that lists share. */
#include "cli/listing.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/strv.h"
#include "base/template.h"
#include "cli/command.h"
#include "cli/table.h"

int listing_run(struct cli *cli, const struct listing *listing, const char *format, bool quiet,
		listing_fetch fetch, const void *flags, struct error *err)
{
	cleanup(listing_view_release) struct listing_view view = { NULL };
	cleanup(strv_release) char **rows = NULL;
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	int r = listing_view_init(&view, listing, format, quiet, err);

	if (r == 0)
		r = fetch(cli, flags, &rows, err);
	if (r == 0)
		r = listing_render(&view, rows, &out, err);
	return r < 0 ? r : command_print(&out, err);
}

void row_add(struct strbuf *row, const char *name, const char *value)
{
	strbuf_addc(row, row->len ? ',' : '{');
	json_quote(row, name, strlen(name));
	strbuf_addc(row, ':');
	json_quote(row, value ? value : "", value ? strlen(value) : 0);
}

void row_add_labels(struct strbuf *row, const struct strmap *labels)
{
	strbuf_addf(row, "%c\"Label()\":{", row->len ? ',' : '{');
	for (size_t i = 0; i < labels->n; i++) {
		if (i)
			strbuf_addc(row, ',');
		json_quote(row, labels->entries[i].key, strlen(labels->entries[i].key));
		strbuf_addc(row, ':');
		json_quote(row, labels->entries[i].value, strlen(labels->entries[i].value));
	}
	strbuf_addc(row, '}');
}

char *row_take(struct strbuf *row)
{
	strbuf_adds(row, row->len ? "}" : "{}");
	return strbuf_take(row);
}

/* As the template would find it: by its very name, then without regard to case. */
static bool find_column(const struct listing *listing, const char *name, size_t *ret)
{
	for (size_t i = 0; i < listing->n_columns; i++) {
		if (strcmp(listing->columns[i].name, name) == 0) {
			*ret = i;
			return true;
		}
	}
	for (size_t i = 0; i < listing->n_columns; i++) {
		if (strcasecmp(listing->columns[i].name, name) == 0) {
			*ret = i;
			return true;
		}
	}
	return false;
}

static void view_pieces(struct listing_view *view)
{
	size_t n = template_pieces(view->tmpl, view->pieces, LISTING_PIECES_MAX);

	for (size_t i = 0; i < n; i++)
		if (view->pieces[i].field &&
		    !find_column(view->listing, view->pieces[i].field, &view->columns[i]))
			return;
	view->n_pieces = n;
}

int listing_view_init(struct listing_view *view, const struct listing *listing, const char *format,
		      bool quiet, struct error *err)
{
	cleanup_free char *text = NULL;
	int r;

	*view = (struct listing_view){ .listing = listing };
	template_format(quiet && (!format || !*format) ? "{{.ID}}" : format, &view->table, &text);
	if (text)
		template_unescape(text);
	r = template_compile(text ? text : listing->table, &view->tmpl, err);
	if (r >= 0)
		view_pieces(view);
	return r;
}

void listing_view_release(struct listing_view *view)
{
	template_free(view->tmpl);
	view->tmpl = NULL;
}

static int render_header(const struct listing_view *view, struct strbuf *line, struct error *err)
{
	static const struct strmap no_labels = STRMAP_INIT;
	struct strbuf header = STRBUF_INIT;
	cleanup_free char *head = NULL;

	for (size_t i = 0; i < view->listing->n_columns; i++)
		row_add(&header, view->listing->columns[i].name, view->listing->columns[i].header);
	row_add_labels(&header, &no_labels);
	head = row_take(&header);
	return template_execute(view->tmpl, TEMPLATE_STRICT, head, strlen(head), line, err);
}

static int render_table(const struct listing_view *view, char *const *rows, struct strbuf *out,
			struct error *err)
{
	cleanup(table_release) struct table table = TABLE_INIT;
	cleanup(strbuf_release) struct strbuf line = STRBUF_INIT;
	int r = render_header(view, &line, err);

	if (r < 0)
		return r;
	table_add_line(&table, strbuf_str(&line));
	for (; rows && *rows; rows++) {
		strbuf_reset(&line);
		r = template_execute(view->tmpl, TEMPLATE_STRICT, *rows, strlen(*rows), &line, err);
		if (r < 0)
			return r;
		table_add_line(&table, strbuf_str(&line));
	}
	table_render(&table, out);
	return 0;
}

int listing_render(const struct listing_view *view, char *const *rows, struct strbuf *out,
		   struct error *err)
{
	if (view->table)
		return render_table(view, rows, out, err);
	for (; rows && *rows; rows++) {
		int r = template_execute(view->tmpl, TEMPLATE_STRICT, *rows, strlen(*rows), out,
					 err);

		if (r < 0)
			return r;
		strbuf_addc(out, '\n');
	}
	return 0;
}

bool listing_view_shows(const struct listing_view *view, const char *column)
{
	for (size_t i = 0; i < view->n_pieces; i++)
		if (view->pieces[i].field &&
		    strcmp(view->listing->columns[view->columns[i]].name, column) == 0)
			return true;
	return view->n_pieces == 0;
}

/* The whole row as JSON, and what the template makes of it. */
static int render_whole(const struct listing_view *view, const struct listing_items *items,
			size_t i, struct strbuf *out, struct error *err)
{
	cleanup(strbuf_release) struct strbuf cell = STRBUF_INIT;
	struct strbuf row = STRBUF_INIT;
	cleanup_free char *json = NULL;

	for (size_t k = 0; k < view->listing->n_columns; k++) {
		strbuf_reset(&cell);
		items->cell(items->data, i, k, &cell);
		row_add(&row, view->listing->columns[k].name, strbuf_str(&cell));
	}
	row_add_labels(&row, items->labels(items->data, i));
	json = row_take(&row);
	return template_execute(view->tmpl, TEMPLATE_STRICT, json, strlen(json), out, err);
}

static int render_item(const struct listing_view *view, const struct listing_items *items, size_t i,
		       struct strbuf *out, struct error *err)
{
	if (view->n_pieces == 0)
		return render_whole(view, items, i, out, err);
	for (size_t k = 0; k < view->n_pieces; k++) {
		const struct template_piece *piece = &view->pieces[k];

		if (piece->field)
			items->cell(items->data, i, view->columns[k], out);
		else
			strbuf_add(out, piece->text, piece->len);
	}
	return 0;
}

int listing_render_items(const struct listing_view *view, const struct listing_items *items,
			 struct strbuf *out, struct error *err)
{
	cleanup(table_release) struct table table = TABLE_INIT;
	cleanup(strbuf_release) struct strbuf line = STRBUF_INIT;
	struct strbuf *to = view->table ? &line : out;
	int r = view->table ? render_header(view, &line, err) : 0;

	if (r >= 0 && view->table)
		table_add_line(&table, strbuf_str(&line));
	for (size_t i = 0; r >= 0 && i < items->n; i++) {
		if (view->table)
			strbuf_reset(&line);
		r = render_item(view, items, i, to, err);
		if (view->table)
			table_add_line(&table, strbuf_str(&line));
		else if (r >= 0)
			strbuf_addc(out, '\n');
	}
	if (r >= 0 && view->table)
		table_render(&table, out);
	return r;
}

char *labels_join(const struct strmap *labels)
{
	struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < labels->n; i++)
		strbuf_addf(&out, "%s%s=%s", i ? "," : "", labels->entries[i].key,
			    labels->entries[i].value);
	return strbuf_take(&out);
}

const char *id_digits(const char *id)
{
	const char *colon = id ? strchr(id, ':') : NULL;

	return colon ? colon + 1 : id ? id : "";
}

char *id_short(const char *id, bool whole)
{
	return whole ? xstrdup(id ? id : "") : xstrndup(id_digits(id), ID_SHORT);
}

char *text_ellipsis(const char *text, size_t max)
{
	size_t chars = 0, cut = 0, i = 0;

	for (; text[i]; i++) {
		if (((unsigned char)text[i] & 0xc0) == 0x80)
			continue;
		if (chars == max - 1)
			cut = i;
		chars++;
	}
	if (chars <= max)
		return xstrdup(text);
	return xasprintf("%.*s…", (int)cut, text);
}

char *time_text(int64_t seconds)
{
	time_t t = (time_t)seconds;
	char buf[64];
	struct tm tm;

	if (!localtime_r(&t, &tm) ||
	    strftime(buf, sizeof(buf), "%Y-%m-%d %H:%M:%S %z %Z", &tm) == 0)
		return xstrdup("");
	return xstrdup(buf);
}

char *time_ago(int64_t seconds)
{
	struct strbuf out = STRBUF_INIT;

	clock_human(clock_now() - seconds * 1000000000, &out);
	strbuf_adds(&out, " ago");
	return strbuf_take(&out);
}

char *size_text(int64_t bytes)
{
	struct strbuf out = STRBUF_INIT;

	size_human_short((double)bytes, &out);
	return strbuf_take(&out);
}
