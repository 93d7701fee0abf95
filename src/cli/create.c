/* SPDX-License-Identifier: Apache-2.0 */
/* hoy create */
#include <stdio.h>

#include "cli/run-create.h"

static int run_create(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	struct run_options *o = options;
	cleanup_free char *id = NULL;
	int r = run_options_finish(o, argv, err);

	if (r < 0) {
		run_options_release(o);
		return container_report_usage(cli->path, err);
	}
	r = container_create(cli, o, &id, err);
	run_options_release(o);
	return r < 0 ? r : printf("%s\n", id) < 0;
}

const struct command cmd_create = {
	.spec =
		{
			.usage = "[OPTIONS] IMAGE [COMMAND] [ARG...]",
			.summary = "Create a new container",
			.parent = &run_options_spec,
			.flags = ARGS_STOP_AT_FIRST,
			.min_args = 1,
			.max_args = -1,
		},
	.options_size = sizeof(struct run_options),
	.run = run_create,
};
