/* SPDX-License-Identifier: Apache-2.0 */
/* hoy exec */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "cli/flag-values.h"
#include "cli/key-value.h"
#include "cli/session.h"
#include "client/containers.h"

struct exec_flags {
	struct exec_create_request request;
	char **env, **env_files;
	bool interactive;
};

static const struct arg_option exec_rows[] = {
	ARG_BOOL(struct exec_flags, request.detach, "detach", 'd',
		 "Run the command in the background"),
	ARG_STR(struct exec_flags, request.detach_keys, "detach-keys", 0, "string",
		"Keys that detach from the container"),
	ARG_FUNC(struct exec_flags, env, "env", 'e', "list", set_env, "Set environment variables"),
	ARG_LIST(struct exec_flags, env_files, "env-file", 0, "list",
		 "Read environment variables from a file"),
	ARG_BOOL(struct exec_flags, interactive, "interactive", 'i',
		 "Keep STDIN open even if not attached"),
	ARG_BOOL(struct exec_flags, request.privileged, "privileged", 0,
		 "Give the command all rights"),
	ARG_BOOL(struct exec_flags, request.tty, "tty", 't', "Allocate a pseudo-TTY"),
	ARG_STR(struct exec_flags, request.user, "user", 'u', "string",
		"Username or UID (format: \"<name|uid>[:<group|gid>]\")"),
	ARG_STR(struct exec_flags, request.working_dir, "workdir", 'w', "string",
		"Working directory inside the container"),
};

static int exec_request(struct exec_flags *flags, char **command, struct error *err)
{
	struct exec_create_request *req = &flags->request;
	unsigned int height = 0, width = 0;
	int r = key_values_read_files(flags->env_files, true, &req->env, err);

	if (r < 0)
		return r;
	strv_extend(&req->env, flags->env);
	strv_extend(&req->cmd, command);
	if (req->detach)
		return 0;
	req->attach_stdin = flags->interactive;
	req->attach_stdout = req->attach_stderr = true;
	if (req->tty)
		tty_size(STDOUT_FILENO, &height, &width);
	if (height && width) {
		req->console_size = xcalloc(2, sizeof(*req->console_size));
		req->n_console_size = 2;
		req->console_size[0] = height;
		req->console_size[1] = width;
	}
	return session_check_tty(req->attach_stdin, req->tty, err);
}

static int exec_session(struct session *s, const struct exec_flags *flags, struct error *err)
{
	cleanup(exec_inspect_release) struct exec_inspect state = { NULL };
	struct exec_start_request start = {
		.tty = flags->request.tty,
		.console_size = flags->request.console_size,
		.n_console_size = flags->request.n_console_size,
	};
	enum session_end end = SESSION_ENDED;
	int r = session_catch_signals(s, err), code;

	if (r == 0)
		r = client_exec_start(&s->cli->client, s->id, &start, &s->stream, err);
	if (r == 0)
		r = session_run(s, &end, err);
	if (r < 0)
		return r;
	if (end == SESSION_DETACHED)
		return error_set(err, ERR_CONFLICT, 0, "read escape sequence");
	client_hijack_release(&s->stream);
	if (session_exit_told(s, &code))
		return code;
	r = client_exec_inspect(&s->cli->client, s->id, &state, err);
	return r < 0 ? r : (int)state.exit_code.value;
}

static int exec_attached(struct cli *cli, const struct exec_flags *flags, const char *exec_id,
			 struct error *err)
{
	cleanup(session_release) struct session s = SESSION_INIT;
	int r = escape_keys_parse(flags->request.detach_keys, &s.keys, err);

	if (r < 0)
		return r;
	s.cli = cli;
	s.id = exec_id;
	s.is_exec = true;
	s.want_stdin = flags->interactive;
	s.terminal = flags->request.tty;
	return exec_session(&s, flags, err);
}

/* A command that cannot be started has docker's exit codes, wherever the engine noticed it. */
static int report_exec(const struct error *err)
{
	if (strstr(error_text(err), "executable file not found"))
		return EXIT_NOT_FOUND;
	if (strstr(error_text(err), "OCI runtime exec failed"))
		return EXIT_CANNOT_INVOKE;
	return 1;
}

static int run_exec(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	struct exec_flags *flags = options;
	struct exec_start_request detached = { .detach = true, .tty = flags->request.tty };
	cleanup_free char *exec_id = NULL;
	int r = exec_request(flags, argv + 1, err);

	if (r == 0)
		r = client_preconnect(&cli->client, flags->request.tty ? 2 : 1, err);
	if (r == 0)
		r = client_exec_create(&cli->client, argv[0], &flags->request, &exec_id, err);
	if (r == 0)
		r = flags->request.detach
			    ? client_exec_start(&cli->client, exec_id, &detached, NULL, err)
			    : exec_attached(cli, flags, exec_id, err);
	exec_create_request_release(&flags->request);
	strv_release(&flags->env);
	if (r < 0 && report_exec(err) != 1) {
		dprintf(STDERR_FILENO, "%s\n", error_text(err));
		r = report_exec(err);
		error_release(err);
	}
	return r;
}

const struct command cmd_exec = {
	.spec =
		{
			.usage = "[OPTIONS] CONTAINER COMMAND [ARG...]",
			.summary = "Execute a command in a running container",
			ARG_OPTIONS(exec_rows),
			.flags = ARGS_STOP_AT_FIRST,
			.min_args = 2,
			.max_args = -1,
		},
	.options_size = sizeof(struct exec_flags),
	.run = run_exec,
};
