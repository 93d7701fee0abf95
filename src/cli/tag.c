/* SPDX-License-Identifier: Apache-2.0 */
/* hoy tag */
#include <string.h>

#include "cli/command.h"
#include "cli/image-name.h"
#include "cli/tag.h"
#include "http/url.h"
#include "oci/digest.h"

static int parse(const char *text, struct reference *ref, struct error *err)
{
	int r = reference_parse(text, ref, err);

	if (r < 0)
		return error_prefix(
			err, "Error parsing reference: \"%s\" is not a valid repository/tag", text);
	return 0;
}

/* An image may also be named by its id, which the engine knows. */
static int check_source(const char *text, struct error *err)
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	bool id = strncmp(text, "sha256:", 7) == 0 || digest_is_hex(text, strlen(text));

	return id ? 0 : parse(text, &ref, err);
}

int tag_add(struct strbuf *target, struct reference *ref, struct error *err)
{
	cleanup(strbuf_release) struct strbuf repo = STRBUF_INIT;

	if (ref->digest)
		return error_set(err, ERR_INVALID, 0,
				 "refusing to create a tag with a digest reference");
	reference_set_default_tag(ref);
	reference_name(ref, &repo);
	url_add(target, "repo", strbuf_str(&repo));
	url_add(target, "tag", ref->tag);
	return 0;
}

static int run_tag(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;
	struct client_call call = { .method = "POST" };
	int r = check_source(argv[0], err);

	if (r >= 0)
		r = parse(argv[1], &ref, err);
	if (r >= 0 && ref.implied) {
		reference_release(&ref);
		r = image_name_read(cli, argv[1], &ref, err);
	}
	if (r < 0)
		return r;
	strbuf_adds(&target, "/images/");
	url_encode_path(&target, argv[0]);
	strbuf_adds(&target, "/tag");
	r = tag_add(&target, &ref, err);
	if (r < 0)
		return r;
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
