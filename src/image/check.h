/* SPDX-License-Identifier: Apache-2.0 */
/* Inside image/: system check and its repairs. */
#pragma once

#include "image/image.h"

struct check {
	struct image_context *ctx;
	struct system_check *report;
	bool repair;
	char **bad_layers; /* diff-ids */
	char **bad_images; /* ids: what stands in their record is not what they are called by */
};

/* Pull what is damaged again, by digest; problems that it solves are marked. */
must_check int check_repair(struct check *check, struct error *err);
/* -> problem is solved, or text why not. */
void check_solved(struct check *check, const char *name);
void check_unsolved(struct check *check, const char *name, const char *why);
