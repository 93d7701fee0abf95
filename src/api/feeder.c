/* SPDX-License-Identifier: Apache-2.0 */
/* The process between a chunked body and a pipe. Holds the connection and the pipe's write end,
 * no more rights needed. */
#include "api/feeder.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "sys/fd.h"
#include "sys/process.h"

enum { PIECE = 64 * 1024 };

/* In the child. A reader that closes early ends it by SIGPIPE, which is as it should be. */
static _Noreturn void feed(struct http_server *http, int out, pid_t worker)
{
	cleanup_free char *buf = xmalloc(PIECE);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != worker)
		_exit(1);
	for (;;) {
		ssize_t n = http_server_body(http, buf, PIECE);

		if (n == 0)
			_exit(0);
		if (n < 0) {
			(void)kill(worker, SIGTERM);
			pause(); /* keeps the pipe open: no end of file for a part of a body */
			_exit(1);
		}
		if (fd_write_all(out, buf, (size_t)n) < 0)
			_exit(1);
	}
}

int feeder_start(struct request *req, struct feeder *ret, struct error *err)
{
	cleanup(feeder_release) struct feeder feeder = FEEDER_INIT;
	cleanup_fd int write_fd = -1;
	pid_t worker = getpid(), pid;
	int r = fd_pipe(&feeder.fd, &write_fd);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "make a pipe for the request's body");
	req->http->keep_alive = false;
	pid = fork();
	if (pid < 0)
		return error_set(err, ERR_SYSTEM, errno, "fork to read the request's body");
	if (pid == 0) {
		macros_close_fd(&feeder.fd);
		feed(req->http, write_fd, worker);
	}
	feeder.pidfd = process_pidfd(pid);
	*ret = feeder;
	feeder = (struct feeder)FEEDER_INIT;
	return 0;
}

void feeder_release(struct feeder *feeder)
{
	int status;

	macros_close_fd(&feeder->fd);
	if (feeder->pidfd >= 0)
		(void)!process_wait(feeder->pidfd, &status);
	macros_close_fd(&feeder->pidfd);
	*feeder = (struct feeder)FEEDER_INIT;
}
