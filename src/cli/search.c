/* SPDX-License-Identifier: Apache-2.0 */
/* hoy search */
#include <string.h>

#include "base/strv.h"
#include "cli/command.h"
#include "cli/credentials.h"
#include "cli/filters.h"
#include "cli/listing.h"
#include "http/url.h"
#include "wire/transfer.h"

enum { DESCRIPTION_WIDTH = 45 };

struct search_flags {
	char **filters, *format;
	struct opt_i64 limit;
	bool no_trunc;
	const char *term;
};

static const struct arg_option search_rows[] = {
	ARG_FUNC(struct search_flags, filters, "filter", 'f', "filter", set_filter,
		 "Filter output based on conditions provided"),
	ARG_STR(struct search_flags, format, "format", 0, "string",
		"Pretty-print search using a Go template"),
	ARG_OPT_I64(struct search_flags, limit, "limit", 0, "int", "Max number of search results"),
	ARG_BOOL(struct search_flags, no_trunc, "no-trunc", 0, "Don't truncate output"),
};

static const struct listing_column search_columns[] = {
	{ "Description", "DESCRIPTION" }, { "IsAutomated", "AUTOMATED" },
	{ "IsOfficial", "OFFICIAL" },	  { "Name", "NAME" },
	{ "StarCount", "STARS" },
};

static const struct listing search_listing = {
	LISTING_COLUMNS(search_columns),
	.table = "{{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}",
};

static char *search_row(const struct fetch_found *found, bool whole)
{
	cleanup_free char *stars = xasprintf("%lld", (long long)found->star_count);
	cleanup_free char *text = xstrdup(found->description ? found->description : "");
	cleanup_free char *description = NULL;
	struct strbuf row = STRBUF_INIT;

	for (char *p = text; *p != '\0'; p++)
		*p = *p == '\n' || *p == '\r' ? ' ' : *p;
	description = whole ? xstrdup(text) : text_ellipsis(text, DESCRIPTION_WIDTH);
	row_add(&row, "Description", description);
	row_add(&row, "IsAutomated", found->is_automated ? "[OK]" : "");
	row_add(&row, "IsOfficial", found->is_official ? "[OK]" : "");
	row_add(&row, "Name", found->name);
	row_add(&row, "StarCount", stars);
	return row_take(&row);
}

/* The registry that the term names: "localhost:5000/a"; owned. */
static char *term_domain(const char *term)
{
	const char *slash = strchr(term, '/');
	cleanup_free char *first = slash ? xstrndup(term, (size_t)(slash - term)) : NULL;

	if (first && (strpbrk(first, ".:") || strcmp(first, "localhost") == 0))
		return take_ptr(first);
	return xstrdup("docker.io");
}

static int fetch_rows(struct cli *cli, const void *options, char ***ret_rows, struct error *err)
{
	const struct search_flags *flags = options;
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT, body = STRBUF_INIT;
	cleanup_free char *domain = term_domain(flags->term), *auth = NULL;
	struct client_call call = { 0 };
	struct fetch_found *found = NULL;
	size_t n = 0;
	int r;

	strbuf_adds(&target, "/images/search");
	url_add(&target, "term", flags->term);
	if (flags->limit.set)
		url_addf(&target, "limit", "%lld", (long long)flags->limit.value);
	filters_add(&target, flags->filters);
	r = credentials_header(domain, &auth, err);
	if (r < 0)
		return r;
	call.target = strbuf_str(&target);
	call.registry_auth = auth;
	r = client_call(&cli->client, &call, &body, err);
	if (r >= 0)
		r = json_decode_array(&fetch_found_shape, strbuf_str(&body), body.len, &found, &n,
				      err);
	for (size_t i = 0; r >= 0 && i < n; i++)
		strv_push_take(ret_rows, search_row(&found[i], flags->no_trunc));
	json_release_array(&fetch_found_shape, found, n);
	return r < 0 ? r : 0;
}

static int run_search(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	struct search_flags *flags = options;

	int r;

	flags->term = argv[0];
	r = listing_run(cli, &search_listing, flags->format, false, fetch_rows, flags, err);
	strv_release(&flags->filters);
	return r;
}

const struct command cmd_search = {
	.spec =
		{
			.usage = "[OPTIONS] TERM",
			.summary = "Search a registry for images",
			ARG_OPTIONS(search_rows),
			.min_args = 1,
			.max_args = 1,
		},
	.options_size = sizeof(struct search_flags),
	.run = run_search,
};
