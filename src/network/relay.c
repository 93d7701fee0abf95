/* SPDX-License-Identifier: Apache-2.0 */
/* Starting and ending hoy-relay. It goes on record first, then its sockets go to it one message
 * each, then "go". A starter that dies before leaves no relay: it sees the end without "go". */
#include "network/relay.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/strbuf.h"
#include "sys/process.h"
#include "sys/unixsock.h"

enum { RELAY_LINE_MAX = 128, RELAY_CHANNEL_FD = 3, RELAY_END_MS = 5000 };

bool relay_has_ipv6(void)
{
	const struct link_address loopback = { AF_INET6, { [15] = 1 }, 128 };
	struct sockaddr_in6 addr = { .sin6_family = AF_INET6 };
	cleanup_fd int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(&addr.sin6_addr, loopback.bytes, sizeof(addr.sin6_addr));
	return fd >= 0 && bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0;
}

/* Beside ourselves (the build tree), else where it is installed. Owned. */
static char *relay_path(const struct network_config *config)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	cleanup_free char *dir = n > 0 ? xstrndup(self, (size_t)n) : xstrdup("/");
	cleanup_free char *beside = NULL;

	*strrchr(dir, '/') = '\0';
	beside = xasprintf("%s/hoy-relay", dir);
	if (access(beside, X_OK) == 0)
		return take_ptr(beside);
	return xasprintf("%s/hoy-relay",
			 config->libexec_dir ? config->libexec_dir : HOY_LIBEXECDIR);
}

static int relay_spawn(const struct network_config *config, int *ret_channel, int *ret_pidfd,
		       pid_t *ret_pid)
{
	cleanup_free char *path = relay_path(config);
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
	cleanup_fd int pidfd = -1;
	uint64_t start = 0;
	int r;

	if (ep->helper_pid <= 0)
		return 0;
	pidfd = process_pidfd((pid_t)ep->helper_pid);
	if (pidfd < 0)
		return pidfd == -ESRCH ? 0
				       : error_set(err, ERR_SYSTEM, -pidfd, "find hoy-relay %d",
						   (int)ep->helper_pid);
	/* Looked at after the pidfd is ours: from now on the pid cannot become another process. */
	r = process_start_time((pid_t)ep->helper_pid, &start);
	if (r >= 0 && start == ep->helper_start) {
		r = process_signal(pidfd, SIGKILL);
		/* Until it is gone it has the ports, and the next container may want them at
		 * once. */
		if (r >= 0)
			(void)poll(&(struct pollfd){ pidfd, POLLIN, 0 }, 1, RELAY_END_MS);
	}
	if (r < 0 && r != -ESRCH)
		return error_set(err, ERR_SYSTEM, -r, "end hoy-relay %d", (int)ep->helper_pid);
	return 0;
}
