/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a layer is called when it is compressed: the digests of blobs that were unpacked to it or
 * made of it, and repositories where they were seen, so that a push need not send them again. Only
 * what was proven is written here: who claims a blob for a diff-id may be lying.
 */
#pragma once

#include "store/db.h"

struct layer_blob {
	char *digest;
	int64_t size;
	char *media_type;
	char *repository; /* "docker.io/library/nginx" */
};

void layer_blobs_free(struct layer_blob *blobs, size_t n);

/* All of a layer, those of one digest together, last written first; at most LAYER_BLOBS_MAX. */
enum { LAYER_BLOBS_MAX = 32 };
must_check int layer_blobs_list(struct store *store, const char *diff_id, struct layer_blob **ret,
				size_t *ret_n, struct error *err);
/* The layer must be there; it goes with the layer. */
must_check int layer_blob_put(struct store *store, const char *diff_id,
			      const struct layer_blob *blob, struct error *err);
/* 1: this digest is known for the layer. */
must_check int layer_blob_is_known(struct store *store, const char *diff_id, const char *digest,
				   struct error *err);
