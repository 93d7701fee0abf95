/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of images: [domain/]path[:tag][@digest], with Docker's defaults ("nginx" is
 * docker.io/library/nginx). Normal form: "docker.io/library/nginx:latest" (what the store keys
 * on). Familiar form: "nginx:latest" (what people see). Where another registry is the default
 * (reference_set_default_registry), "nginx" is one of its images, and familiar names are normal
 * forms, so that nobody has to guess.
 */
#pragma once

#include "base/error.h"
#include "base/strbuf.h"

struct reference {
	char *domain; /* "docker.io", "localhost:5000"; owned, as all of them */
	char *path;   /* "library/nginx"                                      */
	char *tag;    /* NULL when none was given                             */
	char *digest; /* "sha256:…", NULL when none was given; valid          */
	bool implied; /* no domain was given                                  */
};

#define REFERENCE_INIT                                                                             \
	{                                                                                          \
		NULL                                                                               \
	}

enum { REFERENCE_NAME_MAX = 255, REFERENCE_TAG_MAX = 128 };

void reference_release(struct reference *ref);

/* ERR_INVALID: "invalid reference format", "invalid reference format: repository name (X) must be
 * lowercase", "invalid repository name (X), cannot specify 64-byte hexadecimal strings". No
 * default tag is added. */
must_check int reference_parse(const char *str, struct reference *ret, struct error *err);
/* The same for names as Docker writes them into archives: without a domain they are docker.io's,
 * whatever the default. */
must_check int reference_parse_docker(const char *str, struct reference *ret, struct error *err);
/* What a name without a domain means in this process from now on: "HOST[:PORT][/PREFIX]", valid as
 * a name; NULL, "": docker.io, as at first. */
void reference_set_default_registry(const char *registry);
const char *reference_default_registry(void); /* NULL: docker.io */
/* Add tag "latest" when there is neither a tag nor a digest. */
void reference_set_default_tag(struct reference *ref);
bool reference_tag_is_valid(const char *tag);
/* "host", "host:5000", "[::1]:5000" */
bool reference_domain_is_valid(const char *domain);

/* Append to out: "docker.io/library/nginx", "nginx", and with the tag and digest that are set. */
void reference_name(const struct reference *ref, struct strbuf *out);
void reference_familiar_name(const struct reference *ref, struct strbuf *out);
void reference_string(const struct reference *ref, struct strbuf *out);
void reference_familiar(const struct reference *ref, struct strbuf *out);
/* Where the domain's registry is served: "registry-1.docker.io" for docker.io, else the domain
 * itself. */
const char *reference_registry_host(const struct reference *ref);
