/* SPDX-License-Identifier: Apache-2.0 */
/* Starting and ending hoy-relay. It goes on record first, then its sockets go to it one message
 * each, then "go". A starter that dies before leaves no relay: it sees the end without "go". */
#include "network/relay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/strbuf.h"
#include "network/helper.h"
#include "sys/process.h"
#include "sys/unixsock.h"

enum { RELAY_LINE_MAX = 128, RELAY_CHANNEL_FD = 3 };

bool relay_has_ipv6(void)
{
	const struct link_address loopback = { AF_INET6, { [15] = 1 }, 128 };
	struct sockaddr_in6 addr = { .sin6_family = AF_INET6 };
	cleanup_fd int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(&addr.sin6_addr, loopback.bytes, sizeof(addr.sin6_addr));
	return fd >= 0 && bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0;
}

static int relay_spawn(const struct network_config *config, int *ret_channel, int *ret_pidfd,
		       pid_t *ret_pid)
{
	cleanup_free char *path = helper_path(config, "hoy-relay");
	char name[] = "hoy-relay";
	char *argv[] = { name, NULL };
	char *env[] = { NULL };
	struct fd_map map = { -1, RELAY_CHANNEL_FD };
	struct spawn spawn = {
		.file = path,
		.argv = argv,
		.env = env,
		.fds = &map,
		.n_fds = 1,
		.dirfd = -1,
		.new_session = true,
	};
	cleanup_fd int theirs = -1;
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	theirs = map.from = pair[1];
	r = process_spawn(&spawn, ret_pidfd, ret_pid);
	if (r < 0) {
		(void)close(pair[0]);
		return r;
	}
	*ret_channel = pair[0];
	return 0;
}

static int relay_feed(int channel, const struct port_holds *holds, const struct endpoint_record *ep)
{
	for (size_t i = 0; i < holds->n; i++) {
		const struct port_hold *h = &holds->items[i];
		char line[RELAY_LINE_MAX];
		int n, r;

		if (h->fd < 0)
			continue;
		n = snprintf(line, sizeof(line), "%s %s %u", h->lease.protocol, ep->ip,
			     h->lease.container_port);
		r = unixsock_send_fd(channel, line, (size_t)n, h->fd);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool holds_any(const struct port_holds *holds)
{
	for (size_t i = 0; i < holds->n; i++) {
		if (holds->items[i].fd >= 0)
			return true;
	}
	return false;
}

int relay_start(struct store *store, const struct network_config *config,
		const struct port_holds *holds, const struct endpoint_record *ep, struct error *err)
{
	cleanup_fd int channel = -1, pidfd = -1;
	uint64_t start = 0;
	pid_t pid;
	int r;

	if (!holds_any(holds))
		return 0;
	r = relay_spawn(config, &channel, &pidfd, &pid);
	if (r >= 0)
		r = process_start_time(pid, &start);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "start hoy-relay");
	/* Before it has any socket: whoever forgets the endpoint finds who holds its ports. */
	r = endpoint_record_set_helper(store, ep->id, pid, start, err);
	if (r < 0)
		return r;
	r = relay_feed(channel, holds, ep);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "start hoy-relay");
	if (send(channel, "go", 2, MSG_NOSIGNAL) != 2)
		return error_set(err, ERR_SYSTEM, errno, "start hoy-relay");
	return 0;
}

int relay_stop(const struct endpoint_record *ep, struct error *err)
{
	return helper_stop("hoy-relay", ep->helper_pid, ep->helper_start, err);
}
