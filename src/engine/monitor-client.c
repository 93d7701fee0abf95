/* SPDX-License-Identifier: Apache-2.0 */
/* Connections to monitors: used by stop, kill, wait, attach and exec. */
#include "engine/monitor-client.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "sys/lock.h"
#include "sys/unixsock.h"

/* What connect(2) and send(2) say when the monitor has gone, or goes. */
static bool is_gone(int r)
{
	return r == -ENOENT || r == -ECONNREFUSED || r == -EPIPE || r == -ECONNRESET;
}

int monitor_connect(int dirfd, unsigned int flags)
{
	struct monitor_frame hello = { .type = MONITOR_HELLO, .flags = (uint16_t)flags };
	cleanup_fd int fd = unixsock_connect_at(dirfd, "monitor.sock", SOCK_SEQPACKET);
	int r = fd < 0 ? fd : monitor_frame_send(fd, &hello, NULL, 0, 0);

	if (r < 0)
		return is_gone(r) ? -ESRCH : r;
	return take_fd(&fd);
}

int monitor_pid(int dirfd, pid_t *ret)
{
	cleanup_fd int fd = monitor_connect(dirfd, 0);
	struct ucred peer;
	int r = fd < 0 ? fd : unixsock_peer(fd, &peer);

	if (r >= 0)
		*ret = peer.pid;
	return r;
}

/* One request, one DONE. */
static int ask(int dirfd, const struct monitor_frame *request, const char *text)
{
	cleanup_fd int fd = monitor_connect(dirfd, 0);
	struct monitor_frame frame;
	char data[MONITOR_DATA_MAX];
	size_t len;
	int r = fd < 0 ? fd : monitor_frame_send(fd, request, text, text ? strlen(text) : 0, 0);

	if (r < 0)
		return is_gone(r) ? -ESRCH : r;
	do
		r = monitor_frame_recv(fd, false, &frame, data, &len, 0);
	while (r > 0 && frame.type != MONITOR_DONE);
	if (r <= 0)
		return r == 0 || is_gone(r) ? -ESRCH : r;
	return (int)frame.arg;
}

int monitor_signal(int dirfd, int sig, bool no_restart)
{
	struct monitor_frame frame = { .type = MONITOR_SIGNAL,
				       .flags = no_restart ? MONITOR_NO_RESTART : 0,
				       .arg = (uint32_t)sig };

	return ask(dirfd, &frame, NULL);
}

int monitor_resize(int dirfd, unsigned int height, unsigned int width)
{
	struct monitor_frame frame = { .type = MONITOR_RESIZE, .arg = height << 16 | width };

	if (height > UINT16_MAX || width > UINT16_MAX)
		return -ERANGE;
	return ask(dirfd, &frame, NULL);
}

int monitor_restart_policy(int dirfd, const char *name, unsigned int max)
{
	struct monitor_frame frame = { .type = MONITOR_POLICY, .arg = max };

	return ask(dirfd, &frame, name);
}

int monitor_resolver(int dirfd, const char *text)
{
	struct monitor_frame frame = { .type = MONITOR_RESOLVER };

	return ask(dirfd, &frame, text);
}

static void forget_pending(struct monitor_link *link)
{
	if (link->listen_fd < 0)
		return;
	(void)unlinkat(link->dirfd, link->name, 0);
	macros_close_fd(&link->listen_fd);
}

/* pending/ is opened by itself, so that the name needs no path in front of it. */
static int listen_pending(struct monitor_link *link, int dirfd)
{
	cleanup_free char *unique = NULL;
	int r;

	if (mkdirat(dirfd, "pending", 0700) < 0 && errno != EEXIST)
		return -errno;
	link->dirfd = openat(dirfd, "pending", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (link->dirfd < 0)
		return -errno;
	unique = xasprintf("%d.%llx", (int)getpid(), (unsigned long long)clock_monotonic());
	monitor_pending_name(link->flags, unique, link->name);
	r = unixsock_listen_at(link->dirfd, link->name, SOCK_SEQPACKET, 0600);
	if (r < 0)
		return r;
	link->listen_fd = r;
	return 0;
}

/* First the pending socket, then a try at the running monitor; the monitor does it the other way
 * round, so one of the two sees the other. When both do, the pending socket is dropped: the
 * monitor's connection to it ends before anything was read from it. */
int monitor_link_open(int dirfd, unsigned int flags, struct monitor_link *ret)
{
	cleanup(monitor_link_release) struct monitor_link link = MONITOR_LINK_INIT;
	int r = monitor_connect(dirfd, flags);

	link.flags = flags;
	if (r == -ESRCH) {
		r = listen_pending(&link, dirfd);
		if (r < 0)
			return r;
		r = monitor_connect(dirfd, flags);
	}
	if (r < 0 && r != -ESRCH)
		return r;
	if (r >= 0) {
		link.fd = r;
		forget_pending(&link);
	}
	*ret = link;
	link = (struct monitor_link)MONITOR_LINK_INIT;
	return 0;
}

int monitor_link_fd(const struct monitor_link *link)
{
	return link->fd >= 0 ? link->fd : link->listen_fd;
}

int monitor_link_accept(struct monitor_link *link)
{
	int fd = unixsock_accept(link->listen_fd);

	if (fd < 0)
		return fd;
	link->fd = fd;
	forget_pending(link);
	return 0;
}

void monitor_link_release(struct monitor_link *link)
{
	if (!link)
		return;
	forget_pending(link);
	macros_close_fd(&link->fd);
	macros_close_fd(&link->dirfd);
	*link = (struct monitor_link)MONITOR_LINK_INIT;
}

int monitor_run_open(int dirfd)
{
	int fd = openat(dirfd, "lock", O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	return fd < 0 ? -errno : fd;
}

int monitor_wait_gone(int dirfd, int run_fd)
{
	struct monitor_state state = { 0 };
	bool starts;
	int r;

	if (run_fd < 0)
		return 0;
	r = monitor_state_read_at(dirfd, "state", &state);
	starts = r == -ENOENT || (r >= 0 && state.status == MONITOR_STARTING);
	monitor_state_release(&state);
	return starts ? 0 : lock_wait_free(run_fd);
}
