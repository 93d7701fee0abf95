/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to the engine: connect (or start a private engine), send, turn bad answers into errors.
 */
#include "client/client.h"
#include "client/dial.h"
#include "client/tls.h"

#include <errno.h>
#include <string.h>

#include "http/hijack.h"
#include "wire/system.h"

int client_init(struct client *client, const char *host, struct error *err)
{
	const char *version = getenv("DOCKER_API_VERSION");

	*client = (struct client)CLIENT_INIT;
	if (!host || !*host)
		host = getenv("HOY_HOST");
	if (!host || !*host)
		host = getenv("DOCKER_HOST");
	client->may_spawn = !host || !*host;
	client->url = xstrdup(client->may_spawn ? "unix://" CLIENT_DEFAULT_SOCKET : host);
	client->api_version = xstrdup(version && *version ? version : CLIENT_API_VERSION);
	return 0;
}

void client_release(struct client *client)
{
	while (client->n_idle)
		http_client_release(&client->idle[--client->n_idle]);
	private_engine_release(&client->engine);
	free(client->url);
	client_tls_free(client->tls);
	free(client->api_version);
	*client = (struct client)CLIENT_INIT;
}

/* A connection that is ready, if there is one. */
static bool take_idle(struct client *client, struct http_client *ret)
{
	if (client->n_idle == 0)
		return false;
	*ret = client->idle[--client->n_idle];
	return true;
}

/* Keep a connection that may carry another request. */
static void keep_idle(struct client *client, struct http_client *http)
{
	if (http->fd < 0 || !http->keep_alive || client->n_idle == CLIENT_IDLE_MAX) {
		http_client_release(http);
		return;
	}
	client->idle[client->n_idle++] = *http;
	*http = (struct http_client)HTTP_CLIENT_INIT;
}

static enum error_kind kind_of_status(int status)
{
	switch (status) {
	case 400:
		return ERR_INVALID;
	case 401:
		return ERR_UNAUTHORIZED;
	case 403:
		return ERR_FORBIDDEN;
	case 404:
		return ERR_NOT_FOUND;
	case 409:
		return ERR_CONFLICT;
	case 501:
		return ERR_NOT_IMPLEMENTED;
	case 503:
		return ERR_UNAVAILABLE;
	default:
		return ERR_SYSTEM;
	}
}

/* The answer was a failure: read it and say it. */
static int error_from_reply(struct http_client *http, int status, struct error *err)
{
	cleanup(strbuf_release) struct strbuf body = STRBUF_INIT;
	cleanup(error_response_release) struct error_response reply = { NULL };
	int r = http_client_read_all(http, HTTP_JSON_MAX, &body, err);

	if (r < 0)
		return r;
	while (body.len && body.data[body.len - 1] == '\n')
		body.data[--body.len] = '\0';
	r = json_decode(&error_response_shape, strbuf_str(&body), body.len, &reply, NULL);
	if (r == 0 && reply.message)
		error_set(err, kind_of_status(status), 0, "Error response from daemon: %s",
			  reply.message);
	else if (body.len)
		error_set(err, kind_of_status(status), 0, "Error response from daemon: %s",
			  body.data);
	else
		error_set(err, kind_of_status(status), 0,
			  "Error response from daemon: HTTP status %d", status);
	return -EREMOTEIO;
}

/* An older engine refuses our version and names its own: take that. Returns true when to try again.
 */
static bool lower_version(struct client *client, const struct error *err)
{
	static const char hint[] = "Maximum supported API version is ";
	const char *at = err->kind == ERR_INVALID ? strstr(error_text(err), hint) : NULL;
	size_t len;

	if (!at)
		return false;
	at += sizeof(hint) - 1;
	len = strspn(at, "0123456789.");
	while (len && at[len - 1] == '.')
		len--;
	if (len == 0 || strncmp(at, client->api_version, len) == 0)
		return false;
	free(client->api_version);
	client->api_version = xstrndup(at, len);
	return true;
}

