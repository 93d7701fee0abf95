/* SPDX-License-Identifier: Apache-2.0 */
/* Inside image/: the one step in which an image and its new layers become visible. */
#pragma once

#include "image/image.h"
#include "layer/layer.h"
#include "oci/manifest.h"

struct put_layer { /* unpacked and proven, in the temp */
	char *temp_name, *diff_id;
	int64_t size;
};

struct put {
	const struct layer_temp *temp;
	const struct put_layer *layers;
	size_t n_layers; /* the new ones only */
	const struct image_config *config;
	const struct strbuf *config_text; /* exact */
	const struct strbuf *manifest;	  /* exact; NULL none */
	const char *manifest_type;
	const struct manifest *blobs;  /* manifest, decoded: which blobs the layers come out of */
	const char *repository;	       /* … and where */
	const char *id;		       /* digest of config_text */
	const char *tag, *repo_digest; /* normal forms; NULL none */
	char *const *more_tags;	       /* likewise */
	char *const *more_digests;     /* likewise */
	const char *action;	       /* the event: "pull", "import"; NULL none */
};

void put_layer_release(struct put_layer *layer);
/* The tar of tar_fd (plain or compressed) as <temp>/<name>, complete and proven. */
must_check int put_layer_unpack(struct image_context *ctx, const struct layer_temp *temp,
				const char *name, int tar_fd, struct put_layer *ret,
				struct error *err);
/* *ret_changed: tag pointed elsewhere before. -ESTALE with err unset: a layer that was here when it
 * was looked for has been deleted since. */
must_check int put_image(struct image_context *ctx, const struct put *put, bool *ret_changed,
			 struct error *err);
