/* SPDX-License-Identifier: Apache-2.0 */
/* hoy push */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "cli/credentials.h"
#include "http/url.h"
#include "oci/platform.h"
#include "oci/reference.h"

struct push_flags {
	bool all_tags, quiet, disable_content_trust;
	char *platform;
};

static const struct arg_option push_rows[] = {
	ARG_BOOL(struct push_flags, all_tags, "all-tags", 'a',
		 "Push all tags of an image to the repository"),
	ARG_BOOL(struct push_flags, disable_content_trust, "disable-content-trust", 0,
		 "Accepted, without effect", .def = "true"),
	ARG_STR(struct push_flags, platform, "platform", 0, "string",
		"Push only when the image is for this platform"),
	ARG_BOOL(struct push_flags, quiet, "quiet", 'q', "Suppress verbose output"),
};

static int push_check(const struct push_flags *flags, const char *name, struct reference *ref,
		      struct error *err)
{
	int r = reference_parse(name, ref, err);

	if (r < 0)
		return r;
	if (flags->all_tags && (ref->tag || ref->digest))
		return error_set(err, ERR_INVALID, 0, "tag can't be used with --all-tags/-a");
	if (ref->digest)
		return error_set(err, ERR_INVALID, 0, "cannot push a digest reference");
	if (!flags->all_tags && !ref->tag) {
		reference_set_default_tag(ref);
		if (!flags->quiet)
			printf("Using default tag: %s\n", ref->tag);
	}
	return 0;
}

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

static int stream_push(struct cli *cli, const struct push_flags *flags, const char *target,
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
	const struct push_flags *flags = options;
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT, name = STRBUF_INIT;
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	int r = push_check(flags, argv[0], &ref, err);

	if (r < 0)
		return r;
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
	.options_size = sizeof(struct push_flags),
	.run = run_push,
};
