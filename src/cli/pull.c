/* SPDX-License-Identifier: Apache-2.0 */
/* hoy pull */
#include "cli/pull.h"

#include <stdio.h>

#include "cli/progress.h"
#include "cli/credentials.h"
#include "cli/image-name.h"
#include "cli/repository-flags.h"
#include "http/url.h"

static int stream_pull(struct cli *cli, const struct pull_options *opts, const char *target,
		       const char *domain, struct error *err)
{
	cleanup_free char *auth = NULL;
	struct client_call call = { .method = "POST", .target = target };
	int r = credentials_header(domain, &auth, err);

	if (r < 0)
		return r;
	call.registry_auth = auth;
	return progress_call(&cli->client, &call, opts->quiet ? -1 : opts->out_fd, err);
}

int image_pull_run(struct cli *cli, const struct pull_options *opts, struct error *err)
{
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT, name = STRBUF_INIT;
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	int r = image_name_read(cli, opts->image, &ref, err);

	if (r < 0)
		return r;
	if (!opts->all_tags)
		reference_set_default_tag(&ref);
	reference_name(&ref, &name);
	strbuf_adds(&target, "/images/create");
	url_add(&target, "fromImage", strbuf_str(&name));
	url_add(&target, "tag", ref.digest ? ref.digest : ref.tag);
	if (opts->platform && *opts->platform)
		url_add(&target, "platform", opts->platform);
	return stream_pull(cli, opts, strbuf_str(&target), ref.domain, err);
}

static const struct arg_option pull_rows[] = {
	REPOSITORY_FLAG_ROWS("Download all tagged images in the repository",
			     "Platform of the image, when it has several"),
};

static int run_pull(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct repository_flags *flags = options;
	cleanup(strbuf_release) struct strbuf full = STRBUF_INIT;
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	struct pull_options pull = {
		.image = argv[0],
		.platform = flags->platform,
		.all_tags = flags->all_tags,
		.quiet = flags->quiet,
		.out_fd = STDOUT_FILENO,
	};
	int r = repository_flags_apply(cli, flags, argv[0], &ref, err);

	if (r < 0)
		return r;
	(void)fflush(stdout);
	r = image_pull_run(cli, &pull, err);
	if (r < 0)
		return r;
	reference_string(&ref, &full);
	strbuf_addc(&full, '\n');
	return command_print(&full, err);
}

const struct command cmd_pull = {
	.spec =
		{
			.usage = "[OPTIONS] NAME[:TAG|@DIGEST]",
			.summary = "Download an image from a registry",
			ARG_OPTIONS(pull_rows),
			.min_args = 1,
			.max_args = 1,
		},
	.options_size = sizeof(struct repository_flags),
	.run = run_pull,
};
