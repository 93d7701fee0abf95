/* SPDX-License-Identifier: Apache-2.0 */
/* hoy push */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "cli/credentials.h"
#include "cli/repository-flags.h"
#include "http/url.h"
#include "oci/platform.h"
#include "oci/reference.h"

static const struct arg_option push_rows[] = {
	REPOSITORY_FLAG_ROWS("Push all tags of an image to the repository",
			     "Push only when the image is for this platform"),
};

/* "linux/arm64/v8" -> {"os":"linux",…}, as the engine has it. */
static int add_platform(struct strbuf *target, const char *text, struct error *err)
{
	cleanup(platform_release) struct platform platform = PLATFORM_INIT;
	cleanup(strbuf_release) struct strbuf json = STRBUF_INIT;
	int r;

	if (!text || !*text)
		return 0;
	r = platform_parse(text, &platform, err);
	if (r < 0)
		return r;
	strbuf_adds(&json, "{\"architecture\":");
	json_quote(&json, platform.architecture, strlen(platform.architecture));
	strbuf_adds(&json, ",\"os\":");
	json_quote(&json, platform.os, strlen(platform.os));
	if (platform.variant && *platform.variant) {
		strbuf_adds(&json, ",\"variant\":");
		json_quote(&json, platform.variant, strlen(platform.variant));
	}
	strbuf_addc(&json, '}');
	url_add(target, "platform", json.data);
	return 0;
}

static int stream_push(struct cli *cli, const struct repository_flags *flags, const char *target,
		       const char *domain, struct error *err)
{
	cleanup_free char *auth = NULL;
	struct client_call call = { .method = "POST", .target = target };
	int r = credentials_header(domain, &auth, err);

	if (r < 0)
		return r;
	call.registry_auth = auth ? auth : "e30="; /* {}: the header is always there */
	return progress_call(&cli->client, &call, flags->quiet ? -1 : STDOUT_FILENO, err);
}

static int run_push(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct repository_flags *flags = options;
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT, name = STRBUF_INIT;
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	int r = repository_flags_apply(cli, flags, argv[0], &ref, err);

	if (r < 0)
		return r;
	if (ref.digest)
		return error_set(err, ERR_INVALID, 0, "cannot push a digest reference");
	(void)fflush(stdout);
	reference_name(&ref, &name);
	strbuf_adds(&target, "/images/");
	url_encode_path(&target, strbuf_str(&name));
	strbuf_adds(&target, "/push");
	url_add(&target, "tag", ref.tag);
	r = add_platform(&target, flags->platform, err);
	if (r >= 0)
		r = stream_push(cli, flags, strbuf_str(&target), ref.domain, err);
	if (r < 0 || !flags->quiet)
		return r;
	strbuf_reset(&name);
	reference_string(&ref, &name);
	strbuf_addc(&name, '\n');
	return command_print(&name, err);
}

const struct command cmd_push = {
	.spec =
		{
			.usage = "[OPTIONS] NAME[:TAG]",
			.summary = "Upload an image to a registry",
			ARG_OPTIONS(push_rows),
			.min_args = 1,
			.max_args = 1,
		},
	.options_size = sizeof(struct repository_flags),
	.run = run_push,
};
