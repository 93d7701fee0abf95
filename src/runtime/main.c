/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy-runtime: the OCI runtime, with runc's command line. This file: global options, the table of
 * commands, how errors come out. A failure is told on stderr in plain words, and with --log also as
 * one line of the log.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/args.h"
#include "base/strbuf.h"
#include "oci/runtime-spec.h"
#include "runtime/command.h"
#include "runtime/journal.h"
#include "runtime/rootless.h"
#include "runtime/seal.h"

static const struct command *const commands[] = {
	&cmd_checkpoint, &cmd_create, &cmd_delete, &cmd_events, &cmd_exec,    &cmd_features,
	&cmd_kill,	 &cmd_list,   &cmd_pause,  &cmd_ps,	&cmd_restore, &cmd_resume,
	&cmd_run,	 &cmd_spec,   &cmd_start,  &cmd_state,	&cmd_update,
};

struct global_options {
	char *root, *log, *log_format, *criu, *rootless;
	bool debug, systemd_cgroup, version;
};

static const struct arg_option global_rows[] = {
	ARG_STR(struct global_options, root, "root", 0, "dir",
		"directory of the containers' state"),
	ARG_STR(struct global_options, log, "log", 0, "file", "also write errors to this file"),
	ARG_STR(struct global_options, log_format, "log-format", 0, "format", "text or json"),
	ARG_BOOL(struct global_options, debug, "debug", 0, "say more in the log"),
	ARG_BOOL(struct global_options, systemd_cgroup, "systemd-cgroup", 0,
		 "let systemd make the cgroups"),
	ARG_STR(struct global_options, rootless, "rootless", 0, "value",
		"true, false or auto: without the rights of root"),
	ARG_STR(struct global_options, criu, "criu", 0, "path", "the criu program"),
	ARG_BOOL(struct global_options, version, "version", 'v', "print the version"),
};

static const struct arg_spec global_spec = {
	.command = "hoy-runtime",
	.usage = "[OPTIONS] COMMAND [ARG...]",
	.summary = "Run containers from OCI bundles",
	ARG_OPTIONS(global_rows),
	.flags = ARGS_STOP_AT_FIRST,
	.max_args = -1,
};

static void print_help(void)
{
	struct strbuf text = STRBUF_INIT;

	args_help(&global_spec, 100, &text);
	strbuf_adds(&text, "\nCommands:\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		strbuf_addf(&text, "  %-12s %s\n", commands[i]->spec->command,
			    commands[i]->spec->summary);
	(void)fputs(strbuf_str(&text), stdout);
	strbuf_release(&text);
}

static void print_version(void)
{
	(void)puts("hoy-runtime version " HOY_VERSION "\nspec: " OCI_RUNTIME_VERSION);
}

static int fail(const struct globals *g, const char *command, const struct error *err, int status)
{
	cleanup_free char *text =
		command ? xasprintf("hoy-runtime %s failed: %s", command, error_text(err))
			: xstrdup(error_text(err));

	journal_error(text);
	(void)fprintf(stderr, "%s\n", text);
	return status;
}

/* Root of a user namespace (in which an engine without rights starts us) has no /run, unless it
 * calls itself root: then it was given one. */
static const char *default_root(void)
{
	static char path[4096];
	const char *dir = getenv("XDG_RUNTIME_DIR"), *user = getenv("USER");

	if (!dir || *dir != '/' || !rootless_is(ROOTLESS_AUTO))
		return "/run/hoy-runtime";
	if (geteuid() == 0 && user && !strcmp(user, "root"))
		return "/run/hoy-runtime";
	(void)snprintf(path, sizeof(path), "%s/hoy-runtime", dir);
	return path;
}

static int run_command(const struct command *cmd, const struct globals *g, int argc, char **argv,
		       char **words, struct error *err)
{
	int status = 0;
	int r = cmd->sealed ? seal_self(argv, err) : 0;
	int n = 0;

	while (words[n])
		n++;
	if (!r)
		r = cmd->run(g, n, words, &status, err);
	(void)argc;
	if (r < 0)
		return fail(g, cmd->spec->command, err,
			    cmd->failure_status ? cmd->failure_status : 1);
	return fflush(stdout) == 0 ? status : 1;
}

static int dispatch(const struct globals *g, int argc, char **argv, char **words)
{
	struct error err = ERROR_INIT;

	for (size_t i = 0; *words && i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(*words, commands[i]->spec->command))
			return run_command(commands[i], g, argc, argv, words, &err);
	}
	if (!*words || !strcmp(*words, "help")) {
		print_help();
		return 0;
	}
	(void)error_set(&err, ERR_INVALID, 0, "unknown command '%s'", *words);
	return fail(g, NULL, &err, 1);
}

int main(int argc, char **argv)
{
	struct global_options o = { 0 };
	struct globals g = { .root = NULL };
	struct error err = ERROR_INIT;
	char **words = NULL;
	int r = args_parse(&global_spec, argc, argv, &o, &words, &err);

	if (r < 0)
		return fail(&g, NULL, &err, 1);
	if (r == ARGS_HELP || o.version) {
		if (r == ARGS_HELP)
			print_help();
		else
			print_version();
		return 0;
	}
	g = (struct globals){ .root = o.root ? o.root : default_root(),
			      .log = o.log && *o.log ? o.log : NULL,
			      .log_json = o.log_format && !strcmp(o.log_format, "json"),
			      .criu = o.criu,
			      .debug = o.debug,
			      .systemd_cgroup = o.systemd_cgroup };
	journal_open(g.log, g.log_json);
	r = rootless_parse(o.rootless, &g.rootless, &err);
	if (r < 0)
		return fail(&g, NULL, &err, 1);
	if (o.log_format && *o.log_format && !g.log_json && strcmp(o.log_format, "text") != 0) {
		(void)error_set(&err, ERR_INVALID, 0, "invalid log-format: %s", o.log_format);
		return fail(&g, NULL, &err, 1);
	}
	return dispatch(&g, argc, argv, words);
}
