/* SPDX-License-Identifier: Apache-2.0 */
/* The poll loop of a session: our terminal on one side, the hijacked connection on the other. */
#include "cli/session.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include "base/parse.h"
#include "client/containers.h"
#include "sys/fd.h"

enum { SESSION_CHUNK = 32 * 1024 };

/* Signals that a person or a supervisor sends to hoy and means for the container. SIGWINCH is about
 * our terminal: the container's own terminal makes one of its own; sent to a program without one it
 * may do harm. */
static const int passed_signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2 };

int session_check_tty(bool want_stdin, bool terminal, struct error *err)
{
	if (want_stdin && terminal && !isatty(STDIN_FILENO))
		return error_set(err, ERR_INVALID, 0, "the input device is not a TTY");
	return 0;
}

int session_catch_signals(struct session *s, struct error *err)
{
	sigset_t mask;

	sigemptyset(&mask);
	if (s->terminal)
		sigaddset(&mask, SIGWINCH);
	if (s->sig_proxy || s->terminal)
		for (size_t i = 0; i < ARRAY_SIZE(passed_signals); i++)
			sigaddset(&mask, passed_signals[i]);
	if (sigprocmask(SIG_BLOCK, &mask, &s->old_mask) < 0)
		return error_set(err, ERR_SYSTEM, errno, "block signals");
	s->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signal_fd < 0 ? error_set(err, ERR_SYSTEM, errno, "make a signalfd") : 0;
}

void session_release(struct session *s)
{
	tty_restore(&s->tty);
	if (s->signal_fd >= 0)
		(void)sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
	macros_close_fd(&s->signal_fd);
	s->signal_fd = -1;
	client_hijack_release(&s->stream);
	strbuf_release(&s->to_send);
}

static void send_size(struct session *s, unsigned int height, unsigned int width)
{
	cleanup_free char *target = xasprintf("/%s/%s/resize?h=%u&w=%u",
					      s->is_exec ? "exec" : "containers", s->id, height,
					      width);
	struct client_call call = { .method = "POST", .target = target };

	/* Best effort: the program may be gone already, and the next change asks again. */
	if (client_call(&s->cli->client, &call, NULL, NULL) < 0)
		return;
}

void session_resize(struct session *s)
{
	unsigned int height, width;

	tty_size(STDOUT_FILENO, &height, &width);
	if (height || width)
		send_size(s, height, width);
}

void session_redraw(struct session *s)
{
	unsigned int height, width;

	tty_size(STDOUT_FILENO, &height, &width);
	if (height == 0 && width == 0)
		return;
	send_size(s, height + 1, width + 1);
	send_size(s, height, width);
}

/* Without --sig-proxy a signal ends us as it would have: the terminal restored first. */
static _Noreturn void die_of(struct session *s, int sig)
{
	session_release(s);
	(void)signal(sig, SIG_DFL);
	(void)raise(sig);
	_exit(128 + sig);
}

static void pass_signal(struct session *s, int sig)
{
	cleanup_free char *target = NULL;
	struct client_call call = { .method = "POST" };

	if (s->is_exec || !s->sig_proxy)
		die_of(s, sig);
	target = xasprintf("/containers/%s/kill?signal=%s", s->id, signal_name(sig) + 3);
	call.target = target;
	/* Best effort: a container that ended meanwhile tells so by the end of its streams. */
	if (client_call(&s->cli->client, &call, NULL, NULL) < 0)
		return;
}

static void take_signals(struct session *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGWINCH)
			session_resize(s);
		else
			pass_signal(s, (int)info.ssi_signo);
	}
}

static int write_output(void *arg, int stream, const void *data, size_t len)
{
	struct session *s = arg;

	if (stream == HIJACK_EXIT) {
		if (len >= sizeof(s->exit_text) - s->exit_len)
			return -EBADMSG;
		memcpy(s->exit_text + s->exit_len, data, len);
		s->exit_len += len;
		return 0;
	}
	return fd_write_all(stream == 2 || stream == 3 ? STDERR_FILENO : STDOUT_FILENO, data, len);
}

bool session_exit_told(const struct session *s, int *ret_code)
{
	int64_t code;

	if (s->exit_len == 0 || parse_i64(s->exit_text, &code) < 0)
		return false;
	*ret_code = (int)code;
	return true;
}

