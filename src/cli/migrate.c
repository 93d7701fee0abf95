/* SPDX-License-Identifier: Apache-2.0 */
/* hoy system migrate */
#include <unistd.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "http/url.h"

struct migrate_flags {
	char *driver;
};

static const struct arg_option migrate_rows[] = {
	ARG_STR(struct migrate_flags, driver, "driver", 0, "string",
		"erofs or overlay (default: the engine's storage-driver)"),
};

static int run_migrate(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct migrate_flags *flags = options;
	cleanup(client_stream_release) struct client_stream stream = CLIENT_STREAM_INIT;
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;
	struct client_call call = { .method = "POST" };
	struct progress_view view;
	int r;

	strbuf_adds(&target, "/system/migrate");
	if (flags->driver && *flags->driver)
		url_add(&target, "driver", flags->driver);
	call.target = strbuf_str(&target);
	r = client_stream_open(&cli->client, &call, &stream, err);
	if (r < 0)
		return r;
	progress_view_init(&view, STDOUT_FILENO);
	r = progress_show(&view, &stream, err);
	progress_view_release(&view);
	return r;
}

const struct command cmd_system_migrate = {
	.spec =
		{
			.usage = "[OPTIONS]",
			.summary = "Move the layers of images to another storage driver",
			ARG_OPTIONS(migrate_rows),
		},
	.options_size = sizeof(struct migrate_flags),
	.run = run_migrate,
};
