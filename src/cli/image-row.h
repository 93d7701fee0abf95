/* SPDX-License-Identifier: Apache-2.0 */
/* An image as a row of `images` and of `system df -v`. */
#pragma once

#include "cli/listing.h"
#include "wire/image.h"

enum { N_IMAGE_COLUMNS = 11 };
extern const struct listing_column image_columns[N_IMAGE_COLUMNS];
#define IMAGE_COLUMNS .columns = image_columns, .n_columns = N_IMAGE_COLUMNS

struct image_name {
	const char *repo, *tag, *digest;
};

/* Owned. whole: the id is not cut. human: how shared and own sizes are written. */
char *image_row(const struct image_summary *image, const struct image_name *name, bool whole,
		void (*human)(double bytes, struct strbuf *out));
