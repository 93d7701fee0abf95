/* SPDX-License-Identifier: Apache-2.0 */
/* The bodies of /auth, /distribution and /images/search. */
#pragma once

#include "wire/image.h"

struct auth_request { /* AuthConfig */
	char *username, *password, *auth, *email, *server_address, *identity_token, *registry_token;
};
WIRE_SHAPE(auth_request)

struct auth_reply {
	char *identity_token, *status;
};
WIRE_SHAPE(auth_reply)

struct distribution_inspect {
	struct image_descriptor *descriptor;
	struct image_platform *platforms;
	size_t n_platforms;
};
WIRE_SHAPE(distribution_inspect)
