/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials for registries, as docker keeps them: in config.json ($DOCKER_CONFIG, else
 * ~/.docker), or in a program docker-credential-NAME that "credHelpers" names for one registry or
 * "credsStore" for all. What else is in the file stays as it is.
 */
#pragma once

#include "base/error.h"

#define CREDENTIALS_INDEX "https://index.docker.io/v1/" /* what docker.io is called there */

struct credentials {
	char *username, *password, *identity_token; /* owned; NULL none */
};

void credentials_release(struct credentials *credentials);

/* The key for a registry: "docker.io" -> CREDENTIALS_INDEX, "https://host:5000/v2/" -> "host:5000";
 * owned. */
char *credentials_key(const char *server);

/* 1 found, 0 there are none. */
must_check int credentials_get(const char *key, struct credentials *ret, struct error *err);
/* *ret_plain: the file that has them in the clear now, owned; NULL: a program has them. */
must_check int credentials_store(const char *key, const struct credentials *credentials,
				 char **ret_plain, struct error *err);
/* 1 there were some, 0 none. */
must_check int credentials_erase(const char *key, struct error *err);

/* For the X-Registry-Auth header: base64 of the credentials as JSON, owned; NULL: none are kept for
 * the domain. A helper that fails is told on stderr, and is no failure. */
must_check int credentials_header(const char *domain, char **ret, struct error *err);
