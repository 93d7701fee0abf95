/* SPDX-License-Identifier: Apache-2.0 */
/* The options that pull and push share, and the repository or image that they name. */
#pragma once

#include "base/args.h"
#include "cli/image-name.h"

struct repository_flags {
	bool all_tags, quiet, disable_content_trust;
	char *platform;
};

/* Rows of an arg_option table for a struct repository_flags. */
#define REPOSITORY_FLAG_ROWS(all_tags_text, platform_text)                                         \
	ARG_BOOL(struct repository_flags, all_tags, "all-tags", 'a', all_tags_text),               \
		ARG_BOOL(struct repository_flags, disable_content_trust, "disable-content-trust",  \
			 0, "Accepted, without effect", .def = "true"),                            \
		ARG_STR(struct repository_flags, platform, "platform", 0, "string",                \
			platform_text),                                                            \
		ARG_BOOL(struct repository_flags, quiet, "quiet", 'q', "Suppress verbose output")

/* Parse @name. Where one tag is meant and none given it is the default; told unless quiet. */
must_check int repository_flags_apply(struct cli *cli, const struct repository_flags *flags,
				      const char *name, struct reference *ref, struct error *err);
