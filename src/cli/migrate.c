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
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;
	struct client_call call = { .method = "POST" };

	strbuf_adds(&target, "/system/migrate");
	if (flags->driver && *flags->driver)
		url_add(&target, "driver", flags->driver);
	call.target = strbuf_str(&target);
	return progress_call(&cli->client, &call, STDOUT_FILENO, err);
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
