/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP exchange with a registry, over libcurl. Runs in hoy-fetch, sandboxed: everything that
 * comes in is bounded here. A connection is kept and used again within a session.
 */
#pragma once

#include "base/error.h"
#include "base/strbuf.h"

enum {
	REGISTRY_HEADER_MAX = 16 * 1024,
	REGISTRY_REDIRECTS_MAX = 10,
};

/* Takes a piece of a body that is streamed; < 0 ends the transfer with that -errno. */
typedef int (*registry_sink)(void *arg, const void *data, size_t len);

struct registry_get {
	const char *url;
	const char *accept;	   /* NULL any */
	const char *authorization; /* header value, NULL or "" none */
	const char *form;	   /* POST this form instead of GET */
	uint64_t offset;	   /* > 0: ask for the rest from here */
	size_t max;		   /* of the body kept in memory */
	registry_sink sink;	   /* takes the body of 200 and 206 answers; NULL: keep it */
	void *sink_arg;
};

struct registry_answer {
	long status;
	char *content_type; /* owned, as the rest; NULL none */
	char *challenge;    /* WWW-Authenticate */
	struct strbuf body;
};

#define REGISTRY_ANSWER_INIT                                                                       \
	{                                                                                          \
		0, NULL, NULL, STRBUF_INIT                                                         \
	}

void registry_answer_release(struct registry_answer *answer);

struct registry_http; /* one session */

/* stall_seconds: no byte for so long is a failure. host: names the directory of certificates
 * (/etc/hoy/certs.d/HOST, /etc/docker/certs.d/HOST: ca.crt, client.cert, client.key).
 * verify: check the server's certificate. watch_fd: give up when its other end is closed. */
must_check int registry_http_new(const char *host, bool verify, int64_t stall_seconds, int watch_fd,
				 struct registry_http **ret, struct error *err);
void registry_http_free(struct registry_http *http);
void registry_http_release(struct registry_http **http); /* for cleanup() */

/*
 * Any answer is success, whatever its status. On failure err says what a person needs, and the
 * result tells:
 *	-ECONNRESET	cut on the way: worth another try
 *	-ETIMEDOUT	silent for too long: likewise
 *	-EPROTO		not the protocol that was spoken (HTTP against TLS)
 *	-ECANCELED	the sink ended it, or the watcher is gone
 *	others		will not get better by itself
 */
must_check int registry_http_get(struct registry_http *http, const struct registry_get *get,
				 struct registry_answer *ret, struct error *err);

/* Wait before the next try (attempt 0, 1, 2 …: 0.2 s, doubled each time), or until the watcher goes
 * (-ECANCELED). */
must_check int registry_http_backoff(struct registry_http *http, unsigned int attempt);

/* "500 Internal Server Error" */
void registry_status_text(long status, struct strbuf *out);
