/* SPDX-License-Identifier: Apache-2.0 */
/* hoy system dial-stdio: our standard streams become a connection to the engine. What ssh:// runs
 * at the other end. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/command.h"
#include "sys/fd.h"

enum { CHUNK = 64 * 1024 };

static int copy(int from, int to)
{
	static char data[CHUNK];
	ssize_t n;

	while ((n = read(from, data, sizeof(data))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (fd_write_all(to, data, (size_t)n) < 0)
			return -EPIPE;
	}
	return 0;
}

/* The child carries what we are given to the engine, and its end. */
static _Noreturn void carry_input(int fd, pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	ignore_result(copy(STDIN_FILENO, fd));
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
	r = copy(fd, STDOUT_FILENO);
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
