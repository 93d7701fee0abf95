/* SPDX-License-Identifier: Apache-2.0 */
/* Inside image/: the X-Registry-Auth header, and which registries may be spoken to in the clear. */
#pragma once

#include "base/json.h"

struct auth_config {
	char *username, *password, *auth, *server_address, *identity_token, *registry_token;
};

void auth_config_release(struct auth_config *auth);
/* Base64 (either alphabet) of a JSON object; NULL and "" are no credentials. */
must_check int auth_config_decode(const char *header, struct auth_config *ret, struct error *err);

/* Loopback always; "host", "host:port" or, for numeric hosts, "10.0.0.0/8" in list. */
bool registry_is_insecure(const char *host, char *const *list);
