/* SPDX-License-Identifier: Apache-2.0 */
/* hoy system dial-stdio: our standard streams become a connection to the engine. What ssh:// runs
 * at the other end. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/command.h"
#include "sys/fd.h"

enum { CHUNK = 64 * 1024 };

/* What the engine says. A reader who is gone is seen while the engine is silent, too: else the
 * connection that nobody listens to would last as long as the engine likes. */
static int carry_output(int fd)
{
	static char data[CHUNK];

	for (;;) {
		struct pollfd fds[] = { { fd, POLLIN, 0 }, { STDOUT_FILENO, 0, 0 } };
		ssize_t n;

		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return -errno;
		if (fds[1].revents & (POLLERR | POLLHUP))
			return -EPIPE;
		n = recv(fd, data, sizeof(data), MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			return n == 0 ? 0 : -errno;
		if (n > 0 && fd_write_all(STDOUT_FILENO, data, (size_t)n) < 0)
			return -EPIPE;
	}
}

/* The child carries what we are given to the engine, and its end. */
static _Noreturn void carry_input(int fd, pid_t parent)
{
	static char data[CHUNK];
	ssize_t n;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	while ((n = read(STDIN_FILENO, data, sizeof(data))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || fd_write_all(fd, data, (size_t)n) < 0)
			break;
	}
	(void)shutdown(fd, SHUT_WR);
	_exit(0);
}

static int run_dial_stdio(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	cleanup_fd int fd = -1;
	pid_t self = getpid(), child;
	int r = client_connect(&cli->client, &fd, err);

	if (r < 0)
		return r;
	child = fork();
	if (child < 0)
		return error_set(err, ERR_SYSTEM, errno, "fork");
	if (child == 0)
		carry_input(fd, self);
	r = carry_output(fd);
	(void)kill(child, SIGKILL); /* ours, and not waited for yet */
	(void)waitpid(child, NULL, 0);
	return r < 0 && r != -EPIPE ? error_set(err, ERR_SYSTEM, -r, "read from the engine") : 0;
}

const struct command cmd_dial_stdio = {
	.spec =
		{
			.usage = "",
			.summary = "Proxy the stdio stream to the engine's connection; for ssh://",
		},
	.run = run_dial_stdio,
};
