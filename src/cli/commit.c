/* SPDX-License-Identifier: Apache-2.0 */
/* hoy commit */
#include <stdio.h>

#include "cli/command.h"
#include "cli/image-name.h"
#include "cli/tag.h"
#include "http/url.h"
#include "oci/reference.h"
#include "wire/exec.h"

struct commit_flags {
	char *author, *message;
	char **changes;
	bool pause;
};

static const struct arg_option commit_rows[] = {
	ARG_STR(struct commit_flags, author, "author", 'a', "string",
		"Author (e.g., \"John Hannibal Smith <hannibal@a-team.com>\")"),
	ARG_LIST(struct commit_flags, changes, "change", 'c', "list",
		 "Apply Dockerfile instruction to the created image"),
	ARG_STR(struct commit_flags, message, "message", 'm', "string", "Commit message"),
	ARG_BOOL(struct commit_flags, pause, "pause", 'p', "Pause container during commit",
		 .def = "true"),
};

static int add_reference(struct cli *cli, struct strbuf *target, const char *name,
			 struct error *err)
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	int r;

	if (!name || !*name)
		return 0;
	r = image_name_read(cli, name, &ref, err);
	return r < 0 ? r : tag_add(target, &ref, err);
}

static int run_commit(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct commit_flags *flags = options;
	cleanup(exec_create_response_release) struct exec_create_response answer = { NULL };
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT, body = STRBUF_INIT;
	struct client_call call = { .method = "POST" };
	int r;

	strbuf_adds(&target, "/commit");
	url_add(&target, "container", argv[0]);
	r = add_reference(cli, &target, argv[1], err);
	if (r < 0)
		return r;
	url_add(&target, "comment", flags->message);
	url_add(&target, "author", flags->author);
	for (char **c = flags->changes; c && *c; c++)
		url_add(&target, "changes", *c);
	url_add(&target, "pause", flags->pause ? NULL : "0");
	call.target = strbuf_str(&target);
	r = client_call(&cli->client, &call, &body, err);
	if (r >= 0)
		r = json_decode(&exec_create_response_shape, strbuf_str(&body), body.len, &answer,
				err);
	return r < 0 ? r : printf("%s\n", answer.id ? answer.id : "") < 0;
}

const struct command cmd_commit = {
	.spec =
		{
			.usage = "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]",
			.summary = "Create a new image from a container's changes",
			ARG_OPTIONS(commit_rows),
			.min_args = 1,
			.max_args = 2,
		},
	.options_size = sizeof(struct commit_flags),
	.run = run_commit,
};
