/* SPDX-License-Identifier: Apache-2.0 */
/* hoy wait */
#include <stdio.h>

#include "cli/command.h"
#include "client/containers.h"

static int wait_one(struct cli *cli, const char *name, struct error *err)
{
	cleanup(client_stream_release) struct client_stream wait = CLIENT_STREAM_INIT;
	int code = 0;
	int r = client_wait_open(&cli->client, name, NULL, &wait, err);

	if (r == 0)
		r = client_wait_finish(&wait, &code, err);
	if (r == 0)
		printf("%d\n", code);
	(void)fflush(stdout);
	return r;
}

static int run_wait(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	int code = 0;

	for (; *argv; argv++) {
		cleanup(error_release) struct error one = ERROR_INIT;

		if (wait_one(cli, *argv, &one) == 0)
			continue;
		fprintf(stderr, "%s\n", error_text(&one));
		code = 1;
	}
	return code;
}

const struct command cmd_wait = {
	.spec =
		{
			.usage = "CONTAINER [CONTAINER...]",
			.summary = "Block until one or more containers stop, then print their exit "
				   "codes",
			.min_args = 1,
			.max_args = -1,
		},
	.run = run_wait,
};
