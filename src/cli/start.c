/* SPDX-License-Identifier: Apache-2.0 */
/* hoy start */
#include <errno.h>
#include <stdio.h>

#include "base/strv.h"
#include "cli/session.h"
#include "client/containers.h"

struct start_flags {
	bool attach, interactive;
	char *detach_keys, *checkpoint, *checkpoint_dir;
};

static const struct arg_option start_rows[] = {
	ARG_BOOL(struct start_flags, attach, "attach", 'a',
		 "Attach STDOUT/STDERR and pass signals on"),
	ARG_STR(struct start_flags, checkpoint, "checkpoint", 0, "string",
		"Restore from this checkpoint", .flags = ARG_HIDDEN),
	ARG_STR(struct start_flags, checkpoint_dir, "checkpoint-dir", 0, "string",
		"Directory of checkpoints", .flags = ARG_HIDDEN),
	ARG_STR(struct start_flags, detach_keys, "detach-keys", 0, "string",
		"Keys that detach from the container"),
	ARG_BOOL(struct start_flags, interactive, "interactive", 'i',
		 "Attach the container's STDIN"),
};

static int start_each(struct cli *cli, char **argv, struct error *err)
{
	cleanup(strv_release) char **failed = NULL;

	for (; *argv; argv++) {
		cleanup(error_release) struct error one = ERROR_INIT;

		if (client_start(&cli->client, *argv, &one) >= 0) {
			puts(*argv);
			(void)fflush(stdout);
			continue;
		}
		fprintf(stderr, "%s\n", error_text(&one));
		strv_push(&failed, *argv);
	}
	if (!failed)
		return 0;
	cleanup_free char *names = strv_join(failed, ", ");

	return error_set(err, ERR_SYSTEM, 0, "Error: failed to start containers: %s", names);
}

static int start_session(struct session *s, const struct container_inspect *c, const char *name,
			 struct error *err)
{
	cleanup(client_stream_release) struct client_stream wait = CLIENT_STREAM_INIT;
	enum session_end end = SESSION_ENDED;
	int code = 0, r;

	r = client_wait_open(&s->cli->client, c->id,
			     c->host_config.auto_remove ? "removed" : "next-exit", &wait, err);
	if (r == 0)
		r = client_start(&s->cli->client, name, err);
	if (r < 0)
		return r;
	if (s->terminal)
		session_resize(s);
	r = session_run(s, &end, err);
	if (r < 0 || end == SESSION_DETACHED)
		return r;
	r = session_wait(s, &wait, &code, err);
	return r < 0 ? r : code;
}

static int start_attached(struct cli *cli, const struct start_flags *flags, const char *name,
			  struct error *err)
{
	cleanup(container_inspect_release) struct container_inspect c = { NULL };
	cleanup(session_release) struct session s = SESSION_INIT;
	struct client_attach_options attach = { .want_stdout = true, .want_stderr = true };
	int r = client_inspect(&cli->client, name, &c, err);

	if (r == 0)
		r = escape_keys_parse(flags->detach_keys, &s.keys, err);
	if (r < 0)
		return r;
	s.cli = cli;
	s.id = c.id;
	s.want_stdin = flags->interactive && c.config.open_stdin;
	s.terminal = c.config.tty;
	s.sig_proxy = !c.config.tty;
	attach.want_stdin = s.want_stdin;
	attach.detach_keys = flags->detach_keys;
	r = session_catch_signals(&s, err);
	if (r == 0)
		r = client_attach(&cli->client, c.id, &attach, &s.stream, err);
	return r < 0 ? r : start_session(&s, &c, name, err);
}

static int run_start(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct start_flags *flags = options;

	if (flags->checkpoint || flags->checkpoint_dir)
		return error_set(err, ERR_NOT_IMPLEMENTED, 0, "checkpoints are not supported");
	if (!flags->attach && !flags->interactive)
		return start_each(cli, argv, err);
	if (argc > 1)
		return error_set(err, ERR_INVALID, 0,
				 "you cannot start and attach multiple containers at once");
	return start_attached(cli, flags, argv[0], err);
}

const struct command cmd_start = {
	.spec =
		{
			.usage = "[OPTIONS] CONTAINER [CONTAINER...]",
			.summary = "Start one or more stopped containers",
			ARG_OPTIONS(start_rows),
			.min_args = 1,
			.max_args = -1,
		},
	.options_size = sizeof(struct start_flags),
	.run = run_start,
};
