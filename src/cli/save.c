/* SPDX-License-Identifier: Apache-2.0 */
/* hoy save */
#include "cli/archive-out.h"
#include "cli/platform-flag.h"
#include "http/url.h"

struct save_flags {
	char *output;
	char **platforms;
};

static const struct arg_option save_rows[] = {
	ARG_STR(struct save_flags, output, "output", 'o', "string",
		"Write to a file, instead of STDOUT"),
	ARG_LIST(struct save_flags, platforms, "platform", 0, "string",
		 "Save only if the image is for this platform"),
};

static int run_save(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct save_flags *flags = options;
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;
	int r;

	strbuf_adds(&target, "/images/get");
	for (; *argv; argv++)
		url_add(&target, "names", *argv);
	r = platform_add(&target, flags->platforms, err);
	if (r < 0)
		return r;
	return archive_receive(cli, strbuf_str(&target), flags->output, "failed to save image",
			       err);
}

const struct command cmd_save = {
	.spec =
		{
			.usage = "[OPTIONS] IMAGE [IMAGE...]",
			.summary = "Save one or more images to a tar archive (streamed to STDOUT "
				   "by default)",
			ARG_OPTIONS(save_rows),
			.min_args = 1,
			.max_args = -1,
		},
	.options_size = sizeof(struct save_flags),
	.run = run_save,
};
