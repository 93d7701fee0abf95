/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of JSON -> the text of a list; and the texts that lists share. */
#include "cli/listing.h"

#include <string.h>
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

int listing_view_init(struct listing_view *view, const struct listing *listing, const char *format,
		      bool quiet, struct error *err)
{
	cleanup_free char *text = NULL;

	*view = (struct listing_view){ .listing = listing };
	template_format(quiet && (!format || !*format) ? "{{.ID}}" : format, &view->table, &text);
	if (text)
		template_unescape(text);
	return template_compile(text ? text : listing->table, &view->tmpl, err);
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

char *labels_join(const struct strmap *labels)
{
	struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < labels->n; i++)
		strbuf_addf(&out, "%s%s=%s", i ? "," : "", labels->entries[i].key,
			    labels->entries[i].value);
	return strbuf_take(&out);
}

char *id_short(const char *id, bool whole)
{
	const char *colon;

	if (!id)
		id = "";
	if (whole)
		return xstrdup(id);
	colon = strchr(id, ':');
	return xasprintf("%.12s", colon ? colon + 1 : id);
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
