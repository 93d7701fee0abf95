/* SPDX-License-Identifier: Apache-2.0 */
/* hoy attach */
#include <errno.h>
#include <stdio.h>

#include "cli/session.h"
#include "client/containers.h"

struct attach_flags {
	bool no_stdin, sig_proxy;
	char *detach_keys;
};

static const struct arg_option attach_rows[] = {
	ARG_STR(struct attach_flags, detach_keys, "detach-keys", 0, "string",
		"Keys that detach from the container"),
	ARG_BOOL(struct attach_flags, no_stdin, "no-stdin", 0, "Do not attach STDIN"),
	ARG_BOOL(struct attach_flags, sig_proxy, "sig-proxy", 0,
		 "Pass received signals to the process", .def = "true"),
};

static int check_state(const struct container_state *state, struct error *err)
{
	if (!state->running)
		return error_set(err, ERR_CONFLICT, 0,
				 "cannot attach to a stopped container, start it first");
	if (state->paused)
		return error_set(err, ERR_CONFLICT, 0,
				 "cannot attach to a paused container, unpause it first");
	if (state->restarting)
		return error_set(
			err, ERR_CONFLICT, 0,
			"cannot attach to a restarting container, wait until it is running");
	return 0;
}

static int attach_session(struct session *s, const struct attach_flags *flags, struct error *err)
{
	cleanup(client_stream_release) struct client_stream wait = CLIENT_STREAM_INIT;
	struct client_attach_options attach = {
		.want_stdin = s->want_stdin,
		.want_stdout = true,
		.want_stderr = true,
		.detach_keys = flags->detach_keys,
	};
	enum session_end end = SESSION_ENDED;
	int code = 0, r;

	r = client_wait_open(&s->cli->client, s->id, NULL, &wait, err);
	if (r == 0)
		r = session_catch_signals(s, err);
	if (r == 0)
		r = client_attach(&s->cli->client, s->id, &attach, &s->stream, err);
	if (r < 0)
		return r;
	if (s->terminal)
		session_redraw(s);
	r = session_run(s, &end, err);
	if (r < 0)
		return r;
	if (end == SESSION_DETACHED)
		return error_set(err, ERR_CONFLICT, 0, "read escape sequence");
	r = session_wait(s, &wait, &code, err);
	return r < 0 ? r : code;
}

static int run_attach(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct attach_flags *flags = options;
	cleanup(container_inspect_release) struct container_inspect c = { NULL };
	cleanup(session_release) struct session s = SESSION_INIT;
	int r = client_inspect(&cli->client, argv[0], &c, err);

	if (r == 0)
		r = check_state(&c.state, err);
	if (r == 0)
		r = escape_keys_parse(flags->detach_keys, &s.keys, err);
	if (r < 0)
		return r;
	s.cli = cli;
	s.id = c.id;
	s.want_stdin = !flags->no_stdin && c.config.open_stdin;
	s.terminal = c.config.tty;
	s.sig_proxy = flags->sig_proxy && !c.config.tty;
	r = session_check_tty(s.want_stdin, s.terminal, err);
	return r < 0 ? r : attach_session(&s, flags, err);
}

const struct command cmd_attach = {
	.spec =
		{
			.usage = "[OPTIONS] CONTAINER",
			.summary = "Attach local standard input, output, and error streams to a "
				   "running container",
			ARG_OPTIONS(attach_rows),
			.min_args = 1,
			.max_args = 1,
		},
	.options_size = sizeof(struct attach_flags),
	.run = run_attach,
};