static int deliver(struct session *s, const void *data, size_t len)
{
	if (s->stream.multiplexed)
		return hijack_demux_feed(&s->demux, data, len, write_output, s);
	return write_output(s, 1, data, len);
}

/* Bytes from the engine. Returns 1, 0 at the end of the stream, or -errno. */
static int take_output(struct session *s)
{
	char buf[SESSION_CHUNK];
	ssize_t n = read(s->stream.fd, buf, sizeof(buf));
	int r;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 1;
	if (n < 0 && errno == ECONNRESET)
		return 0;
	if (n <= 0)
		return n < 0 ? -errno : 0;
	r = deliver(s, buf, (size_t)n);
	return r < 0 ? r : 1;
}

/* Send what waits, as much as the engine takes now: it may be busy sending to us. */
static void send_input(struct session *s)
{
	ssize_t n = send(s->stream.fd, s->to_send.data + s->sent, s->to_send.len - s->sent,
			 MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		/* The other side takes no more input; its output may still come. */
		s->stdin_open = false;
		s->sent = s->to_send.len;
	} else {
		s->sent += (size_t)n;
	}
	if (s->sent == s->to_send.len) {
		strbuf_reset(&s->to_send);
		s->sent = 0;
		if (!s->stdin_open)
			(void)shutdown(s->stream.fd, SHUT_WR);
	}
}

/* Returns true when the detach keys were typed. */
static bool take_input(struct session *s)
{
	char buf[SESSION_CHUNK];
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));
	bool detached = false;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return false;
	if (n <= 0) {
		s->stdin_open = false;
		(void)shutdown(s->stream.fd, SHUT_WR);
		return false;
	}
	if (s->terminal)
		detached = escape_keys_feed(&s->keys, buf, (size_t)n, &s->to_send);
	else
		strbuf_add(&s->to_send, buf, (size_t)n);
	if (s->to_send.len)
		send_input(s);
	return detached;
}

/* The exit's frame is the last: its engine has things to clear away before it closes. */
static bool exit_is_whole(const struct session *s)
{
	return s->exit_len > 0 && s->demux.left == 0;
}

static int session_loop(struct session *s, enum session_end *ret_end)
{
	int r = s->stream.rest.len ? deliver(s, s->stream.rest.data, s->stream.rest.len) : 0;

	while (r >= 0 && !exit_is_whole(s)) {
		bool waiting = s->to_send.len > 0;
		struct pollfd fds[] = {
			{ .fd = s->stream.fd, .events = POLLIN | (waiting ? POLLOUT : 0) },
			{ .fd = s->stdin_open && !waiting ? STDIN_FILENO : -1, .events = POLLIN },
			{ .fd = s->signal_fd, .events = POLLIN },
		};

		if (poll(fds, ARRAY_SIZE(fds), -1) < 0) {
			r = errno == EINTR ? 1 : -errno;
			continue;
		}
		if (fds[2].revents)
			take_signals(s);
		if (fds[0].revents & POLLOUT)
			send_input(s);
		if (fds[0].revents & (POLLIN | POLLHUP | POLLERR)) {
			r = take_output(s);
			if (r == 0) {
				*ret_end = SESSION_ENDED;
				return 0;
			}
		}
		if (r >= 0 && fds[1].revents && take_input(s)) {
			*ret_end = SESSION_DETACHED;
			return 0;
		}
	}
	return r;
}

int session_run(struct session *s, enum session_end *ret_end, struct error *err)
{
	int r;

	s->stdin_open = s->want_stdin;
	if (s->want_stdin && s->terminal && isatty(STDIN_FILENO)) {
		r = tty_make_raw(&s->tty, STDIN_FILENO, err);
		if (r < 0)
			return r;
	}
	r = session_loop(s, ret_end);
	tty_restore(&s->tty);
	if (r == -EPIPE)
		command_die_of_pipe();
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "stream of the container") : 0;
}

int session_wait(struct session *s, struct client_stream *wait, int *ret_code, struct error *err)
{
	while (!client_stream_buffered(wait)) {
		struct pollfd fds[] = {
			{ .fd = wait->http.fd, .events = POLLIN },
			{ .fd = s->signal_fd, .events = POLLIN },
		};

		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return error_set(err, ERR_SYSTEM, errno, "poll");
		if (fds[1].revents)
			take_signals(s);
		if (fds[0].revents)
			break;
	}
	return client_wait_finish(wait, ret_code, err);
}
