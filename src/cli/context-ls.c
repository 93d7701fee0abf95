/* SPDX-License-Identifier: Apache-2.0 */
/* hoy context ls, hoy context inspect */
#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "base/template.h"
#include "cli/command.h"
#include "cli/context-store.h"
#include "cli/listing.h"

enum { ERROR_WIDTH = 45 };

struct context_list_flags {
	char *format;
	bool quiet;
};

static const struct arg_option ls_rows[] = {
	ARG_STR(struct context_list_flags, format, "format", 0, "string", FORMAT_HELP_TABLE),
	ARG_BOOL(struct context_list_flags, quiet, "quiet", 'q', "Only show context names"),
};

static const struct arg_option inspect_rows[] = {
	ARG_STR(struct context_list_flags, format, "format", 'f', "string", FORMAT_HELP),
};

static const struct listing_column context_columns[] = {
	{ "Current", "" }, /* of no use in a table: it marks the name */
	{ "Description", "DESCRIPTION" },
	{ "DockerEndpoint", "DOCKER ENDPOINT" },
	{ "Error", "ERROR" },
	{ "Name", "NAME" },
};

static const struct listing context_listing = {
	LISTING_COLUMNS(context_columns),
	.table = "{{.Name}}{{if .Current}} "
		 "*{{end}}\t{{.Description}}\t{{.DockerEndpoint}}\t{{.Error}}",
};

static void add_row(const char *name, bool current, char ***rows)
{
	cleanup(context_release) struct context context = { 0 };
	cleanup(error_release) struct error err = ERROR_INIT;
	cleanup(strbuf_release) struct strbuf row = STRBUF_INIT;
	cleanup_free char *description = NULL, *host = NULL, *why = NULL;

	if (context_read(name, false, &context, &err) < 0) {
		why = text_ellipsis(error_text(&err), ERROR_WIDTH);
	} else {
		description = strcmp(name, CONTEXT_DEFAULT) == 0
				      ? xstrdup(CONTEXT_DEFAULT_DESCRIPTION)
				      : context_description(&context);
		host = context_host(&context);
	}
	strbuf_addf(&row, "{\"Current\":%s", current ? "true" : "false");
	row_add(&row, "Description", description ? description : "");
	row_add(&row, "DockerEndpoint", host ? host : "");
	row_add(&row, "Error", why ? why : "");
	row_add(&row, "Name", name);
	strv_push_take(rows, row_take(&row));
}

