/* SPDX-License-Identifier: Apache-2.0 */
/* Starting hoy-dial, and its answer. */
#include "http/dial.h"

#include <errno.h>
#include <sys/socket.h>

#include "sys/process.h"
#include "sys/unixsock.h"

static int check_answer(ssize_t n, struct dial_answer *answer, int fd, struct error *err)
{
	if (n != sizeof(*answer) || (answer->errnum == 0 && fd < 0))
		return error_set(err, ERR_UNAVAILABLE, n < 0 ? (int)-n : EPROTO,
				 "hoy-dial ended without a word");
	answer->text[sizeof(answer->text) - 1] = '\0';
	if (answer->errnum != 0)
		return error_set(err, ERR_UNAVAILABLE, answer->errnum, "%s", answer->text);
	return 0;
}

int dial_tcp(const char *program, const char *host, const char *port, int *ret_fd,
	     struct error *err)
{
	const char *const argv[] = { program, host, port, NULL };
	cleanup_fd int ours = -1, theirs = -1, pidfd = -1, fd = -1;
	struct dial_answer answer;
	int pair[2], status, r;
	ssize_t n;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pair of sockets");
	ours = pair[0];
	theirs = pair[1];
	r = process_spawn(&(struct spawn){ .file = program,
					   .argv = (char *const *)argv,
					   .fds = &(struct fd_map){ theirs, DIAL_ANSWER_FD },
					   .n_fds = 1,
					   .dirfd = -1 },
			  &pidfd, NULL);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "run %s", program);
	macros_close_fd(&theirs);
	n = unixsock_recv_fd(ours, &answer, sizeof(answer), &fd);
	r = check_answer(n, &answer, fd, err);
	ignore_result(process_wait(pidfd, &status)); /* it has said all that it knows */
	if (r >= 0)
		*ret_fd = take_fd(&fd);
	return r;
}
