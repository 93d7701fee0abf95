/* SPDX-License-Identifier: Apache-2.0 */
/* The server's side of one connection. Each response leaves in one write where its size is
 * known. */
#include "http/server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "http/websocket.h"

static const struct http_times server_times = { .idle = 600000, .head = 30000, .stall = 300000 };

void http_server_init(struct http_server *server, int fd)
{
	*server = (struct http_server)HTTP_SERVER_INIT;
	server->fd = fd;
	server->times = server_times;
	server->in = http_input_new(fd, HTTP_INPUT_REQUESTS);
}

void http_server_release(struct http_server *server)
{
	http_input_free(&server->in);
	http_head_release(&server->head);
	http_headers_release(&server->common);
	macros_close_fd(&server->fd);
	*server = (struct http_server)HTTP_SERVER_INIT;
}

/* All pieces, without SIGPIPE. The vector is used up. */
static int send_all(int fd, struct iovec *iov, size_t n)
{
	while (n > 0) {
		struct msghdr msg = { .msg_iov = iov, .msg_iovlen = n };
		ssize_t sent = sendmsg(fd, &msg, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -errno;
		while (n > 0 && (size_t)sent >= iov->iov_len) {
			sent -= (ssize_t)iov->iov_len;
			iov++;
			n--;
		}
		if (n > 0) {
			iov->iov_base = (char *)iov->iov_base + sent;
			iov->iov_len -= (size_t)sent;
		}
	}
	return 0;
}

static int refuse(struct http_server *server, int status, const char *message)
{
	struct http_reply reply = {
		.status = status,
		.content_type = "text/plain; charset=utf-8",
		.body = message,
		.body_len = strlen(message),
	};

	server->keep_alive = false;
	server->refused = true;
	return http_server_reply(server, &reply);
}

/* What the parser lets through and nobody here can do. A coding on top of chunked, or chunked
 * twice, would be read in one way here and in another by what is in between. */
static int check_head(struct http_server *server)
{
	const struct http_headers *headers = &server->head.headers;
	const char *expect = http_headers_get(headers, "Expect");

	for (size_t i = 0, codings = 0; i < headers->n; i++)
		if (strcasecmp(headers->items[i].name, "Transfer-Encoding") == 0 &&
		    (codings++ > 0 || strcasecmp(headers->items[i].value, "chunked") != 0))
			return refuse(server, 501, "501 Unsupported transfer encoding");
	if (expect && strcasecmp(expect, "100-continue") != 0)
		return refuse(server, 417, "417 Expectation Failed");
	server->continue_due = expect != NULL;
	return 0;
}

int http_server_next(struct http_server *server)
{
	const struct http_wait wait = { .idle_ms = server->times.idle,
					.head_ms = server->times.head };
	int r;

	http_head_release(&server->head);
	server->reply = REPLY_NONE;
	server->head_only = server->continue_due = false;
	r = http_input_head(server->in, &wait, &server->head);
	if (r == -E2BIG)
		(void)refuse(server, 431, "431 Request Header Fields Too Large");
	else if (r == -EPROTONOSUPPORT)
		(void)refuse(server, 505, "505 HTTP Version Not Supported");
	else if (r == -EBADMSG)
		(void)refuse(server, 400, "400 Bad Request");
	if (r <= 0)
		return r == -ETIMEDOUT ? 0 : r;
	server->keep_alive = server->head.keep_alive;
	server->head_only = strcmp(server->head.method, "HEAD") == 0;
	r = check_head(server);
	if (r < 0)
		return r;
	return server->refused ? -EBADMSG : 1;
}

static int send_continue(struct http_server *server)
{
	static char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct iovec iov = { text, sizeof(text) - 1 };

	if (!server->continue_due || http_input_body_ended(server->in))
		return 0;
	server->continue_due = false;
	return send_all(server->fd, &iov, 1);
}

ssize_t http_server_body(struct http_server *server, void *buf, size_t len)
{
	int r = send_continue(server);

	return r < 0 ? r : http_input_body(server->in, buf, len, server->times.stall);
}

int http_server_body_all(struct http_server *server, size_t max, struct strbuf *out)
{
	int r = send_continue(server);

	return r < 0 ? r : http_input_body_all(server->in, max, server->times.stall, out);
}

static void add_headers(struct strbuf *out, const struct http_headers *headers)
{
	for (size_t i = 0; headers && i < headers->n; i++)
		strbuf_addf(out, "%s: %s\r\n", headers->items[i].name, headers->items[i].value);
}

static void head_begin(struct http_server *server, const struct http_reply *reply,
		       struct strbuf *out)
{
	strbuf_addf(out, "HTTP/1.1 %d %s\r\n", reply->status, http_status_text(reply->status));
	add_headers(out, &server->common);
	add_headers(out, reply->headers);
	if (reply->content_type)
		strbuf_addf(out, "Content-Type: %s\r\n", reply->content_type);
	/* the rest of a body that nobody read: not worth reading, and not to be taken for the
	 * next request */
	if (!http_input_body_drop(server->in))
		server->keep_alive = false;
	if (!server->keep_alive)
		strbuf_adds(out, "Connection: close\r\n");
}

static bool status_has_body(int status)
{
	return status >= 200 && status != 204 && status != 304;
}

int http_server_reply(struct http_server *server, const struct http_reply *reply)
{
	struct strbuf head = STRBUF_INIT;
	struct iovec iov[2];
	int r;

	head_begin(server, reply, &head);
	if (status_has_body(reply->status))
		strbuf_addf(&head, "Content-Length: %zu\r\n", reply->body_len);
	strbuf_adds(&head, "\r\n");
	iov[0] = (struct iovec){ head.data, head.len };
	iov[1] = (struct iovec){ (void *)reply->body, reply->body_len };
	r = send_all(server->fd, iov, reply->body_len && !server->head_only ? 2 : 1);
	strbuf_release(&head);
	server->reply = REPLY_DONE;
	return r;
}

int http_server_begin(struct http_server *server, const struct http_reply *reply)
{
	struct strbuf head = STRBUF_INIT;
	struct iovec iov;
	int r;

	head_begin(server, reply, &head);
	strbuf_adds(&head, "Transfer-Encoding: chunked\r\n\r\n");
	iov = (struct iovec){ head.data, head.len };
	r = send_all(server->fd, &iov, 1);
	strbuf_release(&head);
	server->reply = REPLY_CHUNKED;
	return r;
}

int http_server_write2(struct http_server *server, const void *a, size_t a_len, const void *b,
		       size_t b_len)
{
	char size[24];
	struct iovec iov[4] = {
		{ size, 0 },
		{ (void *)a, a_len },
		{ (void *)b, b_len },
		{ (void *)"\r\n", 2 },
	};

	if (a_len + b_len == 0 || server->head_only)
		return 0; /* an empty chunk would end the body */
	iov[0].iov_len = (size_t)snprintf(size, sizeof(size), "%zx\r\n", a_len + b_len);
	return send_all(server->fd, iov, ARRAY_SIZE(iov));
}

int http_server_write(struct http_server *server, const void *data, size_t len)
{
	return http_server_write2(server, data, len, NULL, 0);
}

int http_server_raw2(struct http_server *server, const void *a, size_t a_len, const void *b,
		     size_t b_len)
{
	struct iovec iov[2] = { { (void *)a, a_len }, { (void *)b, b_len } };

	return send_all(server->fd, iov, ARRAY_SIZE(iov));
}

int http_server_end(struct http_server *server)
{
	struct iovec iov = { (void *)"0\r\n\r\n", 5 };

	server->reply = REPLY_DONE;
	return server->head_only ? 0 : send_all(server->fd, &iov, 1);
}

/* The connection is no longer one of HTTP. */
static void hand_over(struct http_server *server, struct strbuf *rest)
{
	server->keep_alive = false;
	server->reply = REPLY_UNTIL_CLOSE;
	http_input_take_rest(server->in, rest);
}

int http_server_websocket(struct http_server *server, struct strbuf *rest)
{
	const struct http_headers *headers = &server->head.headers;
	const char *key = http_headers_get(headers, "Sec-WebSocket-Key");
	const char *version = http_headers_get(headers, "Sec-WebSocket-Version");
	cleanup_free char *accept = key ? websocket_accept(key) : NULL;
	struct strbuf head = STRBUF_INIT;
	struct iovec iov;
	int r;

	if (!accept || !version || strcmp(version, "13") != 0 ||
	    !http_headers_has_token(headers, "Connection", "upgrade") ||
	    !http_headers_has_token(headers, "Upgrade", "websocket"))
		return -EBADMSG;
	strbuf_adds(&head, "HTTP/1.1 101 Switching Protocols\r\n");
	add_headers(&head, &server->common);
	strbuf_addf(&head,
		    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
		    accept);
	iov = (struct iovec){ head.data, head.len };
	r = send_all(server->fd, &iov, 1);
	strbuf_release(&head);
	hand_over(server, rest);
	return r;
}

int http_server_hijack(struct http_server *server, const char *content_type, struct strbuf *rest)
{
	bool upgrade = http_headers_has_token(&server->head.headers, "Connection", "upgrade");
	struct strbuf head = STRBUF_INIT;
	struct iovec iov;
	int r;

	strbuf_adds(&head, upgrade ? "HTTP/1.1 101 UPGRADED\r\n" : "HTTP/1.1 200 OK\r\n");
	add_headers(&head, &server->common);
	strbuf_addf(&head, "Content-Type: %s\r\n", content_type);
	strbuf_adds(&head, upgrade ? "Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
				   : "Connection: close\r\n\r\n");
	iov = (struct iovec){ head.data, head.len };
	r = send_all(server->fd, &iov, 1);
	strbuf_release(&head);
	hand_over(server, rest);
	return r;
}
