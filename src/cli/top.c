/* SPDX-License-Identifier: Apache-2.0 */
/* hoy top */
#include "base/strv.h"
#include "cli/command.h"
#include "cli/table.h"
#include "client/containers.h"
#include "http/url.h"

static int run_top(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	cleanup(container_top_release) struct container_top top = { NULL };
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT, out = STRBUF_INIT;
	cleanup(table_release) struct table table = TABLE_INIT;
	int r;

	client_container_target(&target, argv[0], "/top");
	if (argv[1]) {
		cleanup_free char *args = strv_join(argv + 1, " ");

		url_add(&target, "ps_args", args);
	}
	r = client_get(&cli->client, strbuf_str(&target), &container_top_shape, &top, err);
	if (r < 0)
		return r;
	table_add_row(&table, top.titles);
	for (size_t i = 0; i < top.n_processes; i++)
		table_add_row(&table, top.processes[i].items);
	table.min_width = 20;
	table_render(&table, &out);
	return command_print(&out, err);
}

const struct command cmd_top = {
	.spec =
		{
			.usage = "CONTAINER [ps OPTIONS]",
			.summary = "Display the running processes of a container",
			.flags = ARGS_STOP_AT_FIRST,
			.min_args = 1,
			.max_args = -1,
		},
	.run = run_top,
};
