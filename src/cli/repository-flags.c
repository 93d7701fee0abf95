/* SPDX-License-Identifier: Apache-2.0 */
/* What pull and push make of a name. */
#include "cli/repository-flags.h"

#include <stdio.h>

int repository_flags_apply(struct cli *cli, const struct repository_flags *flags, const char *name,
			   struct reference *ref, struct error *err)
{
	int r = image_name_read(cli, name, ref, err);

	if (r < 0)
		return r;
	if (flags->all_tags && (ref->tag || ref->digest))
		return error_set(err, ERR_INVALID, 0, "tag can't be used with --all-tags/-a");
	if (flags->all_tags || ref->tag || ref->digest)
		return 0;
	reference_set_default_tag(ref);
	if (!flags->quiet)
		printf("Using default tag: %s\n", ref->tag);
	return 0;
}
