/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Contexts: engines by name, in docker's own files, so that docker and hoy have the same ones.
 *
 *	contexts/meta/<sha256 of the name>/meta.json	{"Name", "Metadata", "Endpoints"}
 *	contexts/tls/<sha256 of the name>/docker/	ca.pem cert.pem key.pem
 *
 * below $DOCKER_CONFIG. "default" is no file: it is what the environment says.
 */
#pragma once

#include "cli/config-file.h"

#define CONTEXT_DEFAULT "default"
#define CONTEXT_DEFAULT_DESCRIPTION "Current DOCKER_HOST based configuration"

struct context_tls { /* a file; owned */
	char *name, *data;
	size_t len;
};

struct context {
	char *name;
	/* as they are in meta.json: what others wrote there stays */
	struct raw_object metadata, endpoints;
	struct context_tls *tls;
	size_t n_tls;
};

void context_release(struct context *context);

/* The rule for names; ERR_INVALID. */
must_check int context_name_check(const char *name, struct error *err);
/* The directory of its meta.json, or of its TLS files. Owned. */
char *context_dir(const char *kind, const char *name);
/* tls: its files too. ERR_NOT_FOUND. CONTEXT_DEFAULT is made up. */
must_check int context_read(const char *name, bool tls, struct context *ret, struct error *err);
/* A new one, or in place of the old one. */
must_check int context_write(const struct context *context, struct error *err);
must_check int context_remove(const char *name, struct error *err);
bool context_exists(const char *name);
/* Of all but the default one, sorted; owned. */
must_check int context_names(char ***ret, struct error *err);

/* meta.json's text, made and read. The read one's name is what the text says. */
void context_meta(const struct context *context, struct strbuf *out);
/* Its members, without the braces. */
void context_meta_members(const struct context *context, struct strbuf *out);
must_check int context_meta_read(const char *text, size_t len, struct context *ret,
				 struct error *err);
/* Said on both outputs when a command has done its work: what "NAME", and the name alone. */
must_check int context_say(const char *name, const char *what, struct error *err);

char *context_description(const struct context *context); /* owned; "" none */
char *context_host(const struct context *context);	  /* owned; "" none */
bool context_skips_verify(const struct context *context);
void context_set_endpoint(struct context *context, const char *host, bool skip_verify);
void context_add_tls(struct context *context, const char *name, const char *data, size_t len);
void context_drop_tls(struct context *context);

/* Which one counts: what -c said (NULL nothing), HOY_HOST or DOCKER_HOST (then the default one),
 * HOY_CONTEXT, DOCKER_CONTEXT, config.json. Owned. */
must_check int context_current(const char *asked, char **ret, struct error *err);
/* The variable that says which engine, whatever context is chosen; NULL none. */
const char *context_overridden(void);
