/* SPDX-License-Identifier: Apache-2.0 */
/* One connection: requests in, each to its handler, errors to answers. */
#include "api/api.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "api/authorize.h"
#include "api/cancel.h"
#include "api/handlers.h"
#include "api/reply.h"
#include "api/routes.h"
#include "http/hijack.h"
#include "sys/linger.h"

enum {
	IDLE_MS = 50,	  /* a kept connection on which nothing comes */
	LINGER_MS = 2000, /* how long a client may pause that goes on sending behind its answer */
	LINGER_TOTAL_MS = 30 * 1000,
};

static void common_headers(struct http_headers *headers)
{
	http_headers_add(headers, "Api-Version", API_VERSION);
	http_headers_add(headers, "Docker-Experimental", "false");
	http_headers_add(headers, FEATURES_HEADER, FEATURE_EXIT_FRAME);
	http_headers_add(headers, "Ostype", "linux");
	http_headers_add(headers, "Server", "hoy/" HOY_VERSION " (linux)");
}

static bool is_untidy(const struct api_context *ctx)
{
	return ctx->engine_is_open && engine_is_untidy(&ctx->engine);
}

/* RFC 9112, 3.2: one in each request of HTTP/1.1, for what is in between might go by it. */
static int check_host(const struct http_head *head, struct error *err)
{
	const char *host = http_headers_get(&head->headers, "Host");
	size_t hosts = 0;

	for (size_t i = 0; i < head->headers.n; i++)
		hosts += strcasecmp(head->headers.items[i].name, "Host") == 0;
	if (host && strpbrk(host, " \t"))
		return error_set(err, ERR_INVALID, EINVAL, "malformed Host header");
	if (hosts > 1)
		return error_set(err, ERR_INVALID, EINVAL, "too many Host headers");
	if (hosts == 0 && head->minor > 0)
		return error_set(err, ERR_INVALID, EINVAL, "missing required Host header");
	return 0;
}

static int dispatch(struct request *req, struct error *err)
{
	const struct route *route;
	int r = check_host(&req->http->head, err);

	if (r >= 0)
		r = request_parse(req, err);
	if (r < 0)
		return r;
	if (req->ctx->metrics)
		return metrics_serve(req, err);
	r = authorize_request(req, err);
	if (r < 0)
		return r;
	route = route_find(req->http->head.method, req->path, &req->arg);
	if (!route)
		return error_set(err, ERR_NOT_FOUND, ENOENT, "page not found");
	cancel_block_termination(!(route->flags & ROUTE_CANCELS) || is_untidy(req->ctx));
	r = route->handler(req, err);
	cancel_block_termination(is_untidy(req->ctx));
	return r;
}

/* Serve the request at hand. False: the connection is of no more use. */
static bool serve_one(struct api_context *ctx, struct http_server *server)
{
	struct request req = REQUEST_INIT;
	struct error err = ERROR_INIT;
	int r;

	req.ctx = ctx;
	req.http = server;
	r = dispatch(&req, &err);
	if (r < 0 && err.kind != ERR_NONE && server->reply == REPLY_NONE)
		r = reply_error(&req, &err);
	else if (r < 0)
		server->keep_alive =
			false; /* cut a started body short: the client sees that it is not whole */
	else if (server->reply == REPLY_CHUNKED)
		r = http_server_end(server);
	error_release(&err);
	request_release(&req);
	return r >= 0 && server->keep_alive && server->reply == REPLY_DONE;
}

static bool is_unix(int fd)
{
	int domain = 0;
	socklen_t len = sizeof(domain);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_UNIX;
}

/* Input of a stream that nobody will read: were it left in the socket, its close would reset the
 * connection, and the client would see that in place of the end. A unix socket can be told to take
 * no more; of TCP it is read until the client ends. */
static void end_stream(int fd)
{
	char drop[16 * 1024];

	if (!is_unix(fd)) {
		linger(fd, LINGER_MS, LINGER_TOTAL_MS);
		return;
	}
	(void)shutdown(fd, SHUT_RD);
	while (recv(fd, drop, sizeof(drop), MSG_DONTWAIT) > 0)
		;
}

/* So would a client that is still sending its body when the answer is out: it may finish. */
static void end_connection(struct http_server *server)
{
	if (server->reply == REPLY_UNTIL_CLOSE)
		end_stream(server->fd);
	else if (server->refused ||
		 (server->reply == REPLY_DONE && !http_input_body_ended(server->in)))
		linger(server->fd, LINGER_MS, LINGER_TOTAL_MS);
}

/* What no answer needs to wait for, when the client has nothing more to ask just now. */
static void tidy_when_idle(struct api_context *ctx, int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	if (!is_untidy(ctx) || poll(&pfd, 1, IDLE_MS) != 0)
		return;
	engine_tidy(&ctx->engine);
	cancel_block_termination(is_untidy(ctx));
}

void api_serve(struct api_context *ctx, int fd)
{
	struct http_server server;

	cancel_init();
	http_server_init(&server, fd);
	common_headers(&server.common);
	while (http_server_next(&server) == 1) {
		if (!serve_one(ctx, &server))
			break;
		tidy_when_idle(ctx, fd);
	}
	end_connection(&server);
	http_server_release(&server);
	if (ctx->engine_is_open)
		engine_release(&ctx->engine);
}
