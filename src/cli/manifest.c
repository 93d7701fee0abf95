/* SPDX-License-Identifier: Apache-2.0 */
/* hoy manifest inspect */
#include <errno.h>

#include "cli/command.h"
#include "cli/json-text.h"
#include "cli/registry-query.h"

struct inspect_flags {
	bool insecure, referrers;
};

static const struct arg_option inspect_rows[] = {
	ARG_BOOL(struct inspect_flags, insecure, "insecure", 0,
		 "Allow communication with an insecure registry"),
	ARG_BOOL(struct inspect_flags, referrers, "referrers", 0,
		 "Display what refers to NAME@DIGEST instead: signatures, attestations"),
};

static int run_inspect(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct inspect_flags *flags = options;
	cleanup(registry_text_release) struct registry_text text = REGISTRY_TEXT_INIT;
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	const struct strbuf *json;
	int r = reference_parse(argv[0], &ref, err);

	if (r < 0)
		return r;
	reference_set_default_tag(&ref);
	if (flags->referrers && !ref.digest)
		return error_set(err, ERR_INVALID, EINVAL,
				 "--referrers wants a name with a digest: %s@sha256:…", argv[0]);
	r = registry_query(flags->referrers ? "referrers" : "describe", &ref,
			   ref.digest ? ref.digest : ref.tag, flags->insecure, &text, err);
	if (r < 0)
		return r;
	json = text.index.len > 0 ? &text.index : &text.manifest;
	r = json_with_tabs(strbuf_str(json), json->len, &out, err);
	if (r < 0)
		return r;
	strbuf_addc(&out, '\n');
	return command_print(&out, err);
}

const struct command cmd_manifest_inspect = {
	.spec =
		{
			.usage = "[OPTIONS] MANIFEST",
			.summary = "Display an image manifest, or manifest list",
			ARG_OPTIONS(inspect_rows),
			.min_args = 1,
			.max_args = 1,
		},
	.options_size = sizeof(struct inspect_flags),
	.run = run_inspect,
};
