/* SPDX-License-Identifier: Apache-2.0 */
/* hoy diff */
#include <string.h>

#include "cli/command.h"
#include "client/containers.h"

static int run_diff(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	static const char letters[] = "CAD";
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT, body = STRBUF_INIT;
	struct client_call call = { .method = "GET" };
	struct filesystem_change *items = NULL;
	size_t n = 0;
	int r;

	client_container_target(&target, argv[0], "/changes");
	call.target = strbuf_str(&target);
	r = client_call(&cli->client, &call, &body, err);
	if (r >= 0 && strncmp(strbuf_str(&body), "null", 4) != 0)
		r = json_decode_array(&filesystem_change_shape, strbuf_str(&body), body.len, &items,
				      &n, err);
	if (r < 0)
		return r;
	strbuf_reset(&body);
	for (size_t i = 0; i < n; i++) {
		if (items[i].kind >= 0 && items[i].kind < 3)
			strbuf_addf(&body, "%c %s\n", letters[items[i].kind], items[i].path);
	}
	json_release_array(&filesystem_change_shape, items, n);
	return command_print(&body, err);
}

const struct command cmd_diff = {
	.spec =
		{
			.usage = "CONTAINER",
			.summary = "Inspect changes to files or directories on a container's "
				   "filesystem",
			.min_args = 1,
			.max_args = 1,
		},
	.run = run_diff,
};
