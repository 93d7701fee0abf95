/* SPDX-License-Identifier: Apache-2.0 */
/* Inside image/: the parts of a pull. */
#pragma once

#include "image/auth.h"
#include "image/child.h"
#include "image/put.h"
#include "image/say.h"
#include "oci/manifest.h"
#include "oci/reference.h"

struct pull {
	struct image_context *ctx;
	struct say say;
	struct reference ref;
	struct auth_config auth;
	struct fetch_request request;  /* of the resolve; owned by json_release */
	struct transfer_child resolve; /* its results */
	struct manifest manifest;
	struct image_config config;
	struct layer_temp temp;
	struct put_layer *layers; /* unpacked and proven */
	size_t n_layers;
	unsigned int rounds; /* names in temp stay unique when layers are fetched again */
};

/* Fetch and unpack every layer of pull->manifest that is not here, in parallel. */
must_check int pull_layers(struct pull *pull, struct error *err);
