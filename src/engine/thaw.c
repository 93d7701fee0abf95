/* SPDX-License-Identifier: Apache-2.0 */
/* Whoever pauses a container for a moment may be killed in it: a process of its own waits for that.
 * One byte tells it that all went well; the mere end of the pipe that it did not. */
#include "engine/thaw.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/strv.h"
#include "engine/instance.h"
#include "engine/start.h"
#include "sys/fd.h"
#include "sys/process.h"

int thaw_guard(struct engine *e, const char *id, struct thaw *ret, struct error *err)
{
	cleanup(strv_release) char **argv = hoyd_command(e, "--thaw", id);
	cleanup_fd int read_fd = -1, write_fd = -1;
	int r = fd_pipe(&read_fd, &write_fd);
	const struct fd_map fds[] = { { read_fd, STDIN_FILENO } };
	const struct spawn spawn = { .file = argv[0],
				     .argv = argv,
				     .fds = fds,
				     .n_fds = 1,
				     .dirfd = -1,
				     .new_session = true };

	if (r >= 0)
		r = process_spawn(&spawn, &ret->pidfd, NULL);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "start %s", argv[0]);
	ret->fd = take_fd(&write_fd);
	return 0;
}

void thaw_done(struct thaw *thaw)
{
	int status;

	if (thaw->fd >= 0)
		ignore_result(fd_write_all(thaw->fd, "d", 1));
	macros_close_fd(&thaw->fd);
	if (thaw->pidfd >= 0)
		ignore_result(process_wait(thaw->pidfd, &status));
	macros_close_fd(&thaw->pidfd);
	*thaw = (struct thaw)THAW_INIT;
}

int engine_thaw(struct engine *e, const char *id, struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	char byte;
	int r;

	if (fd_read_full(STDIN_FILENO, &byte, 1) != 0)
		return 0;
	r = instance_open(e, id, &in, err);
	if (r < 0 || in.rec.life.status != CONTAINER_PAUSED)
		return r;
	return engine_unpause(e, id, err);
}
