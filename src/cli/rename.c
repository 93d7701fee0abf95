/* SPDX-License-Identifier: Apache-2.0 */
/* hoy rename */
#include <stdio.h>

#include "client/containers.h"
#include "cli/command.h"
#include "http/url.h"

static int run_rename(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;
	struct client_call call = { .method = "POST" };
	int r;

	if (!*argv[0] || !*argv[1])
		return error_set(err, ERR_INVALID, 0,
				 "Error: Neither old nor new names may be empty");
	client_container_target(&target, argv[0], "/rename");
	url_add(&target, "name", argv[1]);
	call.target = strbuf_str(&target);
	r = client_call(&cli->client, &call, NULL, err);
	if (r >= 0)
		return 0;
	fprintf(stderr, "%s\nError: failed to rename container named %s\n", error_text(err),
		argv[0]);
	error_release(err);
	return 1;
}

const struct command cmd_rename = {
	.spec =
		{
			.usage = "CONTAINER NEW_NAME",
			.summary = "Rename a container",
			.min_args = 2,
			.max_args = 2,
		},
	.run = run_rename,
};
