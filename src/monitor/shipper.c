/* SPDX-License-Identifier: Apache-2.0 */
/* hoy-log's other side. */
#include "monitor/shipper.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"
#include "sys/fd.h"
#include "sys/rlimit.h"
#include "sys/signals.h"
#include "wire/log-record.h"

enum { READY_MS = 60 * 1000, AGAIN_MS = 1000, END_MS = 2000, MS_NS = 1000000, EXIT_EXEC = 127 };

/* In the child: the host's mounts, and no fd but the socket. */
static void become_hoy_log(const struct shipper *s, int fd, bool again)
{
	char program[] = "hoy-log", mode[] = "forward", late[] = "again";
	cleanup_free char *config = xstrdup(s->args->log_forward);
	char *argv[] = { program, mode, config, again ? late : NULL, NULL };

	if (s->home->ns >= 0 && rootfs_leave(s->home) < 0)
		return;
	if (fd == LOG_CHANNEL_FD ? fd_set_cloexec(fd, false) < 0 : dup2(fd, LOG_CHANNEL_FD) < 0)
		return;
	signals_reset();
	rlimit_restore_files();
	(void)execv(s->args->log_program, argv);
}

static int start(struct shipper *s, bool again)
{
	cleanup_fd int theirs = -1;
	int fds[2];
	pid_t pid;

	s->started_at = clock_monotonic();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	s->fd = fds[0];
	theirs = fds[1];
	pid = fork();
	if (pid == 0) {
		become_hoy_log(s, theirs, again);
		_exit(EXIT_EXEC);
	}
	return pid < 0 ? -errno : 0; /* session_reap waits for it */
}

static int hear_ready(int fd, struct error *err)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char text[LOG_READY_MAX + 1];
	ssize_t n = poll(&pfd, 1, READY_MS) > 0 ? recv(fd, text, LOG_READY_MAX, 0) : 0;

	text[n > 0 ? n : 0] = '\0';
	if (strcmp(text, "ok") == 0)
		return 0;
	return error_set(err, ERR_SYSTEM, 0, "failed to initialize logging driver: %s",
			 n > 0 ? text : "hoy-log ended without a word");
}

int shipper_open(const struct monitor_args *args, const struct mount_home *home,
		 struct shipper *ret, struct error *err)
{
	cleanup(shipper_release) struct shipper s = SHIPPER_INIT;
	int r;

	s.args = args;
	s.home = home;
	r = start(&s, false);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "run %s", args->log_program);
	r = hear_ready(s.fd, err);
	if (r < 0)
		return r;
	*ret = s;
	s = (struct shipper)SHIPPER_INIT;
	return 0;
}

static void drop_pending(struct shipper *s)
{
	strbuf_reset(&s->pending);
	s->sent = 0;
	s->owes = false;
	s->end_at = 0;
}

/* As many whole records as fit into a message. */
static size_t batch_len(const struct shipper *s)
{
	const char *data = s->pending.data + s->sent;
	size_t left = s->pending.len - s->sent, pos = 0, next = 0;
	struct log_record record;
	const char *text;

	while (log_record_next(data, left, &next, &record, &text) > 0 && next <= LOG_BATCH_MAX)
		pos = next;
	return pos;
}

/* A new one for one that was killed, but not one after the other. It says "ok" to nobody: what is
 * sent waits in its socket. */
static bool start_again(struct shipper *s)
{
	macros_close_fd(&s->fd);
	if (clock_monotonic() - s->started_at < (int64_t)AGAIN_MS * MS_NS)
		return false;
	if (start(s, true) < 0) {
		macros_close_fd(&s->fd);
		return false;
	}
	log_warning("hoy-log of container %s ended and was started again", s->args->id);
	return true;
}

static void wait_for_room(struct shipper *s)
{
	if (s->args->log_drop)
		drop_pending(s);
	else
		s->owes = true;
}

void shipper_flush(struct shipper *s)
{
	while (s->sent < s->pending.len) {
		size_t len = batch_len(s);
		ssize_t n = s->fd < 0 ? -1
				      : send(s->fd, s->pending.data + s->sent, len,
					     MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n >= 0) {
			s->sent += len;
			continue;
		}
		if (s->fd >= 0 && errno == EINTR)
			continue;
		if (s->fd >= 0 && (errno == EAGAIN || errno == ENOBUFS))
			return wait_for_room(s);
		if (!start_again(s))
			break; /* nobody takes it */
	}
	drop_pending(s);
}

void shipper_add(struct shipper *s, const struct log_piece *piece)
{
	if (s->args)
		log_record_add(&s->pending, piece->text, piece->len, piece->ends, piece->stream,
			       piece->time);
}

bool shipper_owes(const struct shipper *s)
{
	return s->owes;
}

int shipper_end(struct shipper *s)
{
	int64_t now = clock_monotonic();

	if (!s->owes)
		return 0;
	if (s->end_at == 0)
		s->end_at = now + (int64_t)END_MS * MS_NS;
	if (now < s->end_at)
		return (int)((s->end_at - now) / MS_NS) + 1;
	drop_pending(s);
	return 0;
}

void shipper_release(struct shipper *s)
{
	if (!s)
		return;
	macros_close_fd(&s->fd);
	strbuf_release(&s->pending);
	*s = (struct shipper)SHIPPER_INIT;
}
