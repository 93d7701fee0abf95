/* SPDX-License-Identifier: Apache-2.0 */
/* Inside image/: what every question to a registry has in common. */
#pragma once

#include "image/auth.h"
#include "image/pull-endpoint.h"
#include "image/image.h"
#include "oci/reference.h"
#include "wire/transfer.h"

/* Where ref's registry is, how it may be spoken to, and who asks. ret is zero-filled before; owned
 * by json_release. reference: what in the repository is meant; NULL nothing. */
void fetch_request_fill(const struct image_context *ctx, const struct reference *ref,
			const struct auth_config *auth, const char *action, const char *reference,
			struct fetch_request *ret);
/* The same for a place that stands for ref's registry. */
void fetch_request_fill_endpoint(const struct image_context *ctx, const struct reference *ref,
				 const struct pull_endpoint *endpoint,
				 const struct auth_config *auth, struct fetch_request *ret);
/* The same for a registry itself: host as in a reference. */
void fetch_request_fill_host(const struct image_context *ctx, const char *domain,
			     const struct auth_config *auth, const char *action,
			     struct fetch_request *ret);
