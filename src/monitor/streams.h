/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's standard streams, from our side: three pipes, or one pseudo-terminal whose master
 * the runtime sends us over console.sock. All our ends are non-blocking.
 */
#pragma once

#include "base/error.h"
#include "wire/monitor.h"

struct streams {
	bool terminal;
	int in_fd;	 /* stdin's write end; -1 closed or none. With a terminal: the master */
	int out_fd[2];	 /* stdout's and stderr's read ends; a terminal: only [0], the master */
	int child_fd[3]; /* what the runtime gets as 0, 1, 2; -1 /dev/null */
	int console_fd;	 /* console.sock, until the master came */
	char *in;	 /* stdin bytes that did not fit yet, MONITOR_DATA_MAX; made when needed */
	size_t in_pos, in_len;
	bool in_closing; /* close stdin when in is empty */
};

#define STREAMS_INIT                                                                               \
	{                                                                                          \
		.in_fd = -1, .out_fd = { -1, -1 }, .child_fd = { -1, -1, -1 }, .console_fd = -1    \
	}

must_check int streams_open(const struct monitor_args *args, int dirfd, struct streams *ret,
			    struct error *err);
/* The runtime is gone and the container runs: drop the container's ends, or take the terminal that
 * was sent. */
must_check int streams_started(struct streams *io, struct error *err);

/* Bytes of stream 1 or 2: > 0; 0: none now; -EPIPE: the stream ended (and was closed). */
must_check ssize_t streams_read(struct streams *io, int stream, void *data, size_t max);

/* Give bytes to the container's stdin. They are kept when it is full: streams_in_full is true then
 * and no more may be given before streams_in_flush made room. A closed stdin swallows them. */
void streams_write(struct streams *io, const void *data, size_t len);
bool streams_in_full(const struct streams *io);
void streams_in_flush(struct streams *io);
/* No more input: close when what is kept was taken. A terminal stays open. */
void streams_in_end(struct streams *io);

void streams_release(struct streams *io);
