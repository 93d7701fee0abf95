/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Engine workers that are connected to this monitor, and what they have yet to be sent.
 *
 * Invariants: (1) there is at most one frame under way: `frame` with `data`, and exactly those with
 * `owes` have not got it. (2) While anyone owes, nothing else is broadcast, so the caller reads no
 * output (back-pressure). (3) stall_at is set exactly while anyone owes: whoever owes then is
 * dropped, so no client holds the container for ever. (4) late_at likewise, while one owes who came
 * when the container ran already: that one is dropped much sooner. Whoever was there from the
 * beginning is whom the output is for, and may be a pipe's reader that takes its time.
 */
#pragma once

#include "base/error.h"
#include "wire/monitor.h"

struct client {
	int fd; /* -1: dropped, swept by clients_sweep */
	unsigned int flags;
	bool late;  /* came to a container that runs */
	bool hello; /* said what it wants */
	bool owes;
	bool deaf; /* takes nothing any more: what it has said is still to be read, and its end */
};

struct clients {
	int listen_fd;
	struct client *list;
	size_t n;
	struct monitor_frame frame;
	const void *data; /* the caller's, kept until nobody owes */
	size_t len;
	size_t n_owing, n_late_owing;
	int64_t stall_at; /* clock_monotonic; 0: nobody owes */
	int64_t late_at;  /* likewise of the late ones */
	bool reaper_told; /* a MONITOR_WILL_REAP client got the EXIT frame */
	bool crowded;	  /* no fd for a further client, until one of these goes */
	bool input_ended; /* one that had stdin is gone; whoever acts on that resets it */
};

#define CLIENTS_INIT                                                                               \
	{                                                                                          \
		.listen_fd = -1                                                                    \
	}

/* Listen on monitor.sock, then connect to everyone in pending/. */
must_check int clients_open(int dirfd, struct clients *ret, struct error *err);
void clients_release(struct clients *clients);

/* Take a new connection of an engine of our own user. */
void clients_accept(struct clients *clients);

/* Receive from one client. 1: *ret and data are to be acted upon; 0: nothing (HELLO was noted, or
 * the client was dropped for good). */
int clients_receive(struct clients *clients, size_t i, struct monitor_frame *ret, void *data,
		    size_t *ret_len);

/* To one client, at once or not at all: who cannot take an answer is dropped. */
void clients_answer(struct clients *clients, size_t i, const struct monitor_frame *frame);

/* To all who want any of these (MONITOR_WANT_*). Nobody may owe. */
void clients_broadcast(struct clients *clients, unsigned int want,
		       const struct monitor_frame *frame, const void *data, size_t len);
/* Tell those who want it that the log has grown. Whoever cannot take that now has yet to read that
 * it did. */
void clients_nudge(struct clients *clients);
/* Client i can be written to again. */
void clients_retry(struct clients *clients, size_t i);
/* When clients_drop_stalled is due; 0: nobody owes. */
int64_t clients_deadline(const struct clients *clients);
/* Drop those who held the container for too long. */
void clients_drop_stalled(struct clients *clients, int64_t now);

void clients_drop(struct clients *clients, size_t i);
/* Forget the dropped ones: indices change. */
void clients_sweep(struct clients *clients);
