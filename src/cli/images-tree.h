/* SPDX-License-Identifier: Apache-2.0 */
/* hoy images --tree. */
#pragma once

#include "cli/command.h"
#include "wire/image.h"

/* The images of a list with what they take on the disk, all names of one below each other. */
must_check int images_tree(struct cli *cli, const struct image_summary *items, size_t n,
			   struct error *err);
