/* SPDX-License-Identifier: Apache-2.0 */
/* What a client may send to the monitor: one message as it comes, and what is done with it first;
 * the names of pending sockets and the monitor's argv ride along. */
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "wire/monitor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void receive(const uint8_t *data, size_t size, bool from_client)
{
	static char out[MONITOR_DATA_MAX];
	struct monitor_frame frame;
	size_t len;
	int fds[2];

	if (size == 0 || size > 2 * MONITOR_DATA_MAX ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return;
	if (send(fds[0], data, size, MSG_DONTWAIT) == (ssize_t)size &&
	    monitor_frame_recv(fds[1], from_client, &frame, out, &len, MSG_DONTWAIT) == 1 &&
	    (len != size - sizeof(frame) || memcmp(out, data + sizeof(frame), len) != 0))
		abort();
	(void)close(fds[0]);
	(void)close(fds[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = xstrndup((const char *)data, size);
	cleanup(monitor_args_release) struct monitor_args args = MONITOR_ARGS_INIT;
	cleanup(strv_release) char **argv = strv_split(text, '\n');
	const char *bad;
	unsigned int flags;

	receive(data, size, true);
	receive(data, size, false);
	if (monitor_pending_flags(text, &flags) == 0 &&
	    (flags & ~(unsigned int)MONITOR_HELLO_FLAGS))
		abort();
	(void)!monitor_args_from_argv((int)strv_len(argv), argv, &args, &bad);
	return 0;
}
