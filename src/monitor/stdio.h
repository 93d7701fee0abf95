/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's standard streams, from our side: three pipes, or one pseudo-terminal whose master
 * the runtime sends us over console.sock. All our ends are non-blocking.
 */
#pragma once

#include "base/error.h"
#include "wire/monitor.h"

struct stdio {
	bool terminal;
	int in_fd;	  /* stdin's write end; -1 closed or none. With a terminal: the master */
	int out_fd[2];	  /* stdout and stderr, read ends; with a terminal only [0], the master too */
	int child_fd[3];  /* what the runtime gets as 0, 1, 2; -1 /dev/null */
	int console_fd;	  /* console.sock, until the master came */
	char *in;	  /* stdin bytes that did not fit yet, MONITOR_DATA_MAX; made when needed */
	size_t in_pos, in_len;
	bool in_closing;  /* close stdin when in is empty */
};

#define STDIO_INIT                                                                                 \
	{ .in_fd = -1, .out_fd = { -1, -1 }, .child_fd = { -1, -1, -1 }, .console_fd = -1 }

must_check int stdio_open(const struct monitor_args *args, int dirfd, struct stdio *ret,
			  struct error *err);
/* The runtime is gone and the container runs: drop the container's ends, or take the terminal that
 * was sent. */
must_check int stdio_started(struct stdio *io, const struct monitor_args *args, struct error *err);

/* Bytes of stream 1 or 2: > 0; 0: none now; -EPIPE: the stream ended (and was closed). */
must_check ssize_t stdio_read(struct stdio *io, int stream, void *data, size_t max);

/* Give bytes to the container's stdin. They are kept when it is full: then stdio_in_full is true and
 * no more may be given before stdio_in_flush made room. A closed stdin swallows them. */
void stdio_write(struct stdio *io, const void *data, size_t len);
bool stdio_in_full(const struct stdio *io);
void stdio_in_flush(struct stdio *io);
/* No more input: close when what is kept was taken. A terminal stays open. */
void stdio_in_end(struct stdio *io);

void stdio_release(struct stdio *io);