static int send_call(struct client *client, const struct client_call *call,
		     struct http_client *http, struct error *err)
{
	cleanup(http_headers_release) struct http_headers headers = HTTP_HEADERS_INIT;
	cleanup_free char *target = xasprintf("/v%s%s", client->api_version, call->target);
	struct http_client_request req = {
		.method = call->method ? call->method : "GET",
		.target = target,
		.headers = &headers,
		.body = call->body,
		.body_len = call->body ? strlen(call->body) : 0,
		.stream_body = call->stream_body,
		.body_fd = call->body_fd,
		.content_type = call->stream_body ? "application/x-tar" : NULL,
		.upgrade = call->upgrade,
	};

	http_headers_add(&headers, "User-Agent", "hoy/" HOY_VERSION);
	if (call->registry_auth)
		http_headers_add(&headers, "X-Registry-Auth", call->registry_auth);
	return http_client_send(http, &req, err);
}

int client_begin(struct client *client, const struct client_call *call, struct http_client *http,
		 struct error *err)
{
	int r = http->fd >= 0 || take_idle(client, http) ? 0 : client_dial(client, http, err);

	return r < 0 ? r : send_call(client, call, http, err);
}

static int receive_good(struct http_client *http, struct http_response *ret, struct error *err)
{
	int r = http_client_receive(http, ret, err);

	if (r < 0)
		return r;
	return ret->status >= 400 ? error_from_reply(http, ret->status, err) : 0;
}

static int exchange_once(struct client *client, const struct client_call *call,
			 struct http_client *http, struct http_response *ret, struct error *err)
{
	int r = client_begin(client, call, http, err);

	if (r < 0)
		return r;
	r = receive_good(http, ret, err);
	if (r == 0)
		client->exit_frames =
			http_headers_has_token(&ret->headers, FEATURES_HEADER, FEATURE_EXIT_FRAME);
	return r;
}

/* One request up to the head of a good answer. */
static int exchange(struct client *client, const struct client_call *call, struct http_client *http,
		    struct http_response *ret, struct error *err)
{
	int r = exchange_once(client, call, http, ret, err);

	if (r >= 0 || call->stream_body || !lower_version(client, err))
		return r;
	error_release(err);
	http_response_release(ret);
	http_client_release(http);
	return exchange_once(client, call, http, ret, err);
}

int client_call(struct client *client, const struct client_call *call, struct strbuf *ret_body,
		struct error *err)
{
	cleanup(http_client_release) struct http_client http = HTTP_CLIENT_INIT;
	cleanup(http_response_release) struct http_response response = HTTP_RESPONSE_INIT;
	cleanup(strbuf_release) struct strbuf ignored = STRBUF_INIT;
	int r = exchange(client, call, &http, &response, err);

	if (r == 0)
		r = http_client_read_all(&http, CLIENT_BODY_MAX, ret_body ? ret_body : &ignored,
					 err);
	if (r == 0 || r == -EREMOTEIO)
		keep_idle(client, &http);
	return r < 0 ? r : response.status;
}

int client_finish(struct client *client, const struct client_call *call, struct http_client *http,
		  struct strbuf *ret_body, struct error *err)
{
	cleanup(http_client_release) struct http_client own = *http;
	cleanup(http_response_release) struct http_response response = HTTP_RESPONSE_INIT;
	cleanup(strbuf_release) struct strbuf ignored = STRBUF_INIT;
	int r;

	*http = (struct http_client)HTTP_CLIENT_INIT;
	r = receive_good(&own, &response, err);
	if (r < 0 && lower_version(client, err)) {
		error_release(err);
		return client_call(client, call, ret_body, err);
	}
	if (r < 0)
		return r;
	r = http_client_read_all(&own, CLIENT_BODY_MAX, ret_body ? ret_body : &ignored, err);
	return r < 0 ? r : response.status;
}

int client_stream_open(struct client *client, const struct client_call *call,
		       struct client_stream *ret, struct error *err)
{
	int r;

	*ret = (struct client_stream)CLIENT_STREAM_INIT;
	r = exchange(client, call, &ret->http, &ret->response, err);
	if (r < 0)
		client_stream_release(ret);
	return r;
}

