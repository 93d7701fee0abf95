/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers on disk and the drivers that keep them. A layer is named by its diff-id ("sha256:<hex>" of the uncompressed
 * tar); images that share it share the directory. Layer drivers are rows in one table (layer_drivers[]): `overlay`
 * unpacks into <data root>/layers/<hex>/diff in what overlayfs understands (whiteouts as 0:0 character devices, opaque
 * directories as trusted.overlay.opaque).
 */
#pragma once

#include "store/db.h"

struct layer_stack {		/* what a container's root is mounted from */
	char **lower;		/* absolute directories, uppermost first   */
};

void layer_stack_release(struct layer_stack *stack);

/* The directories of an image's layers. diff_ids: bottom first, as in the image config's rootfs. */
must_check int layer_stack_open(struct store *store, char *const *diff_ids, struct layer_stack *ret, struct error *err);

/* A container's own read-write directory: <data root>/containers/<id>/{upper,work}. Owner of upper: root uid/gid given
 * (user namespaces). */
must_check int layer_upper_create(struct store *store, const char *container_id, uint32_t uid, uint32_t gid,
				  struct error *err);
void layer_upper_remove(struct store *store, const char *container_id);
