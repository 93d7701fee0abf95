/* SPDX-License-Identifier: Apache-2.0 */
/* hoy manifest create, annotate, rm: lists in the making. */
#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "cli/command.h"
#include "cli/manifest-list.h"

struct create_flags {
	bool amend, insecure;
};

static const struct arg_option create_rows[] = {
	ARG_BOOL(struct create_flags, amend, "amend", 'a', "Amend an existing manifest list"),
	ARG_BOOL(struct create_flags, insecure, "insecure", 0,
		 "Allow communication with an insecure registry"),
};

/* What the list has already stays as it is, annotations and all; what it has not, the registry
 * tells. */
static int add_member(const struct manifest_members *old, const char *name, bool insecure,
		      struct manifest_members *members, struct error *err)
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	cleanup(registry_talk_release) struct registry_talk talk = { 0 };
	cleanup(registry_reply_release) struct registry_reply reply = REGISTRY_REPLY_INIT;
	const struct manifest_member *known;
	int r = manifest_ref_parse(name, &ref, err);

	if (r < 0)
		return r;
	known = manifest_members_find(old, &ref);
	if (known && known->raw) {
		json_copy(&manifest_member_shape, known, manifest_members_add(members));
		return 0;
	}
	r = registry_talk_open(&ref, insecure, &talk, err);
	if (r >= 0)
		r = manifest_ask(&talk, &ref, &reply, err);
	if (r >= 0)
		r = manifest_member_fill(&ref, &reply, manifest_members_add(members), err);
	return r;
}

static int run_create(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct create_flags *flags = options;
	cleanup(manifest_members_release) struct manifest_members old = { 0 }, members = { 0 };
	cleanup(reference_release) struct reference list = REFERENCE_INIT;
	cleanup(strbuf_release) struct strbuf line = STRBUF_INIT;
	int r = manifest_ref_parse(argv[0], &list, err);

	if (r < 0)
		return error_prefix(err, "error parsing name for manifest list %s", argv[0]);
	r = manifest_list_read(&list, false, &old, err);
	if (r > 0 && !flags->amend)
		return error_set(err, ERR_CONFLICT, 0,
				 "refusing to amend an existing manifest list with no --amend "
				 "flag");
	for (int i = 1; r >= 0 && i < argc; i++)
		r = add_member(&old, argv[i], flags->insecure, &members, err);
	if (r >= 0)
		r = manifest_list_save(&list, &members, err);
	if (r < 0)
		return r;
	strbuf_adds(&line, "Created manifest list ");
	reference_string(&list, &line);
	strbuf_addc(&line, '\n');
	return command_print(&line, err);
}

const struct command cmd_manifest_create = {
	.spec =
		{
			.usage = "MANIFEST_LIST MANIFEST [MANIFEST...]",
			.summary = "Create a local manifest list for annotating and pushing to a "
				   "registry",
			ARG_OPTIONS(create_rows),
			.min_args = 2,
			.max_args = -1,
		},
	.options_size = sizeof(struct create_flags),
	.run = run_create,
};

struct annotate_flags {
	char *arch, *os, **os_features, *os_version, *variant;
};

static const struct arg_option annotate_rows[] = {
	ARG_STR(struct annotate_flags, arch, "arch", 0, "string", "Set architecture"),
	ARG_STR(struct annotate_flags, os, "os", 0, "string", "Set operating system"),
	ARG_LIST(struct annotate_flags, os_features, "os-features", 0, "strings",
		 "Set operating system feature"),
	ARG_STR(struct annotate_flags, os_version, "os-version", 0, "string",
		"Set operating system version"),
	ARG_STR(struct annotate_flags, variant, "variant", 0, "string", "Set architecture variant"),
};

/* Operating systems, each with the architectures that programs are made for. */
static const char *const known_platforms[][2] = {
	{ "darwin", "386 amd64 arm arm64" },
	{ "dragonfly", "amd64" },
	{ "freebsd", "386 amd64 arm arm64" },
	{ "linux", "386 amd64 arm arm64 loong64 mips64 mips64le ppc64le riscv64 s390x" },
	{ "netbsd", "386 amd64 arm" },
	{ "openbsd", "386 amd64 arm" },
	{ "plan9", "386 amd64" },
	{ "solaris", "amd64" },
	{ "windows", "386 amd64 arm64" },
};

