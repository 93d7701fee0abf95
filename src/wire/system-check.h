/* SPDX-License-Identifier: Apache-2.0 */
/* The body of POST /system/check, which is hoy's own: what is wrong with the images. */
#pragma once

#include "wire/shape.h"

struct system_problem {
	char *kind; /* "image", "layer", "blob", "stray" */
	char *name; /* id, diff-id, path below the data root */
	char *text;
	bool repaired;
};

struct system_check {
	int64_t images, layers;
	int64_t bytes; /* of the layers' archives: what was read */
	struct system_problem *problems;
	size_t n_problems;
};
WIRE_SHAPE(system_check)
