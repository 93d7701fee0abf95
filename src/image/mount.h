/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images mounted on the host, to look inside without a container:
 * <run root>/images/<hex of the id>/root, read-only. There is no record: an image is mounted
 * exactly while the kernel has the mount.
 */
#pragma once

#include "image/image.h"

/* Mounts it unless it is mounted. *ret->mountpoint. */
must_check int image_mount(struct image_context *ctx, const char *ref, struct image_mount *ret,
			   struct error *err);
/* ERR_CONFLICT when somebody uses it; force: it goes when they are done. ERR_INVALID when it is not
 * mounted. *ret_id is owned. */
must_check int image_umount(struct image_context *ctx, const char *ref, bool force, char **ret_id,
			    struct error *err);
must_check int image_mounts(struct image_context *ctx, struct image_mount **ret, size_t *ret_n,
			    struct error *err);
bool image_is_mounted(struct image_context *ctx, const char *id);
/* Nothing is mounted, and nothing will be until *ret_lock (owned) is closed. ERR_CONFLICT: an image
 * is. */
must_check int image_mounts_forbid(struct image_context *ctx, int *ret_lock, struct error *err);
/* All of them, in use or not, and what crashes left: for a reset. */
must_check int image_umount_all(struct image_context *ctx, struct error *err);
