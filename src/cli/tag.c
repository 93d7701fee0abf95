/* SPDX-License-Identifier: Apache-2.0 */
/* hoy tag */
#include "cli/command.h"
#include "http/url.h"
#include "oci/reference.h"

static int run_tag(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT, repo = STRBUF_INIT;
	struct client_call call = { .method = "POST" };
	int r = reference_parse(argv[1], &ref, err);

	if (r < 0)
		return error_prefix(err,
				    "Error parsing reference: \"%s\" is not a valid repository/tag",
				    argv[1]);
	if (ref.digest)
		return error_set(err, ERR_INVALID, 0,
				 "refusing to create a tag with a digest reference");
	reference_set_default_tag(&ref);
	reference_name(&ref, &repo);
	strbuf_adds(&target, "/images/");
	url_encode_path(&target, argv[0]);
	strbuf_adds(&target, "/tag");
	url_add(&target, "repo", strbuf_str(&repo));
	url_add(&target, "tag", ref.tag);
	call.target = strbuf_str(&target);
	r = client_call(&cli->client, &call, NULL, err);
	return r < 0 ? r : 0;
}

const struct command cmd_tag = {
	.spec =
		{
			.usage = "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
			.summary = "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE",
			.min_args = 2,
			.max_args = 2,
		},
	.run = run_tag,
};
