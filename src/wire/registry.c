/* SPDX-License-Identifier: Apache-2.0 */
/* The bodies of /auth, /distribution and /images/search. */
#include "wire/registry.h"

static const struct json_field auth_request_fields[] = {
	FIELD_STR_OMIT(struct auth_request, username, "username"),
	FIELD_STR_OMIT(struct auth_request, password, "password"),
	FIELD_STR_OMIT(struct auth_request, auth, "auth"),
	FIELD_STR_OMIT(struct auth_request, email, "email"),
	FIELD_STR_OMIT(struct auth_request, server_address, "serveraddress"),
	FIELD_STR_OMIT(struct auth_request, identity_token, "identitytoken"),
	FIELD_STR_OMIT(struct auth_request, registry_token, "registrytoken"),
};
const struct json_shape auth_request_shape =
	JSON_SHAPE(struct auth_request, auth_request_fields, JSON_SHAPE_ANYCASE);

static const struct json_field auth_reply_fields[] = {
	FIELD_STR(struct auth_reply, identity_token, "IdentityToken"),
	FIELD_STR(struct auth_reply, status, "Status"),
};
const struct json_shape auth_reply_shape = JSON_SHAPE(struct auth_reply, auth_reply_fields, 0);

static const struct json_field distribution_inspect_fields[] = {
	FIELD_OBJP(struct distribution_inspect, descriptor, "Descriptor", &image_descriptor_shape),
	FIELD_ARRAY(struct distribution_inspect, platforms, n_platforms, "Platforms",
		    &image_platform_shape),
};
const struct json_shape distribution_inspect_shape =
	JSON_SHAPE(struct distribution_inspect, distribution_inspect_fields, 0);
