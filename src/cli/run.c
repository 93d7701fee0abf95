/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy run: create, attach, wait, start, in this order, so that no byte of output and no exit is
 * missed. An engine that can (http/hijack.h) does the last three in one request, on the connection
 * of the first; signals take one of their own then. Else, and with a terminal, whose stream has no
 * frames, attaching and waiting take a connection each; create, start, signals and sizes share a
 * third.
 */
#include <errno.h>
#include <stdio.h>

#include "cli/run-create.h"
#include "cli/session.h"
#include "client/containers.h"

static const struct arg_option run_rows[] = {
	ARG_BOOL(struct run_options, detach, "detach", 'd',
		 "Run in the background and print the container ID"),
	ARG_STR(struct run_options, detach_keys, "detach-keys", 0, "string",
		"Keys that detach from the container"),
	ARG_BOOL(struct run_options, sig_proxy, "sig-proxy", 0,
		 "Pass received signals to the process", .def = "true"),
};

static bool wants_attach(const struct container_config *c)
{
	return c->attach_stdin || c->attach_stdout || c->attach_stderr;
}

static int apply_detach(struct run_options *o, struct error *err)
{
	struct container_config *c = &o->request.config;

	if (!o->detach)
		return session_check_tty(c->attach_stdin, c->tty, err);
	if (o->attach)
		return error_set(err, ERR_INVALID, 0,
				 "conflicting options: cannot specify both --attach and --detach");
	c->attach_stdin = c->attach_stdout = c->attach_stderr = c->stdin_once = false;
	return 0;
}

/* The terminal's size goes with the request: the program's first look at it is right. */
static void set_console_size(struct host_config *hc)
{
	unsigned int height, width;

	tty_size(STDOUT_FILENO, &height, &width);
	hc->console_size[0] = height;
	hc->console_size[1] = width;
}

static int run_detached(struct cli *cli, const char *id, struct error *err)
{
	puts(id);
	(void)fflush(stdout);
	return client_start(&cli->client, id, err);
}

static struct client_attach_options attach_options(const struct run_options *o, bool start)
{
	const struct container_config *c = &o->request.config;

	return (struct client_attach_options){
		.want_stdin = c->attach_stdin,
		.want_stdout = c->attach_stdout,
		.want_stderr = c->attach_stderr,
		.start = start,
		.detach_keys = o->detach_keys,
	};
}

/* Both requests are under way at once; both have been answered when this returns. */
static int attach_and_wait(struct session *s, const struct run_options *o,
			   struct client_stream *wait, struct error *err)
{
	const struct client_attach_options attach = attach_options(o, false);
	cleanup(http_client_release) struct http_client attach_http = HTTP_CLIENT_INIT,
							wait_http = HTTP_CLIENT_INIT;
	const char *condition = o->request.host_config.auto_remove ? "removed" : "next-exit";
	int r;

	r = client_attach_begin(&s->cli->client, s->id, &attach, &attach_http, err);
	if (r == 0)
		r = client_wait_begin(&s->cli->client, s->id, condition, &wait_http, err);
	if (r == 0)
		r = client_hijack_finish(&attach_http, &s->stream, err);
	return r < 0 ? r : client_stream_finish(&wait_http, wait, err);
}

/* Between start and exit. Returns the exit code of the program. */
static int run_started(struct session *s, struct client_stream *wait, struct error *err)
{
	enum session_end end = SESSION_ENDED;
	int code = 0, r;

	r = session_run(s, &end, err);
	if (r < 0)
		return r;
	if (end == SESSION_DETACHED)
		return 0;
	if (!wait->http.in && session_exit_told(s, &code))
		return code;
	if (!wait->http.in) /* its worker was killed */
		r = client_wait_open(&s->cli->client, s->id, "not-running", wait, err);
	if (r == 0)
		r = session_wait(s, wait, &code, err);
	return r < 0 ? r : code;
}

static int run_at_once(struct session *s, const struct run_options *o, struct error *err)
{
	const struct client_attach_options attach = attach_options(o, true);
	cleanup(client_stream_release) struct client_stream wait = CLIENT_STREAM_INIT;
	int r = client_attach(&s->cli->client, s->id, &attach, &s->stream, err);

	return r < 0 ? r : run_started(s, &wait, err);
}

static int run_attached(struct cli *cli, const struct run_options *o, const char *id,
			struct error *err)
{
	const struct container_config *c = &o->request.config;
	bool removed = o->request.host_config.auto_remove;
	cleanup(client_stream_release) struct client_stream wait = CLIENT_STREAM_INIT;
	cleanup(session_release) struct session s = SESSION_INIT;
	int r = escape_keys_parse(o->detach_keys, &s.keys, err), code;

	if (r < 0)
		return r;
	s.cli = cli;
	s.id = id;
	s.want_stdin = c->attach_stdin;
	s.terminal = c->tty;
	s.sig_proxy = o->sig_proxy;
	r = session_catch_signals(&s, err);
	if (r == 0 && cli->client.exit_frames && !c->tty)
		return run_at_once(&s, o, err);
	if (r == 0)
		r = attach_and_wait(&s, o, &wait, err);
	if (r < 0)
		return r;
	r = client_start(&cli->client, id, err);
	if (r < 0) {
		/* A --rm container goes when it cannot be started; nothing of it shall be left when
		 * we end. */
		client_hijack_release(&s.stream);
		if (removed && client_wait_finish(&wait, &code, NULL) < 0)
			return r;
		return r;
	}
	return run_started(&s, &wait, err);
}

static int run_container(struct cli *cli, struct run_options *o, struct error *err)
{
	bool attached = wants_attach(&o->request.config);
	cleanup_free char *id = NULL;
	int r;

	set_console_size(&o->request.host_config);
	r = client_preconnect(&cli->client, attached && o->request.config.tty ? 3 : 1, err);
	if (r < 0)
		return r;
	r = container_create(cli, o, &id, err);
	if (r < 0)
		return r;
	return attached ? run_attached(cli, o, id, err) : run_detached(cli, id, err);
}

static int run_run(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	struct run_options *o = options;
	int r = run_options_finish(o, argv, err);

	if (r < 0) {
		run_options_release(o);
		return container_report_usage(cli->path, err);
	}
	r = apply_detach(o, err);
	if (r == 0) {
		r = run_container(cli, o, err);
		if (r < 0)
			r = container_report(cli->path, err);
	}
	run_options_release(o);
	return r;
}

const struct command cmd_run = {
	.spec =
		{
			.usage = "[OPTIONS] IMAGE [COMMAND] [ARG...]",
			.summary = "Create and run a new container from an image",
			ARG_OPTIONS(run_rows),
			.parent = &run_options_spec,
			.flags = ARGS_STOP_AT_FIRST,
			.min_args = 1,
			.max_args = -1,
		},
	.options_size = sizeof(struct run_options),
	.run = run_run,
};
