/* SPDX-License-Identifier: Apache-2.0 */
/* Percent-encoding, query strings, and engine addresses (unix://, tcp://, fd://). -errno idiom. */
#pragma once

#include "base/strbuf.h"

/* Decode %XX (and '+' as a blank in queries). -EINVAL: a broken escape or a NUL byte. Owned. */
must_check int url_decode(const char *str, size_t len, bool plus, char **ret);
/* a query value or path segment: all but unreserved */
void url_encode(struct strbuf *out, const char *str);
void url_encode_path(struct strbuf *out, const char *str); /* keeps '/' and ':' */

struct url_param {
	char *name, *value;
};

struct url_query {
	struct url_param *items;
	size_t n;
};

enum { URL_PARAMS_MAX = 1024 };

/* without '?'; NULL is empty */
must_check int url_query_parse(const char *query, struct url_query *ret);
/* first value; NULL when absent */
const char *url_query_get(const struct url_query *query, const char *name);
void url_query_release(struct url_query *query);

/* Append "name=value" to a target, with '?' or '&' as it needs. NULL value appends nothing. */
void url_add(struct strbuf *target, const char *name, const char *value);
void url_addf(struct strbuf *target, const char *name, const char *fmt, ...) format_printf(3, 4);

enum host_scheme { HOST_UNIX, HOST_TCP, HOST_FD, HOST_SSH };

struct host_url {
	enum host_scheme scheme;
	/* unix: of the socket; fd: name or number, "" any; ssh: path behind the host */
	char *path;
	char *host; /* tcp, ssh: name or address, no brackets; ssh keeps "user@" */
	char *port; /* tcp: "2375" when none was given; ssh: NULL when none */
};

/* -h/--host and DOCKER_HOST: "unix:///run/x.sock", "tcp://h:2375", "fd://", "ssh://u@h",
 * "/run/x.sock", "h:2375". */
must_check int host_url_parse(const char *str, struct host_url *ret);
void host_url_release(struct host_url *url);
