/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to a registry that are about no image of ours: is a login good, what does a name stand
 * for, what is there. */
#pragma once

#include "image/image.h"
#include "wire/registry.h"
#include "wire/transfer.h"

/* ERR_UNAUTHORIZED: the registry does not take the credentials. *ret_token: instead of the password
 * from now on; owned, NULL none. */
must_check int image_login(struct image_context *ctx, const struct auth_request *auth,
			   char **ret_token, struct error *err);
/* auth: X-Registry-Auth, NULL none; here and below. */
must_check int image_distribution(struct image_context *ctx, const char *name, const char *auth,
				  struct distribution_inspect *ret, struct error *err);

struct image_search_options {
	const char *term; /* "nginx", "localhost:5000/a" */
	int64_t limit;	  /* 0: 25 */
	const char *filters_json, *auth;
};
must_check int image_search(struct image_context *ctx, const struct image_search_options *opts,
			    struct fetch_found **ret, size_t *ret_n, struct error *err);
