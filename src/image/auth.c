/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials for a registry, as clients send them. */
#include "image/auth.h"

#include <errno.h>
#include <string.h>

#include "base/base64.h"

enum { AUTH_HEADER_MAX = 32 * 1024 };

static const struct json_field auth_config_fields[] = {
	FIELD_STR(struct auth_config, username, "username"),
	FIELD_STR(struct auth_config, password, "password"),
	FIELD_STR(struct auth_config, auth, "auth"),
	FIELD_STR(struct auth_config, server_address, "serveraddress"),
	FIELD_STR(struct auth_config, identity_token, "identitytoken"),
	FIELD_STR(struct auth_config, registry_token, "registrytoken"),
};
static const struct json_shape auth_config_shape =
	JSON_SHAPE(struct auth_config, auth_config_fields, JSON_SHAPE_ANYCASE);

void auth_config_release(struct auth_config *auth)
{
	if (auth)
		json_release(&auth_config_shape, auth);
}

/* "auth" is base64 of user:password, for clients that send nothing else. */
static int split_auth(struct auth_config *auth, struct error *err)
{
	cleanup_free char *pair = NULL;
	char *colon;
	size_t len;

	if (!auth->auth || !*auth->auth || (auth->username && *auth->username))
		return 0;
	pair = base64_decode(auth->auth, &len);
	colon = pair ? strchr(pair, ':') : NULL;
	if (!colon)
		return error_set(err, ERR_INVALID, EINVAL, "malformed registry credentials");
	*colon = '\0';
	free(auth->username);
	free(auth->password);
	auth->username = xstrdup(pair);
	auth->password = xstrdup(colon + 1);
	return 0;
}

int auth_config_decode(const char *header, struct auth_config *ret, struct error *err)
{
	cleanup(auth_config_release) struct auth_config auth = { 0 };
	cleanup_free char *text = NULL;
	size_t len;
	int r;

	*ret = (struct auth_config){ 0 };
	if (!header || !*header)
		return 0;
	if (strlen(header) > AUTH_HEADER_MAX)
		return error_set(err, ERR_INVALID, E2BIG, "X-Registry-Auth is too long");
	text = base64_decode(header, &len);
	if (!text)
		return error_set(err, ERR_INVALID, EINVAL, "invalid X-Registry-Auth header");
	r = json_decode(&auth_config_shape, text, len, &auth, err);
	if (r < 0)
		return error_prefix(err, "invalid X-Registry-Auth header");
	r = split_auth(&auth, err);
	if (r < 0)
		return r;
	*ret = auth;
	auth = (struct auth_config){ 0 };
	return 0;
}
