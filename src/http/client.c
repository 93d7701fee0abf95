/* SPDX-License-Identifier: Apache-2.0 */
/* One client connection: dial, send, receive, read, hijack. */
#include "http/client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "http/dial.h"
#include "http/url.h"
#include "sys/fd.h"
#include "sys/unixsock.h"

static int dial_unix(const char *path, int *ret_fd, struct error *err)
{
	int fd = unixsock_connect_at(-1, path, SOCK_STREAM);

	if (fd < 0)
		return error_set(err, ERR_UNAVAILABLE, -fd, "dial unix %s: %s", path,
				 strerror(-fd));
	*ret_fd = fd;
	return 0;
}

int http_client_dial(const char *str, const char *dialer, const struct tls_client *tls,
		     struct http_client *ret, struct error *err)
{
	cleanup(host_url_release) struct host_url url = { 0 };
	int r, fd = -1;

	if (host_url_parse(str, &url) < 0 || (url.scheme != HOST_UNIX && url.scheme != HOST_TCP))
		return error_set(err, ERR_INVALID, EINVAL, "unable to parse docker host `%s`", str);
	r = url.scheme == HOST_UNIX ? dial_unix(url.path, &fd, err)
				    : dial_tcp(dialer, url.host, url.port, &fd, err);
	if (r >= 0 && url.scheme == HOST_TCP && tls)
		r = tls_connect(tls, url.host, fd, &fd, err);
	if (r < 0)
		return r;
	http_client_adopt(fd, ret);
	if (url.scheme == HOST_TCP) {
		free(ret->host);
		ret->host =
			xasprintf(strchr(url.host, ':') ? "[%s]:%s" : "%s:%s", url.host, url.port);
	}
	return 0;
}

void http_client_adopt(int fd, struct http_client *ret)
{
	*ret = (struct http_client){
		.fd = fd,
		.host = xstrdup("localhost"),
		.in = http_input_new(fd, HTTP_INPUT_RESPONSES),
		.keep_alive = true,
	};
}

void http_client_release(struct http_client *client)
{
	http_input_free(&client->in);
	free(client->host);
	macros_close_fd(&client->fd);
	*client = (struct http_client)HTTP_CLIENT_INIT;
}

/* -EPIPE and -ECONNRESET are not failures here: the server has answered before it closed, or
 * the read will tell. */
static int send_pieces(int fd, struct iovec *iov, size_t n, struct error *err)
{
	while (n > 0) {
		struct msghdr msg = { .msg_iov = iov, .msg_iovlen = n };
		ssize_t sent = sendmsg(fd, &msg, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
			return 1;
		if (sent < 0)
			return error_set(err, ERR_UNAVAILABLE, errno, "write to the engine: %s",
					 strerror(errno));
		for (; n > 0 && (size_t)sent >= iov->iov_len; iov++, n--)
			sent -= (ssize_t)iov->iov_len;
		if (n > 0) {
			iov->iov_base = (char *)iov->iov_base + sent;
			iov->iov_len -= (size_t)sent;
		}
	}
	return 0;
}

static int send_chunks(int fd, int body_fd, struct error *err)
{
	enum { PIECE = 64 * 1024 };
	cleanup_free char *buf = xmalloc(PIECE);
	char size[24];

	for (;;) {
		ssize_t n = read(body_fd, buf, PIECE);
		struct iovec iov[3] = { { size, 0 }, { buf, (size_t)n }, { (void *)"\r\n", 2 } };
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, ERR_SYSTEM, errno, "read the request's body");
		iov[0].iov_len = (size_t)snprintf(size, sizeof(size), "%zx\r\n", (size_t)n);
		r = send_pieces(fd, iov, ARRAY_SIZE(iov), err);
		if (r != 0 || n == 0)
			return r < 0 ? r : 0;
	}
}

static void head_format(const struct http_client *client, const struct http_client_request *req,
			struct strbuf *out)
{
	bool post = strcmp(req->method, "POST") == 0 || strcmp(req->method, "PUT") == 0;

