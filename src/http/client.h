/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One client connection to an engine. Use: dial (or adopt a socket) -> send -> receive -> read
 * … (0: end of body) -> send again when keep_alive, or hijack after an upgrade. Blocking; no
 * limits of time on bodies (logs -f, events).
 */
#pragma once

#include "base/error.h"
#include "http/message.h"
#include "http/tls.h"

struct http_client {
	int fd;	    /* -1: not connected */
	char *host; /* Host header */
	struct http_input *in;
	bool keep_alive; /* another request may follow on this connection */
	bool head_only;
};

#define HTTP_CLIENT_INIT                                                                           \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/* "unix:///path" or "tcp://host:port", this by the program dialer (http/dial.h), and inside TLS
 * unless tls is NULL. errnum in err tells why (ENOENT, ECONNREFUSED, EACCES …). */
must_check int http_client_dial(const char *url, const char *dialer, const struct tls_client *tls,
				struct http_client *ret, struct error *err);
void http_client_adopt(int fd, struct http_client *ret); /* fd is owned by ret from now on */
void http_client_release(struct http_client *client);

struct http_client_request {
	const char *method; /* "GET" */
	/* "/v1.55/containers/json?all=1", encoded already */
	const char *target;
	const struct http_headers *headers; /* further ones; NULL none */
	const void *body;		    /* with its length and type; NULL none */
	size_t body_len;
	const char *content_type; /* NULL: application/json when there is a body */
	bool stream_body;	  /* body is all of body_fd, sent chunked */
	int body_fd;
	bool upgrade; /* ask "Upgrade: tcp" */
};

/* Head and body go out in one write. When the server answers and closes before all of a
 * streamed body was sent, this succeeds: the answer tells more than EPIPE. */
must_check int http_client_send(struct http_client *client, const struct http_client_request *req,
				struct error *err);

struct http_response {
	int status;
	struct http_headers headers;
	bool upgraded; /* 101: go on with http_client_hijack */
};

#define HTTP_RESPONSE_INIT                                                                         \
	{                                                                                          \
		.status = 0                                                                        \
	}

must_check int http_client_receive(struct http_client *client, struct http_response *ret,
				   struct error *err);
void http_response_release(struct http_response *response);

/* Next bytes of the body as they come (any framing): a count, 0 at its end. */
must_check ssize_t http_client_read(struct http_client *client, void *buf, size_t len,
				    struct error *err);
must_check int http_client_read_all(struct http_client *client, size_t max, struct strbuf *out,
				    struct error *err);

/* After a 101, or a 200 whose body lasts until close: the raw socket, owned by the caller, and
 * in rest the bytes behind the head that were read already. The client is released. */
int http_client_hijack(struct http_client *client, struct strbuf *rest);
