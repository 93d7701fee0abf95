/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Engine API as the commands use it: which engine, requests and their errors, streams, hijacked
 * connections.
 *
 * One connection is kept for requests that follow each other; streams and hijacks take one of their
 * own. Errors of the engine read "Error response from daemon: TEXT", their kind follows the HTTP
 * status.
 */
#pragma once

#include "base/error.h"
#include "base/strbuf.h"
#include "http/client.h"

#define CLIENT_API_VERSION "1.55"
#define CLIENT_DEFAULT_SOCKET "/run/hoy.sock"
enum { CLIENT_BODY_MAX = 256 * 1024 * 1024, CLIENT_IDLE_MAX = 4 };

struct private_engine {
	int pidfd;    /* of hoyd; -1 none                                */
	int life_fd;  /* hoyd ends when the last copy of this is closed  */
	char *socket; /* path; removed by hoyd                           */
};

#define PRIVATE_ENGINE_INIT                                                                        \
	{                                                                                          \
		.pidfd = -1, .life_fd = -1                                                         \
	}

struct client {
	char *url;		/* "unix:///run/hoy.sock"                               */
	char *api_version;	/* "1.55"; lowered when the engine knows less           */
	struct tls_client *tls; /* tcp:// inside TLS; owned, NULL: without */
	bool may_spawn;		/* nobody named an engine: a private one may be started */
	struct http_client idle[CLIENT_IDLE_MAX]; /* connected, for the next requests           */
	size_t n_idle;
	bool exit_frames; /* the engine said that it has them (http/hijack.h)            */
	struct private_engine engine;
};

#define CLIENT_INIT                                                                                \
	{                                                                                          \
		.engine = PRIVATE_ENGINE_INIT                                                      \
	}

/* From the options --tls…; what is not given comes from $DOCKER_TLS_VERIFY and the files of
 * $DOCKER_CERT_PATH, or of ~/.docker, that are there. Call it before the first request. */
struct client_tls_options {
	const char *ca, *cert, *key;
	bool tls, verify;
};
void client_use_tls(struct client *client, const struct client_tls_options *options);

/* With these files (taken over; NULL none) and no others. */
void client_set_tls(struct client *client, char *ca, char *cert, char *key, bool verify);

/* Which engine: host (-H), else $HOY_HOST, $DOCKER_HOST, else the default socket, else a private
 * one. Connects nothing: the first request does. */
must_check int client_init(struct client *client, const char *host, struct error *err);
void client_release(struct client *client);

/* A connection on which nothing was said yet; owned by the caller. The client must outlive it. */
must_check int client_connect(struct client *client, int *ret_fd, struct error *err);

/* Have n connections ready (at most CLIENT_IDLE_MAX): the engine makes a worker for each while the
 * first request is still on its way. */
must_check int client_preconnect(struct client *client, size_t n, struct error *err);

struct client_call {
	const char *method;	   /* NULL: GET                                                */
	const char *target;	   /* "/containers/json?all=1"; the version is put before it   */
	const char *body;	   /* JSON text; NULL none                                     */
	const char *registry_auth; /* X-Registry-Auth; NULL none                               */
	bool stream_body;	   /* the body is all of body_fd                               */
	int body_fd;
	bool upgrade; /* of client_begin for a hijack                             */
};

/* Send, read the whole answer. ret_body may be NULL. Returns the HTTP status (2xx, 304), or -errno.
 */
must_check int client_call(struct client *client, const struct client_call *call,
			   struct strbuf *ret_body, struct error *err);

/* The same in two halves, on a connection of its own, so that many calls are under way at once:
 * *http is to be filled with HTTP_CLIENT_INIT, and is used up by client_finish,
 * client_stream_finish or client_hijack_finish. */
must_check int client_begin(struct client *client, const struct client_call *call,
			    struct http_client *http, struct error *err);
must_check int client_finish(struct client *client, const struct client_call *call,
			     struct http_client *http, struct strbuf *ret_body, struct error *err);

/* An answer that is read as it comes, on a connection of its own. */
struct client_stream {
	struct http_client http;
	struct http_response response;
	struct strbuf pending; /* read and not yet returned by client_stream_line */
	size_t taken;
};

#define CLIENT_STREAM_INIT                                                                         \
	{                                                                                          \
		.http = HTTP_CLIENT_INIT, .response = HTTP_RESPONSE_INIT, .pending = STRBUF_INIT   \
	}
enum { CLIENT_LINE_MAX = 4 * 1024 * 1024 };

must_check int client_stream_open(struct client *client, const struct client_call *call,
				  struct client_stream *ret, struct error *err);
must_check int client_stream_finish(struct http_client *http, struct client_stream *ret,
				    struct error *err);
void client_stream_release(struct client_stream *stream);
/* Next line of the body without its end: 1, or 0 at the end of the body. *ret_line is valid until
 * the next call. */
must_check int client_stream_line(struct client_stream *stream, char **ret_line, struct error *err);
/* The next line, or the end, came already: poll(2) on the connection would not tell. */
bool client_stream_buffered(const struct client_stream *stream);
/* Give the connection back to be used for further requests; the body was read to its end. */
void client_stream_done(struct client *client, struct client_stream *stream);

/* Both directions of an upgraded connection. */
struct client_hijack {
	int fd;
	bool multiplexed;   /* stdout and stderr are framed (http/hijack.h); else raw bytes */
	struct strbuf rest; /* came already, before anything read from fd                   */
};

#define CLIENT_HIJACK_INIT                                                                         \
	{                                                                                          \
		.fd = -1, .rest = STRBUF_INIT                                                      \
	}

must_check int client_hijack_open(struct client *client, const struct client_call *call,
				  struct client_hijack *ret, struct error *err);
must_check int client_hijack_finish(struct http_client *http, struct client_hijack *ret,
				    struct error *err);
void client_hijack_release(struct client_hijack *hijack);

/* hoyd for the length of this command: a listening socket of our own, handed to it. Does not wait:
 * the socket listens already. */
must_check int private_engine_start(struct private_engine *ret, struct error *err);
void private_engine_release(struct private_engine *engine);
