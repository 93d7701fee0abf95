/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever an engine answers: heads, framings, upgrades, and multiplexed streams. */
#include <stdint.h>
#include <sys/socket.h>

#include "http/client.h"
#include "http/hijack.h"
#include "sys/fd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 64 * 1024 };

static int ignore(void *arg, int stream, const void *data, size_t len)
{
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hijack_demux demux = HIJACK_DEMUX_INIT;
	struct http_client client;
	int fds[2];

	if (size > INPUT_MAX || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return 0;
	http_client_adopt(fds[1], &client);
	if (fd_write_all(fds[0], data, size) == 0 && shutdown(fds[0], SHUT_WR) == 0) {
		struct http_response response = HTTP_RESPONSE_INIT;

		while (http_client_receive(&client, &response, NULL) == 0) {
			struct strbuf rest = STRBUF_INIT;
			char buf[512];
			ssize_t n;

			http_response_release(&response);
			if (!client.keep_alive && size % 2)
				http_input_take_rest(client.in, &rest);
			strbuf_release(&rest);
			while ((n = http_client_read(&client, buf, sizeof(buf), NULL)) > 0)
				(void)!hijack_demux_feed(&demux, buf, (size_t)n, ignore, NULL);
			if (n < 0 || !client.keep_alive)
				break;
		}
		http_response_release(&response);
	}
	http_client_release(&client);
	close(fds[0]);
	return 0;
}
