/* SPDX-License-Identifier: Apache-2.0 */
/* hoy import */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "http/url.h"
#include "oci/reference.h"

struct import_flags {
	char **changes;
	char *message, *platform;
};

static const struct arg_option import_rows[] = {
	ARG_LIST(struct import_flags, changes, "change", 'c', "list",
		 "Apply a Dockerfile instruction to the image"),
	ARG_STR(struct import_flags, message, "message", 'm', "string",
		"Set a commit message for the image"),
	ARG_STR(struct import_flags, platform, "platform", 0, "string",
		"Set the platform of the image"),
};

static bool is_url(const char *source)
{
	return strncmp(source, "http://", 7) == 0 || strncmp(source, "https://", 8) == 0;
}

static int add_reference(struct strbuf *target, const char *name, struct error *err)
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	int r;

	if (!name)
		return 0;
	r = reference_parse(name, &ref, err);
	if (r < 0)
		return r;
	url_add(target, "repo", name);
	return 0;
}

static int run_import(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct import_flags *flags = options;
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;
	cleanup_fd int fd = -1;
	struct client_call call = { .method = "POST",
				    .stream_body = !is_url(argv[0]),
				    .body_fd = STDIN_FILENO };
	int r;

	if (call.stream_body && strcmp(argv[0], "-") != 0) {
		fd = open(argv[0], O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return error_set(err, ERR_NOT_FOUND, 0, "open %s: %s", argv[0],
					 errno == ENOENT ? "no such file or directory"
							 : strerror(errno));
		call.body_fd = fd;
	}
	strbuf_adds(&target, "/images/create");
	url_add(&target, "fromSrc", call.stream_body ? "-" : argv[0]);
	url_add(&target, "message", flags->message);
	for (char **c = flags->changes; c && *c; c++)
		url_add(&target, "changes", *c);
	if (flags->platform && *flags->platform)
		url_add(&target, "platform", flags->platform);
	r = add_reference(&target, argv[1], err);
	if (r < 0)
		return r;
	call.target = strbuf_str(&target);
	return progress_call(&cli->client, &call, STDOUT_FILENO, err);
}

const struct command cmd_import = {
	.spec =
		{
			.usage = "[OPTIONS] file|URL|- [REPOSITORY[:TAG]]",
			.summary =
				"Import the contents from a tarball to create a filesystem image",
			ARG_OPTIONS(import_rows),
			.min_args = 1,
			.max_args = 2,
		},
	.options_size = sizeof(struct import_flags),
	.run = run_import,
};
