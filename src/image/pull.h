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
	struct fetch_request request; /* of the resolve; owned by json_release */
	struct fetch_request own; /* to the registry behind the mirror that answered; else zero */
	bool searched;		  /* found at one of search-registries */
	struct transfer_child resolve; /* its results */
	struct manifest manifest;
	struct image_config config;
	struct layer_temp temp;
	struct transfer_crew fetch, unpack; /* who does it all; unpack: when it is needed */
	struct transfer_crew fetch_own;	    /* at the registry behind; when it is needed */
	char *const *again;		    /* diff-ids that are fetched although they are here */
	char **held;	     /* diff-ids of the layers that it brought, until there is an image */
	unsigned int rounds; /* names in temp stay unique when layers are fetched again */
};

/* Fetch every layer of pull->manifest that is not here, in parallel, each to its place. */
must_check int pull_layers(struct pull *pull, struct error *err);
/* What comes in is at least bytes, as the manifest says: better known before than when the disk is
 * full. -ENOSPC. */
must_check int pull_check_space(const struct pull *pull, uint64_t bytes, struct error *err);
