/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials for a registry out of the client's config.json, for the X-Registry-Auth header. */
#pragma once

#include "base/error.h"

/* *ret is owned: base64 of the credentials as JSON; NULL when there are none for the domain. */
must_check int registry_auth_header(const char *domain, char **ret, struct error *err);
