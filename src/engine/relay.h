/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client's stream and a monitor's socket, brought together until one of them ends: the loop that
 * attach and exec share. Neither direction holds up the other: input that the monitor does not take
 * stops the reading of input only, a client that does not read stops output only. What a client has
 * said before it went still goes in.
 */
#pragma once

#include "engine/detach-keys.h"
#include "engine/engine.h"
#include "engine/monitor-client.h"

enum relay_end {
	RELAY_EXIT,	/* the monitor told of the end: exit_code */
	RELAY_DETACHED, /* the detach keys were struck */
	RELAY_CLIENT_GONE,
	RELAY_LOST, /* the monitor went without a word */
};

struct relay {
	struct monitor_link link;
	struct detach_keys keys;
	bool want_stdin;
	bool started;  /* the monitor has said something */
	bool in_ended; /* the client's input */
	bool eof_sent;
	bool full;	     /* the client cannot take more output now */
	bool deaf;	     /* the client takes none any more */
	struct strbuf input; /* on its way to the monitor */
	int exit_code;
	bool will_restart;  /* the monitor starts it again after that exit */
	enum relay_end end; /* of relay_run */
};

#define RELAY_INIT                                                                                 \
	{                                                                                          \
		.link = MONITOR_LINK_INIT, .input = STRBUF_INIT                                    \
	}

/* Until relay->end. */
must_check int relay_run(struct relay *relay, struct engine_stream *stream, struct error *err);
void relay_release(struct relay *relay);
