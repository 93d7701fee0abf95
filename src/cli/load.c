/* SPDX-License-Identifier: Apache-2.0 */
/* hoy load */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "cli/command.h"
#include "cli/platform-flag.h"
#include "cli/progress.h"
#include "http/url.h"

struct load_flags {
	char *input;
	bool quiet;
	char **platforms;
};

static const struct arg_option load_rows[] = {
	ARG_STR(struct load_flags, input, "input", 'i', "string",
		"Read from tar archive file, instead of STDIN"),
	ARG_LIST(struct load_flags, platforms, "platform", 0, "string",
		 "Load only images for this platform"),
	ARG_BOOL(struct load_flags, quiet, "quiet", 'q', "Suppress the load output"),
};

static int run_load(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct load_flags *flags = options;
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;
	cleanup_fd int fd = -1;
	struct client_call call = { .method = "POST",
				    .stream_body = true,
				    .body_fd = STDIN_FILENO };
	int r;

	if (flags->input && *flags->input) {
		fd = open(flags->input, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return error_set(err, ERR_NOT_FOUND, 0, "open %s: %s", flags->input,
					 errno == ENOENT ? "no such file or directory"
							 : strerror(errno));
		call.body_fd = fd;
	} else if (isatty(STDIN_FILENO)) {
		return error_set(err, ERR_INVALID, 0,
				 "requested load from stdin, but stdin is empty");
	}
	strbuf_adds(&target, "/images/load");
	r = platform_add(&target, flags->platforms, err);
	if (r < 0)
		return r;
	url_add(&target, "quiet", flags->quiet || !isatty(STDOUT_FILENO) ? "1" : "0");
	call.target = strbuf_str(&target);
	return progress_call(&cli->client, &call, STDOUT_FILENO, err);
}

const struct command cmd_load = {
	.spec =
		{
			.usage = "[OPTIONS]",
			.summary = "Load an image from a tar archive or STDIN",
			ARG_OPTIONS(load_rows),
		},
	.options_size = sizeof(struct load_flags),
	.run = run_load,
};
