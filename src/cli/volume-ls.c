/* SPDX-License-Identifier: Apache-2.0 */
/* hoy volume ls, prune */
#include <string.h>

#include "base/strv.h"
#include "cli/command.h"
#include "cli/confirm.h"
#include "cli/filters.h"
#include "cli/listing.h"
#include "cli/prune.h"
#include "client/containers.h"
#include "wire/volume.h"

struct ls_flags {
	bool quiet, cluster;
	char **filters, *format;
};

static const struct arg_option ls_rows[] = {
	ARG_BOOL(struct ls_flags, cluster, "cluster", 0, "Refused: no cluster volumes",
		 .flags = ARG_HIDDEN),
	ARG_FUNC(struct ls_flags, filters, "filter", 'f', "filter", set_filter,
		 "Provide filter values (e.g. \"dangling=true\")"),
	ARG_STR(struct ls_flags, format, "format", 0, "string", FORMAT_HELP_TABLE),
	ARG_BOOL(struct ls_flags, quiet, "quiet", 'q', "Only display volume names"),
};

static const struct listing_column ls_columns[] = {
	{ "Availability", "AVAILABILITY" },
	{ "Driver", "DRIVER" },
	{ "Group", "GROUP" },
	{ "Labels", "LABELS" },
	{ "Links", "LINKS" },
	{ "Mountpoint", "MOUNTPOINT" },
	{ "Name", "VOLUME NAME" },
	{ "Scope", "SCOPE" },
	{ "Size", "SIZE" },
	{ "Status", "STATUS" },
};

static char *volume_row(const struct volume *v)
{
	cleanup_free char *labels = labels_join(&v->labels);
	struct strbuf row = STRBUF_INIT;

	row_add(&row, "Availability", "N/A");
	row_add(&row, "Driver", v->driver);
	row_add(&row, "Group", "N/A");
	row_add(&row, "Labels", labels);
	row_add(&row, "Links", "N/A");
	row_add(&row, "Mountpoint", v->mountpoint);
	row_add(&row, "Name", v->name);
	row_add(&row, "Scope", v->scope);
	row_add(&row, "Size", "N/A");
	row_add(&row, "Status", "N/A");
	row_add_labels(&row, &v->labels);
	return row_take(&row);
}

static int fetch_rows(struct cli *cli, const void *options, char ***ret_rows, struct error *err)
{
	const struct ls_flags *flags = options;
	cleanup(volume_list_response_release) struct volume_list_response list = { NULL };
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;
	int r;

	strbuf_adds(&target, "/volumes");
	filters_add(&target, flags->filters);
	r = client_get(&cli->client, strbuf_str(&target), &volume_list_response_shape, &list, err);
	for (size_t i = 0; r >= 0 && i < list.n_volumes; i++)
		strv_push_take(ret_rows, volume_row(&list.volumes[i]));
	return r;
}

static int run_ls(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	struct ls_flags *flags = options;
	const struct listing listing = { LISTING_COLUMNS(ls_columns),
					 .table = "{{.Driver}}\t{{.Name}}" };
	const char *format = flags->quiet && !flags->format ? "{{.Name}}" : flags->format;
	int r;

	if (flags->cluster)
		r = error_set(err, ERR_NOT_IMPLEMENTED, 0,
			      "--cluster is not supported: there are no cluster volumes");
	else
		r = listing_run(cli, &listing, format, false, fetch_rows, flags, err);
	strv_release(&flags->filters);
	return r;
}

const struct command cmd_volume_ls = {
	.spec =
		{
			.usage = "[OPTIONS]",
			.summary = "List volumes",
			ARG_OPTIONS(ls_rows),
		},
	.options_size = sizeof(struct ls_flags),
	.run = run_ls,
};

struct prune_flags {
	bool all, force;
	char **filters;
};

static const struct arg_option prune_rows[] = {
	ARG_BOOL(struct prune_flags, all, "all", 'a',
		 "Remove all unused volumes, not just anonymous ones"),
	ARG_FUNC(struct prune_flags, filters, "filter", 0, "filter", set_filter,
		 "Provide filter values (e.g. \"label=<label>\")"),
	ARG_BOOL(struct prune_flags, force, "force", 'f', "Do not prompt for confirmation"),
};

static int run_prune(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	static const prune_fn kinds[] = { prune_volumes };
	struct prune_flags *flags = options;
	cleanup(strv_release) char **filters = take_ptr(flags->filters);

	if (!flags->force &&
	    !confirm(flags->all
			     ? "WARNING! This will remove all local volumes not used by at least "
			       "one container."
			     : "WARNING! This will remove anonymous local volumes not used by at "
			       "least one container."))
		return 0;
	if (flags->all)
		strv_push(&filters, "all=1");
	return prune_run(cli, kinds, ARRAY_SIZE(kinds), filters, err);
}

const struct command cmd_volume_prune = {
	.spec =
		{
			.usage = "[OPTIONS]",
			.summary = "Remove unused local volumes",
			ARG_OPTIONS(prune_rows),
		},
	.options_size = sizeof(struct prune_flags),
	.run = run_prune,
};