int client_stream_finish(struct http_client *http, struct client_stream *ret, struct error *err)
{
	int r;

	*ret = (struct client_stream)CLIENT_STREAM_INIT;
	ret->http = *http;
	*http = (struct http_client)HTTP_CLIENT_INIT;
	r = receive_good(&ret->http, &ret->response, err);
	if (r < 0)
		client_stream_release(ret);
	return r;
}

void client_stream_release(struct client_stream *stream)
{
	http_client_release(&stream->http);
	http_response_release(&stream->response);
	strbuf_release(&stream->pending);
	stream->taken = 0;
}

/* The line that is whole in pending, or NULL. */
static char *pending_line(struct client_stream *stream)
{
	char *start = stream->pending.data + stream->taken, *eol;
	size_t left = stream->pending.len - stream->taken;

	eol = left ? memchr(start, '\n', left) : NULL;
	if (!eol)
		return NULL;
	stream->taken += (size_t)(eol - start) + 1;
	if (eol > start && eol[-1] == '\r')
		eol--;
	*eol = '\0';
	return start;
}

static void drop_taken(struct client_stream *stream)
{
	if (stream->taken == 0)
		return;
	memmove(stream->pending.data, stream->pending.data + stream->taken,
		stream->pending.len - stream->taken + 1);
	stream->pending.len -= stream->taken;
	stream->taken = 0;
}

int client_stream_line(struct client_stream *stream, char **ret_line, struct error *err)
{
	char buf[16 * 1024];

	for (;;) {
		*ret_line = pending_line(stream);
		if (*ret_line)
			return 1;
		drop_taken(stream);
		if (stream->pending.len > CLIENT_LINE_MAX)
			return error_set(err, ERR_SYSTEM, EFBIG, "a line of the engine's answer");
		ssize_t n = http_client_read(&stream->http, buf, sizeof(buf), err);

		if (n < 0)
			return (int)n;
		if (n == 0 && stream->pending.len == 0)
			return 0;
		if (n == 0)
			strbuf_addc(&stream->pending, '\n');
		else
			strbuf_add(&stream->pending, buf, (size_t)n);
	}
}

bool client_stream_buffered(const struct client_stream *stream)
{
	return stream->pending.len > stream->taken || http_input_buffered(stream->http.in);
}

void client_stream_done(struct client *client, struct client_stream *stream)
{
	keep_idle(client, &stream->http);
	client_stream_release(stream);
}

static void hijack_take(struct http_client *http, const struct http_response *response,
			struct client_hijack *ret)
{
	const char *type = http_headers_get(&response->headers, "Content-Type");

	ret->multiplexed = type && strcmp(type, CONTENT_TYPE_MULTIPLEXED_STREAM) == 0;
	ret->fd = http_client_hijack(http, &ret->rest);
}

int client_hijack_open(struct client *client, const struct client_call *call,
		       struct client_hijack *ret, struct error *err)
{
	cleanup(http_client_release) struct http_client http = HTTP_CLIENT_INIT;
	cleanup(http_response_release) struct http_response response = HTTP_RESPONSE_INIT;
	struct client_call upgrade = *call;
	int r;

	*ret = (struct client_hijack)CLIENT_HIJACK_INIT;
	upgrade.upgrade = true;
	r = exchange(client, &upgrade, &http, &response, err);
	if (r == 0)
		hijack_take(&http, &response, ret);
	return r;
}

int client_hijack_finish(struct http_client *http, struct client_hijack *ret, struct error *err)
{
	cleanup(http_client_release) struct http_client own = *http;
	cleanup(http_response_release) struct http_response response = HTTP_RESPONSE_INIT;
	int r;

	*http = (struct http_client)HTTP_CLIENT_INIT;
	*ret = (struct client_hijack)CLIENT_HIJACK_INIT;
	r = receive_good(&own, &response, err);
	if (r == 0)
		hijack_take(&own, &response, ret);
	return r;
}

void client_hijack_release(struct client_hijack *hijack)
{
	macros_close_fd(&hijack->fd);
	hijack->fd = -1;
	strbuf_release(&hijack->rest);
}
