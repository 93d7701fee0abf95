/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session with a container's (or an exec's) streams: our stdin goes to the hijacked connection,
 * what comes back goes to stdout and stderr, signals and sizes of the terminal are passed on as
 * requests. One poll loop, no threads.
 */
#pragma once

#include <signal.h>

#include "cli/command.h"
#include "cli/escape-keys.h"
#include "cli/tty.h"
#include "http/hijack.h"

enum session_end {
	SESSION_ENDED,	  /* the engine closed the stream: the program ended or its streams did */
	SESSION_DETACHED, /* the detach keys were typed                                         */
};

struct session {
	struct cli *cli;
	const char *id; /* of the container, or of the exec                                   */
	bool is_exec;	/* resizes go to /exec, signals nowhere                               */
	bool want_stdin, terminal;
	bool sig_proxy;
	struct escape_keys keys;
	struct client_hijack stream;

	/* inside */
	struct tty tty;
	int signal_fd; /* -1 none */
	sigset_t old_mask;
	bool stdin_open;
	struct strbuf to_send; /* typed and not yet taken by the engine */
	size_t sent;
	struct hijack_demux demux;
	char exit_text[16];
	size_t exit_len;
};

#define SESSION_INIT                                                                               \
	{                                                                                          \
		.stream = CLIENT_HIJACK_INIT, .tty = TTY_INIT, .signal_fd = -1                     \
	}

/* Catch the signals that are passed on; from here on they wait for session_run. */
must_check int session_catch_signals(struct session *s, struct error *err);
/* Tell the container our terminal's size. */
void session_resize(struct session *s);
/* The same, so that a program that draws a screen draws it anew: one size larger, then the right
 * one. */
void session_redraw(struct session *s);
/* Pass bytes until the stream ends or the user detaches. The terminal is raw meanwhile, when it is
 * one. */
must_check int session_run(struct session *s, enum session_end *ret_end, struct error *err);
/* Behind the end of the stream: whether it told the exit code. */
bool session_exit_told(const struct session *s, int *ret_code);
/* Behind the end of the stream: the exit code, signals still passed on meanwhile. */
must_check int session_wait(struct session *s, struct client_stream *wait, int *ret_code,
			    struct error *err);
void session_release(struct session *s);

/* "the input device is not a TTY" when a terminal is asked for and stdin is none. */
must_check int session_check_tty(bool want_stdin, bool terminal, struct error *err);
