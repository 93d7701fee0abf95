/* SPDX-License-Identifier: Apache-2.0 */
/* Inside image/: the parts of a push. */
#pragma once

#include "image/auth.h"
#include "image/child.h"
#include "image/say.h"
#include "oci/manifest.h"
#include "oci/reference.h"
#include "store/images.h"
#include "store/layer-blobs.h"

/* A layer of the image, and the blob that stands for it in the registry. */
struct push_layer {
	const char *diff_id;	/* borrowed from the config */
	struct layer_blob blob; /* digest NULL: not there yet; repository: not used */
};

struct push {
	struct image_context *ctx;
	struct say say;
	struct reference ref;
	struct auth_config auth;
	struct fetch_request request; /* what all children share; owned by json_release */
	struct transfer_crew fetch;   /* who does what is done at the registry */
	struct layer_temp temp;	      /* compressed layers, while they are sent */
	/* of one tag */
	struct image_record image;
	struct image_config config;
	struct manifest manifest;  /* that the image came with; no layers: none */
	struct push_layer *layers; /* bottom first, as the config's diff-ids */
	size_t n_layers;
};

/* push-layers.c: every layer into the repository: found, mounted, or made and uploaded. */
must_check int push_layers(struct push *push, struct error *err);
/* push-manifest.c: config and manifest, by tag, and the records of what is there now.
 * *ret_digest: of the manifest; *ret_size its bytes. */
must_check int push_manifest(struct push *push, char **ret_digest, size_t *ret_size,
			     struct error *err);
/* The request of a child: push->request with another action and reference; borrows. */
struct fetch_request push_request(const struct push *push, const char *action,
				  const char *reference);
/* "docker.io/library/nginx"; owned. */
char *push_repository(const struct push *push);
