/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a client sends: heads, paths, queries, bodies, pipelines. */
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "http/server.h"
#include "http/url.h"
#include "sys/fd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 64 * 1024 }; /* what a socket buffer surely takes */

static void read_target(const char *target)
{
	const char *query = strchr(target, '?');
	struct url_query parsed;
	char *path;

	if (url_decode(target, query ? (size_t)(query - target) : strlen(target), false, &path) ==
	    0)
		free(path);
	if (url_query_parse(query ? query + 1 : NULL, &parsed) == 0)
		url_query_release(&parsed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_reply reply = { .status = 200, .body = "x", .body_len = 1 };
	struct http_server server;
	bool read_body = true;
	int fds[2];

	if (size > INPUT_MAX || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return 0;
	http_server_init(&server, fds[1]);
	if (fd_write_all(fds[0], data, size) == 0 && shutdown(fds[0], SHUT_WR) == 0) {
		while (http_server_next(&server) == 1) {
			struct strbuf body = STRBUF_INIT;

			read_target(server.head.target);
			if (read_body && http_server_body_all(&server, 4096, &body) < 0)
				server.keep_alive = false;
			read_body = !read_body;
			strbuf_release(&body);
			if (http_server_reply(&server, &reply) < 0 || !server.keep_alive)
				break;
			/* make room: nobody reads the answers */
			(void)!recv(fds[0], (char[4096]){ 0 }, 4096, MSG_DONTWAIT);
		}
	}
	http_server_release(&server);
	close(fds[0]);
	return 0;
}
