/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compressed blob that a layer came in as, kept beside it when the engine is told to
 * (keep-compressed): <data root>/layers/<hex of the diff-id>/blob-<hex of its own digest>. It goes
 * wherever the layer goes: counted with it, deleted with it, swept with it. Nothing but a push and
 * a save reads it, and both do without.
 */
#pragma once

#include "layer/layer.h"

/* The file <temp>/<name>.blob, new; owned by the caller. */
must_check int layer_kept_begin(const struct layer_temp *temp, const char *name, int *ret_fd,
				struct error *err);
/* It is whole and proven to be digest: into the layer's directory @dirfd, for layer_commit. */
must_check int layer_kept_finish(const struct layer_temp *temp, const char *name, int dirfd,
				 const char *digest, struct error *err);
/* The blob of a stored layer, to be read. -ENOENT, with err unset: it is not kept, or has another
 * size (-1: whatever it has). */
must_check int layer_kept_open(struct store *store, const char *diff_id, const char *digest,
			       int64_t size, int *ret_fd, struct error *err);
/* The digests that are kept of a layer; owned, NULL none. */
must_check int layer_kept_list(struct store *store, const char *diff_id, char ***ret,
			       struct error *err);
/* What it took on the disk is added to *ret_freed (NULL: nobody asks). */
must_check int layer_kept_remove(struct store *store, const char *diff_id, const char *digest,
				 int64_t *ret_freed, struct error *err);
/* All of a stored layer into the directory @dirfd of the same layer in the making, too. */
must_check int layer_kept_link(struct store *store, const char *diff_id, int dirfd,
			       struct error *err);
