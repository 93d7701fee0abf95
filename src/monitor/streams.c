/* SPDX-License-Identifier: Apache-2.0 */
/* The container's standard streams: from the container's write(2) to clients and logfile. */
#include "monitor/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "sys/fd.h"
#include "sys/unixsock.h"

static int open_pipes(const struct monitor_args *args, struct streams *io)
{
	int r = 0;

	if (args->stdin_open)
		r = fd_pipe(&io->child_fd[0], &io->in_fd);
	for (int i = 0; r == 0 && i < 2; i++)
		r = fd_pipe(&io->out_fd[i], &io->child_fd[1 + i]);
	for (int i = 0; r == 0 && i < 2; i++)
		r = fd_set_nonblock(io->out_fd[i], true);
	if (r == 0 && io->in_fd >= 0)
		r = fd_set_nonblock(io->in_fd, true);
	return r;
}

int streams_open(const struct monitor_args *args, int dirfd, struct streams *ret, struct error *err)
{
	struct streams io cleanup(streams_release) = STREAMS_INIT;
	int r;

	io.terminal = args->terminal;
	if (args->terminal) {
		r = unixsock_listen_at(dirfd, "console.sock", SOCK_STREAM, 0600);
		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "make the console socket");
		io.console_fd = r;
		/* What the runtime itself has to say, should it fail. */
		r = fd_pipe(&io.out_fd[1], &io.child_fd[2]);
	} else {
		r = open_pipes(args, &io);
	}
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "make the container's pipes");
	*ret = io;
	io = (struct streams)STREAMS_INIT;
	return 0;
}

/* The connection waits already: the runtime sent the master before it ended. */
static int receive_master(struct streams *io)
{
	int conn cleanup_fd = -1;
	char name[256];
	ssize_t n;
	int r = fd_set_nonblock(io->console_fd, true);

	if (r < 0)
		return r;
	conn = unixsock_accept(io->console_fd);
	if (conn < 0)
		return conn;
	n = unixsock_recv_fd(conn, name, sizeof(name), &io->out_fd[0]);
	if (n < 0)
		return (int)n;
	return io->out_fd[0] < 0 ? -ENOTTY : 0;
}

static void close_child_ends(struct streams *io)
{
	for (int i = 0; i < 3; i++)
		macros_close_fd(&io->child_fd[i]);
	macros_close_fd(&io->console_fd);
}

int streams_started(struct streams *io, struct error *err)
{
	int r = 0;

	if (io->terminal) {
		macros_close_fd(&io->out_fd[1]);
		r = receive_master(io);
		if (r == 0)
			r = fd_set_nonblock(io->out_fd[0], true);
		if (r == 0 && (io->in_fd = fcntl(io->out_fd[0], F_DUPFD_CLOEXEC, 3)) < 0)
			r = -errno;
	}
	close_child_ends(io);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "receive the container's terminal") : 0;
}

ssize_t streams_read(struct streams *io, int stream, void *data, size_t max)
{
	int *fd = &io->out_fd[stream - 1];
	ssize_t n;

	do
		n = read(*fd, data, max);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		return n;
	if (n < 0 && errno == EAGAIN)
		return 0;
	/* End of file, or EIO of a terminal whose other side was closed by all. */
	macros_close_fd(fd);
	if (io->terminal)
		macros_close_fd(&io->in_fd);
	return -EPIPE;
}

static void close_in(struct streams *io)
{
	macros_close_fd(&io->in_fd);
	io->in_pos = io->in_len = 0;
}

/* Returns how much was taken; a stdin that nobody reads any more is closed. */
static size_t write_some(struct streams *io, const char *data, size_t len)
{
	size_t done = 0;

	while (io->in_fd >= 0 && done < len) {
		ssize_t n = write(io->in_fd, data + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0 && !io->terminal)
			close_in(io);
		if (n < 0)
			return len;
		done += (size_t)n;
	}
	return io->in_fd < 0 ? len : done;
}

void streams_write(struct streams *io, const void *data, size_t len)
{
	size_t done = io->in_closing ? len : write_some(io, data, len);

	if (done == len)
		return;
	if (!io->in)
		io->in = xmalloc(MONITOR_DATA_MAX);
	memcpy(io->in, (const char *)data + done, len - done);
	io->in_pos = 0;
	io->in_len = len - done;
}

bool streams_in_full(const struct streams *io)
{
	return io->in_len > 0;
}

void streams_in_flush(struct streams *io)
{
	size_t done = write_some(io, io->in + io->in_pos, io->in_len);

	io->in_pos += done;
	io->in_len = io->in_len > done ? io->in_len - done : 0;
	if (io->in_len == 0 && io->in_closing)
		close_in(io);
}

void streams_in_end(struct streams *io)
{
	if (io->terminal)
		return;
	io->in_closing = true;
	if (io->in_len == 0)
		close_in(io);
}

void streams_release(struct streams *io)
{
	if (!io)
		return;
	close_child_ends(io);
	macros_close_fd(&io->in_fd);
	macros_close_fd(&io->out_fd[0]);
	macros_close_fd(&io->out_fd[1]);
	free(io->in);
	*io = (struct streams)STREAMS_INIT;
}
