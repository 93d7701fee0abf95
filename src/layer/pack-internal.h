/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the packer share. */
#pragma once

#include "layer/pack.h"
#include "layer/unpack.h"

/* The attributes to keep of what fd (O_PATH) is, sorted by name. -EXDEV: the file's data lie in
 * another layer (trusted.overlay.metacopy). */
must_check int pack_xattrs(int fd, const struct idmaps *maps, struct tar_entry *e);
