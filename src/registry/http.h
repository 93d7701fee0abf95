/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP exchange with a registry, over libcurl. Runs in hoy-fetch, sandboxed: everything that
 * comes in is bounded here. A connection is kept and used again within a session.
 */
#pragma once

#include "base/error.h"
#include "base/strbuf.h"
#include "registry/certificates.h"

enum {
	REGISTRY_HEADER_MAX = 16 * 1024,   /* one line */
	REGISTRY_HEADERS_MAX = 256 * 1024, /* all of a chain of redirects */
	REGISTRY_REDIRECTS_MAX = 10,
};

/* Takes a piece of a body that is streamed; < 0 ends the transfer with that -errno. */
typedef int (*registry_sink)(void *arg, const void *data, size_t len);

struct registry_call {
	const char *method; /* NULL: GET, or POST when there is a form */
	const char *url;
	const char *accept;	   /* NULL any */
	const char *authorization; /* header value, NULL or "" none */
	const char *form;	   /* POST this form instead of GET */
	uint64_t offset;	   /* > 0: ask for the rest from here */
	size_t max;		   /* of the body kept in memory */
	/* The body of a POST, PUT or PATCH: body_len bytes of the file body_fd from body_offset. */
	int body_fd;
	uint64_t body_offset, body_len;
	const char *content_type, *content_range; /* NULL none */
	void (*sent)(void *arg, uint64_t n);	  /* so many bytes of it are on their way */
	void *sent_arg;
	bool patient;	    /* the server has work to do before it answers */
	registry_sink sink; /* takes the body of 200 and 206 answers; NULL: keep it */
	void *sink_arg;
};

struct registry_answer {
	long status;
	char *content_type; /* owned, as the rest; NULL none */
	char *challenge;    /* WWW-Authenticate */
	char *location, *range, *link;
	char *digest;	     /* Docker-Content-Digest */
	int64_t length;	     /* Content-Length, -1 not said */
	int64_t retry_after; /* seconds, -1 not said */
	struct strbuf body;
};

#define REGISTRY_ANSWER_INIT                                                                       \
	{                                                                                          \
		.length = -1, .retry_after = -1, .body = STRBUF_INIT                               \
	}

void registry_answer_release(struct registry_answer *answer);

struct registry_http; /* one session */

struct registry_http_options {
	const char *host; /* for errors                            */
	const struct registry_certificates *certificates; /* borrowed                          */
	bool verify;	       /* check the server's certificate        */
	int64_t stall_seconds; /* no byte for so long is a failure      */
	int watch_fd;	       /* give up when its other end is closed  */
};

must_check int registry_http_new(const struct registry_http_options *opts,
				 struct registry_http **ret, struct error *err);
/* For another watcher; false when host or verify are others. */
bool registry_http_resume(struct registry_http *http, const char *host, bool verify, int watch_fd);
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
must_check int registry_http_call(struct registry_http *http, const struct registry_call *call,
				  struct registry_answer *ret, struct error *err);

/* Wait before the next try (attempt 0, 1, 2 …: 0.2 s, doubled each time; seconds, when that is
 * longer), or until the watcher goes (-ECANCELED). */
must_check int registry_http_backoff(struct registry_http *http, unsigned int attempt,
				     int64_t seconds);

/* Resolve an address out of an answer against the one that was asked: owned, absolute; NULL when
 * it is none, is not http or https, or goes from TLS into the clear. */
char *registry_url_resolve(const char *base, const char *text);
bool registry_url_same_host(const char *a, const char *b); /* whatever the port */
/* Both name the same scheme, host and port. */
bool registry_url_same_origin(const char *a, const char *b);

/* http-headers.c: Retry-After, a number of seconds or a date; -1 when it is neither. now: seconds
 * of the real clock. */
int64_t registry_retry_after(const char *text, int64_t now);
/* The target of rel="next" in a Link header; owned, NULL none. */
char *registry_link_next(const char *text);
/* The last byte that a server has by its "Range: 0-N"; -1 when it makes no sense. */
int64_t registry_range_end(const char *text);
/* One header line into what an answer keeps. */
void registry_answer_header(struct registry_answer *answer, const char *line, size_t len);

/* "500 Internal Server Error" */
void registry_status_text(long status, struct strbuf *out);
