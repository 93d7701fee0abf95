/* SPDX-License-Identifier: Apache-2.0 */
/* hoy network rm, hoy network prune */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/strv.h"
#include "cli/command.h"
#include "cli/confirm.h"
#include "cli/filters.h"
#include "cli/prune.h"
#include "http/url.h"
#include "wire/network.h"

struct rm_flags {
	bool force;
};

static const struct arg_option rm_rows[] = {
	ARG_BOOL(struct rm_flags, force, "force", 'f',
		 "Do not error if the network does not exist"),
};

static int remove_one(struct cli *cli, const char *name, struct error *err)
{
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;
	struct client_call call = { .method = "DELETE" };

	strbuf_adds(&target, "/networks/");
	url_encode(&target, name);
	call.target = strbuf_str(&target);
	return client_call(&cli->client, &call, NULL, err);
}

/* One after the other: what is removed is printed, what cannot be is said. */
static int run_network_rm(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct rm_flags *flags = options;
	int code = 0;

	for (; *argv; argv++) {
		cleanup(error_release) struct error one = ERROR_INIT;

		if (remove_one(cli, *argv, &one) >= 0) {
			puts(*argv);
			continue;
		}
		if (flags->force && one.kind == ERR_NOT_FOUND)
			continue;
		(void)fflush(stdout);
		fprintf(stderr, "%s\n", error_text(&one));
		code = 1;
	}
	return code;
}

const struct command cmd_network_rm = {
	.spec =
		{
			.usage = "NETWORK [NETWORK...]",
			.summary = "Remove one or more networks",
			ARG_OPTIONS(rm_rows),
			.min_args = 1,
			.max_args = -1,
		},
	.options_size = sizeof(struct rm_flags),
	.run = run_network_rm,
};

struct prune_flags {
	bool force;
	char **filters;
};

static const struct arg_option prune_rows[] = {
	ARG_FUNC(struct prune_flags, filters, "filter", 0, "filter", set_filter,
		 "Remove only what meets the conditions (\"until=<timestamp>\")"),
	ARG_BOOL(struct prune_flags, force, "force", 'f', "Do not prompt for confirmation"),
};

static int run_network_prune(struct cli *cli, void *options, int argc, char **argv,
			     struct error *err)
{
	struct prune_flags *flags = options;
	cleanup(strv_release) char **filters = take_ptr(flags->filters);
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	int64_t space = 0;
	int r;

	if (!flags->force &&
	    !confirm("WARNING! This will remove all custom networks not used by at least one "
		     "container."))
		return 0;
	r = prune_networks(cli, filters, &out, &space, err);
	return r < 0 ? r : command_print(&out, err);
}

const struct command cmd_network_prune = {
	.spec =
		{
			.usage = "[OPTIONS]",
			.summary = "Remove all unused networks",
			ARG_OPTIONS(prune_rows),
		},
	.options_size = sizeof(struct prune_flags),
	.run = run_network_prune,
};