static bool platform_is_known(const struct image_platform *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(known_platforms); i++) {
		cleanup(strv_release) char **architectures = strv_split(known_platforms[i][1], ' ');

		if (p->os && p->architecture && strcmp(p->os, known_platforms[i][0]) == 0)
			return strv_contains(architectures, p->architecture);
	}
	return false;
}

static void replace(char **text, const char *with)
{
	if (!with || !*with)
		return;
	free(*text);
	*text = xstrdup(with);
}

/* "a,b" is two of them, as docker has its lists. */
static void add_features(char ***features, char *const *more)
{
	for (; more && *more; more++) {
		cleanup(strv_release) char **words = strv_split(*more, ',');

		for (char **word = words; *word; word++) {
			if (!strv_contains(*features, *word))
				strv_push(features, *word);
		}
	}
}

static int annotate(struct image_descriptor *descriptor, const struct annotate_flags *flags,
		    struct error *err)
{
	struct image_platform *p = descriptor->platform;

	if (!p)
		p = descriptor->platform = xcalloc(1, sizeof(*p));
	replace(&p->os, flags->os);
	replace(&p->architecture, flags->arch);
	replace(&p->os_version, flags->os_version);
	replace(&p->variant, flags->variant);
	add_features(&p->os_features, flags->os_features);
	if (platform_is_known(p))
		return 0;
	return error_set(err, ERR_INVALID, 0,
			 "manifest entry for image has unsupported os/arch combination: %s/%s",
			 p->os ? p->os : "", p->architecture ? p->architecture : "");
}

static int run_annotate(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct annotate_flags *flags = options;
	cleanup(manifest_members_release) struct manifest_members members = { 0 };
	cleanup(reference_release) struct reference list = REFERENCE_INIT, ref = REFERENCE_INIT;
	struct manifest_members one = { NULL, 1 };
	int r = manifest_ref_parse(argv[0], &list, err);

	if (r < 0)
		return error_prefix(err, "annotate: error parsing name for manifest list %s",
				    argv[0]);
	r = manifest_ref_parse(argv[1], &ref, err);
	if (r < 0)
		return error_prefix(err, "annotate: error parsing name for manifest %s", argv[1]);
	r = manifest_list_read(&list, false, &members, err);
	if (r < 0)
		return r;
	one.items = manifest_members_find(&members, &ref);
	if (!one.items)
		return error_set(err, ERR_NOT_FOUND, 0,
				 "manifest for image %s does not exist in %s", argv[1], argv[0]);
	r = annotate(&one.items->descriptor, flags, err);
	return r < 0 ? r : manifest_list_save(&list, &one, err);
}

const struct command cmd_manifest_annotate = {
	.spec =
		{
			.usage = "[OPTIONS] MANIFEST_LIST MANIFEST",
			.summary = "Add additional information to a local image manifest",
			ARG_OPTIONS(annotate_rows),
			.min_args = 2,
			.max_args = 2,
		},
	.options_size = sizeof(struct annotate_flags),
	.run = run_annotate,
};

static int remove_one(const char *name, struct error *err)
{
	cleanup(reference_release) struct reference list = REFERENCE_INIT;
	int r = manifest_ref_parse(name, &list, err);

	return r < 0 ? r : manifest_list_remove(&list, err);
}

static int run_rm(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	int code = 0;

	for (; *argv; argv++) {
		cleanup(error_release) struct error one = ERROR_INIT;

		if (remove_one(*argv, &one) >= 0)
			continue;
		(void)fprintf(stderr, "%s\n", error_text(&one));
		code = 1;
	}
	return code;
}

const struct command cmd_manifest_rm = {
	.spec =
		{
			.usage = "MANIFEST_LIST [MANIFEST_LIST...]",
			.summary = "Delete one or more manifest lists from local storage",
			.min_args = 1,
			.max_args = -1,
		},
	.run = run_rm,
};
