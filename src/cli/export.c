/* SPDX-License-Identifier: Apache-2.0 */
/* hoy export */
#include "cli/archive-out.h"
#include "client/containers.h"

struct export_flags {
	char *output;
};

static const struct arg_option export_rows[] = {
	ARG_STR(struct export_flags, output, "output", 'o', "string",
		"Write to a file, instead of STDOUT"),
};

static int run_export(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct export_flags *flags = options;
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;

	client_container_target(&target, argv[0], "/export");
	return archive_receive(cli, strbuf_str(&target), flags->output,
			       "failed to export container", err);
}

const struct command cmd_export = {
	.spec =
		{
			.usage = "[OPTIONS] CONTAINER",
			.summary = "Export a container's filesystem as a tar archive",
			ARG_OPTIONS(export_rows),
			.min_args = 1,
			.max_args = 1,
		},
	.options_size = sizeof(struct export_flags),
	.run = run_export,
};
