/* SPDX-License-Identifier: Apache-2.0 */
/* run and exec in the foreground: signals go to the process, bytes to and from its terminal, its
 * exit code is ours. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "runtime/start-container.h"
#include "sys/fd.h"
#include "sys/process.h"
#include "sys/pty.h"
#include "sys/signals.h"
#include "sys/unixsock.h"

enum { SLOT_PROCESS, SLOT_SIGNALS, SLOT_INPUT, SLOT_OUTPUT, SLOT_COUNT };

struct relay {
	struct pollfd fds[SLOT_COUNT];
	int master;
	bool raw;
	struct termios saved;
};

static void relay_release(struct relay *relay)
{
	if (relay->raw)
		ignore_result(pty_restore(STDIN_FILENO, &relay->saved)); /* nobody to tell */
	macros_close_fd(&relay->fds[SLOT_SIGNALS].fd);
	macros_close_fd(&relay->master);
}

static void copy_size(const struct relay *relay)
{
	unsigned int height, width;

	if (relay->master >= 0 && pty_get_size(STDIN_FILENO, &height, &width) == 0)
		ignore_result(pty_set_size(relay->master, height, width)); /* a cosmetic loss */
}

static int terminal_open(struct relay *relay, int console_fd, struct error *err)
{
	char name[256];
	ssize_t n = unixsock_recv_fd(console_fd, name, sizeof(name), &relay->master);

	if (n < 0)
		return error_set(err, ERR_SYSTEM, (int)-n, "receive the terminal");
	if (relay->master < 0)
		return 0; /* the config asks for none */
	relay->raw = pty_make_raw(STDIN_FILENO, &relay->saved) == 0;
	copy_size(relay);
	relay->fds[SLOT_INPUT] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
	relay->fds[SLOT_OUTPUT] = (struct pollfd){ .fd = relay->master, .events = POLLIN };
	return 0;
}

/* Returns false when the source has ended. */
static bool copy_some(int from, int to)
{
	char buf[16384];
	ssize_t n = read(from, buf, sizeof(buf));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	return n > 0 && fd_write_all(to, buf, (size_t)n) == 0;
}

/* What we adopted must not stay behind as zombies. Once the process itself has ended nobody is
 * reaped any more: any child may be that one, and it is left to process_wait. */
static void reap_adopted(int pidfd)
{
	for (;;) {
		siginfo_t child = { 0 }, own = { 0 };

		if (waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) < 0 || !child.si_pid)
			return;
		if (waitid(P_PIDFD, (id_t)pidfd, &own, WEXITED | WNOHANG | WNOWAIT) < 0 ||
		    own.si_pid)
			return;
		if (waitid(P_PID, (id_t)child.si_pid, &child, WEXITED | WNOHANG) < 0)
			return;
	}
}

static void forward_signals(const struct relay *relay, int pidfd)
{
	int sig;

	while ((sig = signals_read(relay->fds[SLOT_SIGNALS].fd)) > 0) {
		if (sig == SIGWINCH)
			copy_size(relay);
		else if (sig == SIGCHLD)
			reap_adopted(pidfd);
		else
			ignore_result(process_signal(pidfd, sig)); /* it may have ended */
	}
}

static void relay_step(struct relay *relay, int pidfd)
{
	if (relay->fds[SLOT_SIGNALS].revents)
		forward_signals(relay, pidfd);
	if (relay->fds[SLOT_INPUT].revents && !copy_some(STDIN_FILENO, relay->master))
		relay->fds[SLOT_INPUT].fd = -1;
	if (relay->fds[SLOT_OUTPUT].revents && !copy_some(relay->master, STDOUT_FILENO))
		relay->fds[SLOT_OUTPUT].fd = -1;
}

static int signals_forwarded(void)
{
	static const int signals[] = { SIGHUP,	SIGINT,	 SIGQUIT, SIGUSR1, SIGUSR2,  SIGTERM,
				       SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH, SIGCHLD };

	return signals_open(signals, ARRAY_SIZE(signals));
}

int relay_adopt(struct error *err)
{
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "become a subreaper");
	return 0;
}

int relay_until_exit(int pidfd, int console_fd, int *ret_status, struct error *err)
{
	cleanup(relay_release) struct relay relay = { .master = -1 };
	int r = 0;

	for (size_t i = 0; i < SLOT_COUNT; i++)
		relay.fds[i].fd = -1;
	relay.fds[SLOT_PROCESS] = (struct pollfd){ .fd = pidfd, .events = POLLIN };
	relay.fds[SLOT_SIGNALS] = (struct pollfd){ .fd = signals_forwarded(), .events = POLLIN };
	if (relay.fds[SLOT_SIGNALS].fd < 0)
		return error_set(err, ERR_SYSTEM, -relay.fds[SLOT_SIGNALS].fd, "open a signalfd");
	if (console_fd >= 0)
		r = terminal_open(&relay, console_fd, err);
	while (!r && !relay.fds[SLOT_PROCESS].revents) {
		if (poll(relay.fds, SLOT_COUNT, -1) < 0 && errno != EINTR)
			return error_set(err, ERR_SYSTEM, errno,
					 "wait for the container's process");
		relay_step(&relay, pidfd);
	}
	/* What the terminal still holds; its end is an error of read. */
	while (!r && relay.fds[SLOT_OUTPUT].fd >= 0 && copy_some(relay.master, STDOUT_FILENO))
		;
	if (r < 0)
		return r;
	r = process_wait(pidfd, ret_status);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "wait for the container's process");
	return 0;
}

int container_foreground(struct container *c, int pidfd, int console_fd, bool keep, int *ret_status,
			 struct error *err)
{
	int r = relay_until_exit(pidfd, console_fd, ret_status, err);

	if (keep)
		return r;
	if (r < 0) {
		ignore_result(container_destroy(c, NULL)); /* the first error is the one to tell */
		return r;
	}
	return container_destroy(c, err);
}
