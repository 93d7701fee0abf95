/* SPDX-License-Identifier: Apache-2.0 */
/* Layer records: diff-id and size. An image refers to its layers by position; a layer no image
 * and no container needs is unused. */
#pragma once

#include "store/db.h"

/* 1 found, 0 not. *ret_size may be NULL. */
must_check int layer_record_get(struct store *store, const char *diff_id, int64_t *ret_size,
				struct error *err);
must_check int layer_record_put(struct store *store, const char *diff_id, int64_t size,
				struct error *err);
must_check int layer_record_delete(struct store *store, const char *diff_id, struct error *err);
/* Diff-ids that neither an image nor a container refers to and nobody holds (store/holds.h); owned
 * vector. */
must_check int layer_record_unused(struct store *store, char ***ret, struct error *err);
/* All diff-ids, sorted; owned vector, NULL none. */
must_check int layer_record_list(struct store *store, char ***ret, struct error *err);
/* Bytes of an image's layers that other images use too. */
must_check int layer_shared_size(struct store *store, const char *image_id, int64_t *ret,
				 struct error *err);
/* Bytes of all layers (system df). */
must_check int layer_total_size(struct store *store, int64_t *ret, struct error *err);
