/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy, the client: global options, then a command. It holds no engine code; a command becomes
 * requests of the Engine API (client/) to the engine that was named, the one on the default socket,
 * or a private one.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "cli/command.h"
#include "cli/complete.h"

struct global_options {
	char **hosts;
	char *context, *config, *log_level;
	char *tls_ca, *tls_cert, *tls_key;
	bool debug, version, tls, tls_verify;
};

static const struct arg_option global_rows[] = {
	ARG_STR(struct global_options, config, "config", 0, "string",
		"Directory of the client's configuration", .def_text = "default \"~/.docker\""),
	ARG_STR(struct global_options, context, "context", 'c', "string",
		"Name of the context that tells which engine to use (overrides HOY_HOST and "
		"DOCKER_HOST)"),
	ARG_BOOL(struct global_options, debug, "debug", 'D', "Enable debug mode"),
	ARG_LIST(struct global_options, hosts, "host", 'H', "list",
		 "Engine to connect to (unix://PATH, tcp://HOST:PORT)"),
	ARG_STR(struct global_options, log_level, "log-level", 'l', "string",
		"Set the logging level (\"debug\", \"info\", \"warn\", \"error\", \"fatal\")",
		.def = "info"),
	ARG_BOOL(struct global_options, tls, "tls", 0, "Use TLS; implied by --tlsverify"),
	ARG_STR(struct global_options, tls_ca, "tlscacert", 0, "string",
		"Trust certificates signed only by this CA"),
	ARG_STR(struct global_options, tls_cert, "tlscert", 0, "string",
		"Path to the TLS certificate"),
	ARG_STR(struct global_options, tls_key, "tlskey", 0, "string", "Path to the TLS key"),
	ARG_BOOL(struct global_options, tls_verify, "tlsverify", 0,
		 "Use TLS and verify the remote"),
	ARG_BOOL(struct global_options, version, "version", 'v',
		 "Print version information and quit"),
};

static const struct arg_spec global_spec = {
	.command = "hoy",
	.usage = "[OPTIONS] COMMAND [ARG...]",
	ARG_OPTIONS(global_rows),
	.flags = ARGS_STOP_AT_FIRST,
	.max_args = -1,
};

static int print_main_help(void)
{
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;

	command_help_main(&global_spec, &out);
	return command_print(&out, NULL) < 0 ? 1 : 0;
}

static int unknown_command(const char *group, const char *name)
{
	if (group)
		fprintf(stderr,
			"hoy: unknown command: hoy %s %s\n\nUsage:  hoy %s\n\nRun 'hoy %s --help' "
			"for more information\n",
			group, name, group, group);
	else
		fprintf(stderr,
			"hoy: unknown command: hoy %s\n\nRun 'hoy --help' for more information\n",
			name);
	return 1;
}

static int run_group(struct cli *cli, const char *group, int argc, char **argv)
{
	cleanup_free char *path = NULL;
	const struct command *command;

	if (argc == 0 || strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0) {
		cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;

		command_help_group(group, &out);
		return command_print(&out, NULL) < 0 ? 1 : 0;
	}
	command = command_find(group, argv[0]);
	if (!command)
		return unknown_command(group, argv[0]);
	path = xasprintf("hoy %s %s", group, argv[0]);
	cli->path = path;
	return command_run(cli, command, argc, argv);
}

/* "help", "help run": as --help. */
static int run_help(struct cli *cli, int argc, char **argv)
{
	const struct command *command = argc > 1 ? command_find(NULL, argv[1]) : NULL;
	char help[] = "--help";
	char *help_argv[] = { argv[0], help, NULL };
	cleanup_free char *path = argc > 1 ? xasprintf("hoy %s", argv[1]) : NULL;

	if (argc < 2)
		return print_main_help();
	if (command_is_group(argv[1]))
		return run_group(cli, argv[1], 0, NULL);
	if (!command)
		return unknown_command(NULL, argv[1]);
	cli->path = path;
	return command_run(cli, command, 2, help_argv);
}

static int run_named(struct cli *cli, int argc, char **argv)
{
	const struct command *command = command_find(NULL, argv[0]);
	cleanup_free char *path = NULL;

	if (!command && command_is_group(argv[0]))
		return run_group(cli, argv[0], argc - 1, argv + 1);
	if (!command && strcmp(argv[0], "help") == 0)
		return run_help(cli, argc, argv);
	if (!command && strcmp(argv[0], "__complete") == 0)
		return complete_words(&global_spec, argc - 1, argv + 1);
	if (!command)
		return unknown_command(NULL, argv[0]);
	path = xasprintf("hoy %s", argv[0]);
	cli->path = path;
	return command_run(cli, command, argc, argv);
}

/* What is not there yet is refused, never silently ignored. */
static int check_global(const struct global_options *o, struct error *err)
{
	if (o->hosts && o->hosts[1])
		return error_set(err, ERR_INVALID, 0, "specify only one -H");
	if (o->context && strcmp(o->context, "default") != 0)
		return error_set(err, ERR_NOT_IMPLEMENTED, 0,
				 "context \"%s\": contexts are not supported yet", o->context);
	return 0;
}

static int run_cli(const struct global_options *o, char **rest, struct error *err)
{
	struct cli cli = { .client = CLIENT_INIT, .debug = o->debug };
	int n = 0, r;

	r = check_global(o, err);
	if (r < 0)
		return r;
	r = client_init(&cli.client, o->hosts ? o->hosts[0] : NULL, err);
	if (r < 0)
		return r;
	client_use_tls(&cli.client, &(struct client_tls_options){
					    .ca = o->tls_ca,
					    .cert = o->tls_cert,
					    .key = o->tls_key,
					    .tls = o->tls,
					    .verify = o->tls_verify,
				    });
	while (rest[n])
		n++;
	r = run_named(&cli, n, rest);
	client_release(&cli.client);
	return r;
}

int main(int argc, char **argv)
{
	cleanup(error_release) struct error err = ERROR_INIT;
	cleanup_free char **rest = NULL;
	struct global_options o = { .hosts = NULL };
	int r;

	(void)signal(SIGPIPE, SIG_IGN);
	r = args_parse(&global_spec, argc, argv, &o, &rest, &err);
	if (r < 0) {
		fprintf(stderr,
			"%s\n\nUsage:  hoy [OPTIONS] COMMAND [ARG...]\n\nRun 'hoy --help' for more "
			"information\n",
			error_text(&err));
		return EXIT_ENGINE;
	}
	if (o.version)
		r = printf("hoy version %s\n", HOY_VERSION) < 0;
	else if (r == ARGS_HELP || !*rest)
		r = print_main_help();
	else
		r = run_cli(&o, rest, &err);
	if (r < 0) {
		fprintf(stderr, "hoy: %s\n", error_text(&err));
		r = 1;
	}
	args_release(&global_spec, &o);
	return r;
}
