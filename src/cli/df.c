/* SPDX-License-Identifier: Apache-2.0 */
/* hoy system df */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/strv.h"
#include "base/template.h"
#include "cli/command.h"
#include "cli/df-rows.h"
#include "cli/listing.h"

struct df_flags {
	bool verbose;
	char *format;
};

static const struct arg_option df_rows[] = {
	ARG_STR(struct df_flags, format, "format", 0, "string", FORMAT_HELP_TABLE),
	ARG_BOOL(struct df_flags, verbose, "verbose", 'v',
		 "Show detailed information on space usage"),
};

static const struct listing_column df_columns[] = {
	{ "Active", "ACTIVE" }, { "Reclaimable", "RECLAIMABLE" },
	{ "Size", "SIZE" },	{ "TotalCount", "TOTAL" },
	{ "Type", "TYPE" },
};
static const struct listing df_listing = {
	LISTING_COLUMNS(df_columns),
	.table = "{{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}",
};

struct df_kind {
	int64_t active_count, total_count, reclaimable, total_size;
};

static char *kind_row(const char *type, const struct df_kind *kind)
{
	cleanup_free char *active = xasprintf("%lld", (long long)kind->active_count);
	cleanup_free char *total = xasprintf("%lld", (long long)kind->total_count);
	cleanup(strbuf_release) struct strbuf size = STRBUF_INIT, reclaimable = STRBUF_INIT;
	struct strbuf row = STRBUF_INIT;

	size_human((double)kind->total_size, &size);
	size_human((double)kind->reclaimable, &reclaimable);
	if (kind->total_size > 0)
		strbuf_addf(&reclaimable, " (%lld%%)",
			    (long long)(kind->reclaimable * 100 / kind->total_size));
	row_add(&row, "Active", active);
	row_add(&row, "Reclaimable", strbuf_str(&reclaimable));
	row_add(&row, "Size", strbuf_str(&size));
	row_add(&row, "TotalCount", total);
	row_add(&row, "Type", type);
	return row_take(&row);
}

#define KIND(usage)                                                                                \
	&(const struct df_kind)                                                                    \
	{                                                                                          \
		(usage)->active_count, (usage)->total_count, (usage)->reclaimable,                 \
			(usage)->total_size                                                        \
	}

static int fetch(struct cli *cli, bool verbose, struct disk_usage *ret, struct error *err)
{
	cleanup(strbuf_release) struct strbuf body = STRBUF_INIT;
	const struct client_call call = {
		.method = "GET",
		.target = verbose ? "/system/df?verbose=1" : "/system/df",
	};
	int r = client_call(&cli->client, &call, &body, err);

	if (r >= 0)
		r = json_decode(&disk_usage_shape, strbuf_str(&body), body.len, ret, err);
	if (r >= 0 && !(ret->images && ret->containers && ret->volumes && ret->build_cache))
		r = error_set(err, ERR_NOT_IMPLEMENTED, 0,
			      "the engine is too old to tell its disk usage (API 1.52 is needed)");
	return r;
}

static int fetch_rows(struct cli *cli, const void *flags, char ***ret, struct error *err)
{
	cleanup(disk_usage_release) struct disk_usage usage = { NULL };
	int r = fetch(cli, false, &usage, err);

	if (r < 0)
		return r;
	strv_push_take(ret, kind_row("Images", KIND(usage.images)));
	strv_push_take(ret, kind_row("Containers", KIND(usage.containers)));
	strv_push_take(ret, kind_row("Local Volumes", KIND(usage.volumes)));
	strv_push_take(ret, kind_row("Build Cache", KIND(usage.build_cache)));
	return 0;
}

static int add_table(const struct listing *listing, const char *title, char *const *rows,
		     struct strbuf *out, struct error *err)
{
	cleanup(listing_view_release) struct listing_view view = { NULL };
	int r = listing_view_init(&view, listing, NULL, false, err);

	strbuf_addf(out, "%s\n\n", title);
	return r < 0 ? r : listing_render(&view, rows, out, err);
}

struct verbose_rows {
	char **images, **containers, **volumes;
};

static void verbose_rows_release(struct verbose_rows *rows)
{
	strv_release(&rows->images);
	strv_release(&rows->containers);
	strv_release(&rows->volumes);
}

static int verbose_tables(const struct verbose_rows *rows, struct strbuf *out, struct error *err)
{
	int r = add_table(&df_images, "Images space usage:", rows->images, out, err);

	if (r >= 0)
		r = add_table(&df_containers, "\nContainers space usage:", rows->containers, out,
			      err);
	if (r >= 0)
		r = add_table(&df_volumes, "\nLocal Volumes space usage:", rows->volumes, out, err);
	return r < 0 ? r : add_table(&df_build_cache, "\nBuild cache usage: 0B", NULL, out, err);
}

static void add_rows(struct strbuf *json, const char *name, char *const *rows)
{
	strbuf_addf(json, "%c\"%s\":[", json->len ? ',' : '{', name);
	for (size_t i = 0; rows && rows[i]; i++)
		strbuf_addf(json, "%s%s", i ? "," : "", rows[i]);
	strbuf_addc(json, ']');
}

/* The template sees all of it: {{range .Images}}… */
static int verbose_template(const struct verbose_rows *rows, const char *format, struct strbuf *out,
			    struct error *err)
{
	cleanup(strbuf_release) struct strbuf json = STRBUF_INIT;
	struct template *tmpl = NULL;
	cleanup_free char *text = NULL;
	bool table;
	int r;

	template_format(format, &table, &text);
	r = template_compile(text ? text : "", &tmpl, err);
	if (r < 0)
		return r;
	add_rows(&json, "Images", rows->images);
	add_rows(&json, "Containers", rows->containers);
	add_rows(&json, "Volumes", rows->volumes);
	add_rows(&json, "BuildCache", NULL);
	strbuf_addc(&json, '}');
	r = template_execute(tmpl, TEMPLATE_STRICT, strbuf_str(&json), json.len, out, err);
	template_free(tmpl);
	strbuf_addc(out, '\n');
	return r;
}

static int run_verbose(struct cli *cli, const char *format, struct error *err)
{
	cleanup(disk_usage_release) struct disk_usage usage = { NULL };
	cleanup(verbose_rows_release) struct verbose_rows rows = { NULL };
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	bool template = format && *format && strcmp(format, "table") != 0;
	int r = fetch(cli, true, &usage, err);

	if (r < 0)
		return r;
	df_image_rows(usage.images, template, &rows.images);
	df_container_rows(usage.containers, template, &rows.containers);
	df_volume_rows(usage.volumes, &rows.volumes);
	r = template ? verbose_template(&rows, format, &out, err)
		     : verbose_tables(&rows, &out, err);
	return r < 0 ? r : command_print(&out, err);
}

static int run_df(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct df_flags *flags = options;

	if (flags->verbose)
		return run_verbose(cli, flags->format, err);
	return listing_run(cli, &df_listing, flags->format, false, fetch_rows, flags, err);
}

const struct command cmd_system_df = {
	.spec =
		{
			.usage = "[OPTIONS]",
			.summary = "Show disk usage",
			ARG_OPTIONS(df_rows),
		},
	.options_size = sizeof(struct df_flags),
	.run = run_df,
};