	strbuf_addf(out, "%s %s HTTP/1.1\r\nHost: %s\r\n", req->method, req->target, client->host);
	for (size_t i = 0; req->headers && i < req->headers->n; i++)
		strbuf_addf(out, "%s: %s\r\n", req->headers->items[i].name,
			    req->headers->items[i].value);
	if (req->body || req->stream_body || req->content_type)
		strbuf_addf(out, "Content-Type: %s\r\n",
			    req->content_type ? req->content_type : "application/json");
	if (req->stream_body)
		strbuf_adds(out, "Transfer-Encoding: chunked\r\n");
	else if (req->body || post)
		strbuf_addf(out, "Content-Length: %zu\r\n", req->body ? req->body_len : 0);
	if (req->upgrade)
		strbuf_adds(out, "Connection: Upgrade\r\nUpgrade: tcp\r\n");
	strbuf_adds(out, "\r\n");
}

int http_client_send(struct http_client *client, const struct http_client_request *req,
		     struct error *err)
{
	struct strbuf head = STRBUF_INIT;
	struct iovec iov[2];
	int r;

	head_format(client, req, &head);
	client->head_only = strcmp(req->method, "HEAD") == 0;
	iov[0] = (struct iovec){ head.data, head.len };
	iov[1] = (struct iovec){ (void *)req->body, req->body_len };
	r = send_pieces(client->fd, iov, req->body && !req->stream_body ? 2 : 1, err);
	strbuf_release(&head);
	if (r == 0 && req->stream_body)
		r = send_chunks(client->fd, req->body_fd, err);
	return r < 0 ? r : 0;
}

static int read_failed(int r, struct error *err)
{
	if (r == -EBADMSG || r == -E2BIG)
		return error_set(err, ERR_UNAVAILABLE, -r,
				 "the engine's answer is not HTTP, or was cut short");
	return error_set(err, ERR_UNAVAILABLE, -r, "read from the engine: %s", strerror(-r));
}

int http_client_receive(struct http_client *client, struct http_response *ret, struct error *err)
{
	const struct http_wait wait = { .idle_ms = -1,
					.head_ms = -1,
					.head_only = client->head_only };
	struct http_head head = HTTP_HEAD_INIT;
	int r;

	do {
		http_head_release(&head);
		r = http_input_head(client->in, &wait, &head);
		if (r == 0)
			return error_set(err, ERR_UNAVAILABLE, ECONNRESET,
					 "the engine closed the connection");
		if (r < 0)
			return read_failed(r, err);
	} while (head.status >= 100 && head.status < 200 && head.status != 101);
	client->keep_alive = head.keep_alive && !head.upgrade;
	*ret = (struct http_response){ .status = head.status,
				       .headers = head.headers,
				       .upgraded = head.upgrade };
	head.headers = (struct http_headers)HTTP_HEADERS_INIT;
	http_head_release(&head);
	return 0;
}

void http_response_release(struct http_response *response)
{
	http_headers_release(&response->headers);
	*response = (struct http_response)HTTP_RESPONSE_INIT;
}

ssize_t http_client_read(struct http_client *client, void *buf, size_t len, struct error *err)
{
	ssize_t n = http_input_body(client->in, buf, len, -1);

	return n < 0 ? read_failed((int)n, err) : n;
}

int http_client_read_all(struct http_client *client, size_t max, struct strbuf *out,
			 struct error *err)
{
	int r = http_input_body_all(client->in, max, -1, out);

	if (r == -EFBIG)
		return error_set(err, ERR_UNAVAILABLE, EFBIG,
				 "the engine's answer is larger than %zu bytes", max);
	return r < 0 ? read_failed(r, err) : 0;
}

int http_client_hijack(struct http_client *client, struct strbuf *rest)
{
	int fd = take_fd(&client->fd);

	http_input_take_rest(client->in, rest);
	http_client_release(client);
	return fd;
}
