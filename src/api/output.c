/* SPDX-License-Identifier: Apache-2.0 */
/* Framing of output, into chunks or raw. */
#include "api/output.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "api/reply.h"
#include "http/hijack.h"
#include "http/websocket.h"

int output_chunk(void *arg, int stream, const void *data, size_t len)
{
	struct output *out = arg;
	uint8_t header[HIJACK_HEADER_SIZE];

	if (!out->framed)
		return http_server_write(out->http, data, len);
	hijack_header_encode(header, stream, len);
	return http_server_write2(out->http, header, sizeof(header), data, len);
}

int output_raw(void *arg, int stream, const void *data, size_t len)
{
	struct output *out = arg;
	uint8_t header[HIJACK_HEADER_SIZE];

	if (len == 0)
		return 0;
	hijack_header_encode(header, stream, len);
	return http_server_raw2(out->http, header, out->framed ? sizeof(header) : 0, data, len);
}

const char *output_content_type(const struct request *req, bool framed)
{
	return framed && req->minor >= 42 ? CONTENT_TYPE_MULTIPLEXED_STREAM
					  : CONTENT_TYPE_RAW_STREAM;
}

/* The last frame, for clients that asked for it (http/hijack.h). One that is gone is no error. */
static void tell_exit(struct request *req, struct output *out, const struct attachment *at)
{
	char text[16];
	int code;

	if (!out->framed || !request_bool(req, "hoy-exit") || !engine_attach_ended(at, &code))
		return;
	ignore_result(output_raw(out, HIJACK_EXIT, text,
				 (size_t)snprintf(text, sizeof(text), "%d", code)));
}

int output_hijack(struct request *req, struct attachment *at, bool tty, struct error *err)
{
	cleanup(strbuf_release) struct strbuf early = STRBUF_INIT;
	struct output output = { .http = req->http, .framed = !tty };
	struct engine_stream stream = {
		.in_fd = req->http->fd, .in_takes = true, .write = output_raw, .arg = &output
	};
	bool upgrade = http_headers_has_token(&req->http->head.headers, "Connection", "upgrade");
	int r = http_server_hijack(req->http, output_content_type(req, upgrade && !tty), &early);

	if (r < 0)
		return r;
	stream.in_early = early.data;
	stream.in_early_len = early.len;
	r = engine_attach_run(at, &stream, err);
	if (r == 0)
		tell_exit(req, &output, at);
	return r;
}

static int write_inner(void *arg, int stream, const void *data, size_t len)
{
	const int *fd = arg;

	while (len > 0) {
		ssize_t n = send(*fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			data = (const char *)data + n;
			len -= (size_t)n;
		}
	}
	return 0;
}

/* In the child: from here on the connection is its alone. */
static _Noreturn void carry(struct request *req, int inner, const struct strbuf *early)
{
	const struct websocket_pump pump = {
		.fd = req->http->fd,
		.inner = inner,
		.opcode = WEBSOCKET_BINARY,
		.early = early->data,
		.early_len = early->len,
	};

	websocket_pump(&pump);
	_exit(0);
}

int output_websocket(struct request *req, struct attachment *at, struct error *err)
{
	cleanup(strbuf_release) struct strbuf early = STRBUF_INIT;
	struct engine_stream stream = { .write = write_inner, .in_takes = true };
	int pair[2], r = http_server_websocket(req->http, &early);
	pid_t pid;

	if (r == -EBADMSG)
		return error_set(err, ERR_INVALID, EBADMSG, "not websocket protocol");
	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		(void)close(pair[0]);
		carry(req, pair[1], &early);
	}
	(void)close(pair[1]);
	stream.in_fd = pair[0];
	stream.arg = &pair[0];
	r = pid < 0 ? -errno : engine_attach_run(at, &stream, err);
	(void)close(pair[0]);
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
	return r;
}

int output_resize(struct request *req,
		  int (*resize)(struct engine *e, const char *ref, unsigned int height,
				unsigned int width, struct error *err),
		  struct error *err)
{
	struct engine *engine;
	uint32_t height, width;
	int r = request_u32(req, "h", &height, err);

	if (r >= 0)
		r = request_u32(req, "w", &width, err);
	if (r >= 0)
		r = request_engine(req, &engine, err);
	if (r >= 0)
		r = resize(engine, req->arg, height, width, err);
	return r < 0 ? r : reply_empty(req, 200);
}
