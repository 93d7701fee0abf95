/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container's root seen without mounting it: the files that overlayfs would show, looked up
 * through
 * its layer directories (whiteouts, opaque directories and symlinks as overlayfs and the kernel
 * treat
 * them). For the two small files that a start must read; every directory is opened by fd, no path
 * is
 * resolved by the kernel across more than one component, so no symlink leads out of the root.
 */
#pragma once

#include "engine/engine.h"

struct rootview;

/* @dirs: a container's own directory and its layers (layer.h), uppermost first. -errno */
must_check int rootview_open(char *const *dirs, struct rootview **ret);
/* Layers of some drivers are mounted for it, and unmounting takes as long as mounting did: that is
 * left to engine_tidy. */
void rootview_free(struct rootview *view, struct engine *e);

/* Read the regular file @path ("etc/passwd"), at most @max bytes. -ENOENT when the root has no such
 * file, -ELOOP, -EFBIG, -EINVAL when it is not regular. *ret_data is NUL-terminated and owned by
 * the caller. */
must_check int rootview_read(const struct rootview *view, const char *path, size_t max,
			     char **ret_data);
