/* SPDX-License-Identifier: Apache-2.0 */
/* hoy network ls */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/strv.h"
#include "cli/command.h"
#include "cli/filters.h"
#include "cli/listing.h"
#include "client/containers.h"
#include "wire/network.h"

struct ls_flags {
	bool no_trunc, quiet;
	char **filters, *format;
};

static const struct arg_option ls_rows[] = {
	ARG_FUNC(struct ls_flags, filters, "filter", 'f', "filter", set_filter,
		 "Show only what meets the conditions (\"driver=bridge\")"),
	ARG_STR(struct ls_flags, format, "format", 0, "string", FORMAT_HELP_TABLE),
	ARG_BOOL(struct ls_flags, no_trunc, "no-trunc", 0, "Do not truncate the output"),
	ARG_BOOL(struct ls_flags, quiet, "quiet", 'q', "Only display network IDs"),
};

static const struct listing_column ls_columns[] = {
	{ "CreatedAt", "CREATED AT" },
	{ "Driver", "DRIVER" },
	{ "ID", "NETWORK ID" },
	{ "IPv4", "IPV4" },
	{ "IPv6", "IPV6" },
	{ "Internal", "INTERNAL" },
	{ "Labels", "LABELS" },
	{ "Name", "NAME" },
	{ "Scope", "SCOPE" },
};

static const char *truth(bool value)
{
	return value ? "true" : "false";
}

static char *network_row(const struct network_inspect *network, bool whole)
{
	cleanup_free char *id = id_short(network->id, whole);
	cleanup_free char *labels = labels_join(&network->labels);
	cleanup_free char *created = time_text(network->created / 1000000000);
	struct strbuf row = STRBUF_INIT;

	row_add(&row, "CreatedAt", created);
	row_add(&row, "Driver", network->driver);
	row_add(&row, "ID", id);
	row_add(&row, "IPv4", truth(network->enable_ipv4));
	row_add(&row, "IPv6", truth(network->enable_ipv6));
	row_add(&row, "Internal", truth(network->internal));
	row_add(&row, "Labels", labels);
	row_add(&row, "Name", network->name);
	row_add(&row, "Scope", network->scope);
	row_add_labels(&row, &network->labels);
	return row_take(&row);
}

static int compare_names(const void *a, const void *b)
{
	const struct network_inspect *one = a, *two = b;

	return strcmp(one->name ? one->name : "", two->name ? two->name : "");
}

static int fetch_rows(struct cli *cli, const struct ls_flags *flags, char ***ret_rows,
		      struct error *err)
{
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;
	struct network_inspect *items = NULL;
	size_t n = 0;
	int r;

	strbuf_adds(&target, "/networks");
	filters_add(&target, flags->filters);
	r = client_list(&cli->client, strbuf_str(&target), &network_inspect_shape, &items, &n, err);
	if (r < 0)
		return r;
	qsort(items, n, sizeof(*items), compare_names);
	for (size_t i = 0; i < n; i++)
		strv_push_take(ret_rows, network_row(&items[i], flags->no_trunc));
	json_release_array(&network_inspect_shape, items, n);
	return 0;
}

static int run_network_ls(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	static const struct listing listing = {
		LISTING_COLUMNS(ls_columns),
		.table = "{{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}",
	};
	struct ls_flags *flags = options;
	cleanup(strv_release) char **rows = NULL;
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	cleanup(listing_view_release) struct listing_view view = { NULL };
	int r;

	r = listing_view_init(&view, &listing, flags->format, flags->quiet, err);
	if (r == 0)
		r = fetch_rows(cli, flags, &rows, err);
	if (r == 0)
		r = listing_render(&view, rows, &out, err);
	strv_release(&flags->filters);
	return r < 0 ? r : command_print(&out, err);
}

const struct command cmd_network_ls = {
	.spec =
		{
			.usage = "[OPTIONS]",
			.summary = "List networks",
			ARG_OPTIONS(ls_rows),
		},
	.options_size = sizeof(struct ls_flags),
	.run = run_network_ls,
};
