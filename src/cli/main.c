/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy, the client: global options, then a command. It holds no engine code; a command becomes
 * requests of the Engine API (client/) to the engine that was named, the one on the default socket,
 * or a private one.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "cli/command.h"
#include "cli/complete.h"
#include "cli/context-store.h"

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
	if (o->hosts && o->context)
		return error_set(err, ERR_INVALID, 0,
				 "conflicting options: cannot specify both --host and --context");
	return 0;
}

/* The TLS files of a context stay where they are. */
static void use_context_tls(const struct context *context, struct client *client)
{
	cleanup_free char *dir = context_dir("tls", context->name);
	static const char *const names[] = { "ca.pem", "cert.pem", "key.pem" };
	char *paths[ARRAY_SIZE(names)] = { NULL };

	for (size_t i = 0; i < context->n_tls; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
			if (strcmp(context->tls[i].name, names[k]) == 0)
				paths[k] = xasprintf("%s/docker/%s", dir, names[k]);
		}
	}
	client_set_tls(client, paths[0], paths[1], paths[2], !context_skips_verify(context));
}

/* The engine that the context names; the default one's is what the environment says. */
static int init_of_context(const char *asked, struct client *client, struct error *err)
{
	cleanup(context_release) struct context context = { 0 };
	cleanup_free char *name = NULL, *host = NULL;
	int r = context_current(asked, &name, err);

	if (r < 0)
		return r;
	if (strcmp(name, CONTEXT_DEFAULT) == 0)
		return client_init(client, NULL, err);
	r = context_read(name, true, &context, err);
	if (r < 0)
		return error_prefix(err, "Failed to initialize: unable to resolve docker endpoint");
	host = context_host(&context);
	r = client_init(client, *host ? host : "unix://" CLIENT_DEFAULT_SOCKET, err);
	if (r >= 0 && (context.n_tls > 0 || context_skips_verify(&context)))
		use_context_tls(&context, client);
	return r;
}

/* These work on the contexts themselves, whatever is wrong with the one that is chosen. */
static bool needs_no_engine(const char *command)
{
	return strcmp(command, "context") == 0 || strcmp(command, "help") == 0 ||
	       strcmp(command, "__complete") == 0;
}

static int init_client(const struct global_options *o, const char *command, struct client *client,
		       struct error *err)
{
	const struct client_tls_options tls = {
		.ca = o->tls_ca,
		.cert = o->tls_cert,
		.key = o->tls_key,
		.tls = o->tls,
		.verify = o->tls_verify,
	};
	int r;

	if (o->hosts || needs_no_engine(command))
		r = client_init(client, o->hosts ? o->hosts[0] : NULL, err);
	else
		r = init_of_context(o->context, client, err);
	if (r >= 0 && !client->tls)
		client_use_tls(client, &tls);
	return r;
}

static int run_cli(const struct global_options *o, char **rest, struct error *err)
{
	struct cli cli = { .client = CLIENT_INIT, .context = o->context, .debug = o->debug };
	int n = 0, r;

	r = check_global(o, err);
	if (r < 0)
		return r;
	if (o->config && *o->config && setenv("DOCKER_CONFIG", o->config, 1) < 0)
		return error_set(err, ERR_SYSTEM, errno, "set DOCKER_CONFIG");
	r = init_client(o, rest[0], &cli.client, err);
	if (r < 0)
		return r;
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
