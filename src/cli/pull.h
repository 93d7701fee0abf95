/* SPDX-License-Identifier: Apache-2.0 */
/* Pulling an image through the engine, with progress: the command pull, and run and create when the
 * image is missing. */
#pragma once

#include "cli/command.h"

struct pull_options {
	const char *image;    /* as typed */
	const char *platform; /* NULL or "" none */
	bool all_tags, quiet;
	int out_fd; /* where progress goes */
};

must_check int image_pull_run(struct cli *cli, const struct pull_options *opts, struct error *err);
