/* SPDX-License-Identifier: Apache-2.0 */
/* What a container takes on disk. */
#pragma once

#include "engine/instance.h"

/* Bytes of its own files, and those together with its image's. */
must_check int disk_container_size(struct engine *e, const struct container *rec, int64_t *ret_rw,
				   int64_t *ret_root_fs, struct error *err);

/* Bytes of the files below a directory; 0 when it cannot be read. */
int64_t disk_tree_size(const char *path);
