/* SPDX-License-Identifier: Apache-2.0 */
/* hoy rmi */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/strv.h"
#include "cli/command.h"
#include "cli/platform-flag.h"
#include "http/url.h"
#include "wire/image.h"

struct rmi_flags {
	bool force, no_prune;
	char **platforms;
};

static const struct arg_option rmi_rows[] = {
	ARG_BOOL(struct rmi_flags, force, "force", 'f', "Force removal of the image"),
	ARG_BOOL(struct rmi_flags, no_prune, "no-prune", 0, "Do not delete untagged parents"),
	ARG_LIST(struct rmi_flags, platforms, "platform", 0, "strings",
		 "Remove only if the image is for this platform"),
};

static void print_items(const struct image_delete_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (items[i].deleted && *items[i].deleted)
			printf("Deleted: %s\n", items[i].deleted);
		else
			printf("Untagged: %s\n", items[i].untagged);
	(void)fflush(stdout);
}

static int remove_one(struct cli *cli, const struct rmi_flags *flags, const char *name,
		      struct error *err)
{
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT, body = STRBUF_INIT;
	struct client_call call = { .method = "DELETE" };
	struct image_delete_item *items = NULL;
	size_t n = 0;
	int r;

	strbuf_adds(&target, "/images/");
	url_encode_path(&target, name);
	url_add(&target, "force", flags->force ? "1" : NULL);
	url_add(&target, "noprune", flags->no_prune ? "1" : NULL);
	r = platform_add_as(&target, "platforms", flags->platforms, err);
	if (r < 0)
		return r;
	call.target = strbuf_str(&target);
	r = client_call(&cli->client, &call, &body, err);
	if (r < 0)
		return r;
	r = json_decode_array(&image_delete_item_shape, strbuf_str(&body), body.len, &items, &n,
			      err);
	if (r < 0)
		return r;
	print_items(items, n);
	json_release_array(&image_delete_item_shape, items, n);
	return 0;
}

static int run_rmi(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct rmi_flags *flags = options;
	int code = 0;

	for (; *argv; argv++) {
		cleanup(error_release) struct error one = ERROR_INIT;

		if (remove_one(cli, flags, *argv, &one) == 0)
			continue;
		fprintf(stderr, "%s\n", error_text(&one));
		if (!flags->force || one.kind != ERR_NOT_FOUND)
			code = 1;
	}
	return code;
}

const struct command cmd_rmi = {
	.spec =
		{
			.usage = "[OPTIONS] IMAGE [IMAGE...]",
			.summary = "Remove one or more images",
			ARG_OPTIONS(rmi_rows),
			.min_args = 1,
			.max_args = -1,
		},
	.options_size = sizeof(struct rmi_flags),
	.run = run_rmi,
};