static int by_number(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

static int fetch_rows(struct cli *cli, const void *flags, char ***ret_rows, struct error *err)
{
	cleanup(strv_release) char **names = NULL;
	cleanup_free char *current = NULL;
	int r = context_current(cli->context, &current, err);

	if (r >= 0)
		r = context_names(&names, err);
	if (r < 0)
		return r;
	strv_push(&names, CONTEXT_DEFAULT);
	if (!strv_contains(names, current))
		strv_push(&names, current); /* and why it is none */
	qsort(names, strv_len(names), sizeof(*names), by_number);
	for (size_t i = 0; names[i]; i++)
		add_row(names[i], strcmp(names[i], current) == 0, ret_rows);
	return 0;
}

static int run_ls(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct context_list_flags *flags = options;
	const char *variable = context_overridden();
	const char *format = flags->quiet ? "{{.Name}}" : flags->format;
	int r = listing_run(cli, &context_listing, format, false, fetch_rows, flags, err);

	if (r >= 0 && variable && !flags->quiet && !cli->context)
		fprintf(stderr,
			"Warning: %s environment variable overrides the active context. To use a "
			"context, either set the global --context flag, or unset %s environment "
			"variable.\n",
			variable, variable);
	return r;
}

static void add_tls(const struct context *context, struct strbuf *out)
{
	strbuf_adds(out, context->n_tls > 0 ? "{\"docker\":[" : "{");
	for (size_t i = 0; i < context->n_tls; i++) {
		strbuf_adds(out, i > 0 ? "," : "");
		json_quote(out, context->tls[i].name, strlen(context->tls[i].name));
	}
	strbuf_adds(out, context->n_tls > 0 ? "]}" : "}");
}

static void inspect_text(const struct context *context, struct strbuf *out)
{
	bool is_default = strcmp(context->name, CONTEXT_DEFAULT) == 0;
	cleanup_free char *meta = is_default ? xstrdup("<IN MEMORY>")
					     : context_dir("meta", context->name);
	cleanup_free char *tls = is_default ? xstrdup("<IN MEMORY>")
					    : context_dir("tls", context->name);

	strbuf_addc(out, '{');
	context_meta_members(context, out);
	strbuf_adds(out, ",\"TLSMaterial\":");
	add_tls(context, out);
	strbuf_adds(out, ",\"Storage\":{\"MetadataPath\":");
	json_quote(out, meta, strlen(meta));
	strbuf_adds(out, ",\"TLSPath\":");
	json_quote(out, tls, strlen(tls));
	strbuf_adds(out, "}}");
}

static int inspect_one(const char *name, struct template *tmpl, struct strbuf *out,
		       struct error *err)
{
	cleanup(context_release) struct context context = { 0 };
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = context_read(name, true, &context, err);

	if (r < 0)
		return r;
	inspect_text(&context, &text);
	if (!tmpl) {
		strbuf_adds(out, out->len > 0 ? "," : "[");
		strbuf_add(out, text.data, text.len);
		return 0;
	}
	r = template_execute(tmpl, TEMPLATE_STRICT, strbuf_str(&text), text.len, out, err);
	strbuf_addc(out, '\n');
	return r;
}

/* What was found is printed, whatever is missing. */
static int inspect_print(const struct strbuf *all, bool json, struct error *err)
{
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	cleanup(strbuf_release) struct strbuf list = STRBUF_INIT;
	int r;

	if (!json)
		return command_print(all, err);
	strbuf_addf(&list, "%s]", all->len > 0 ? strbuf_str(all) : "[");
	r = json_pretty(list.data, list.len, 4, &out, err);
	strbuf_addc(&out, '\n');
	return r < 0 ? r : command_print(&out, err);
}

static int run_inspect(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct context_list_flags *flags = options;
	cleanup(strbuf_release) struct strbuf all = STRBUF_INIT;
	cleanup(template_release) struct template *tmpl = NULL;
	cleanup_free char *current = NULL;
	bool json = !flags->format || !*flags->format || strcmp(flags->format, "json") == 0;
	char *names[] = { NULL, NULL };
	int code = 0, r = json ? 0 : template_compile(flags->format, &tmpl, err);

	if (r >= 0 && argc == 0) {
		r = context_current(cli->context, &current, err);
		names[0] = current;
		argv = names;
		argc = 1;
	}
	if (r < 0)
		return r;
	for (int i = 0; i < argc; i++) {
		cleanup(error_release) struct error own = ERROR_INIT;

		if (inspect_one(argv[i], tmpl, &all, &own) < 0) {
			fprintf(stderr, "%s\n", error_text(&own));
			code = 1;
		}
	}
	r = inspect_print(&all, json, err);
	return r < 0 ? r : code;
}

const struct command cmd_context_ls = {
	.spec = { .usage = "[OPTIONS]", .summary = "List contexts", ARG_OPTIONS(ls_rows) },
	.options_size = sizeof(struct context_list_flags),
	.run = run_ls,
};

const struct command cmd_context_inspect = {
	.spec = { .usage = "[OPTIONS] [CONTEXT] [CONTEXT...]",
		  .summary = "Display detailed information on one or more contexts",
		  ARG_OPTIONS(inspect_rows),
		  .max_args = -1 },
	.options_size = sizeof(struct context_list_flags),
	.run = run_inspect,
};
