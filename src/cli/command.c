/* SPDX-License-Identifier: Apache-2.0 */
/* Find a command, parse its options, run it, say what went wrong; and the help pages that list
 * commands. */
#include "cli/command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "sys/fd.h"

static bool same_group(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

const struct command *command_find(const char *group, const char *name)
{
	for (size_t i = 0; i < n_command_names; i++)
		if (same_group(command_names[i].group, group) &&
		    strcmp(command_names[i].name, name) == 0)
			return command_names[i].command;
	return NULL;
}

bool command_is_group(const char *name)
{
	for (size_t i = 0; i < n_command_names; i++)
		if (same_group(command_names[i].group, name))
			return true;
	return false;
}

unsigned int command_width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return 80;
}

void command_die_of_pipe(void)
{
	(void)signal(SIGPIPE, SIG_DFL);
	(void)raise(SIGPIPE);
	_exit(128 + SIGPIPE);
}

int command_print(const struct strbuf *text, struct error *err)
{
	int r = fd_write_all(STDOUT_FILENO, strbuf_str(text), text->len);

	if (r == -EPIPE)
		command_die_of_pipe();
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write to standard output") : 0;
}

/* "hoy container ls, hoy ps" of a command that has more than one spelling. */
static void list_spellings(const struct command *command, struct strbuf *out)
{
	for (size_t i = 0; i < n_command_names; i++) {
		const struct command_name *n = &command_names[i];

		if (n->command == command && n->group)
			strbuf_addf(out, "%shoy %s %s", out->len ? ", " : "", n->group, n->name);
	}
	for (size_t i = 0; i < n_command_names; i++)
		if (command_names[i].command == command && !command_names[i].group && out->len)
			strbuf_addf(out, ", hoy %s", command_names[i].name);
	if (!strchr(strbuf_str(out), ','))
		strbuf_reset(out);
}

static int print_help(const struct command *command, struct arg_spec *spec)
{
	cleanup(strbuf_release) struct strbuf aliases = STRBUF_INIT, out = STRBUF_INIT;

	list_spellings(command, &aliases);
	spec->aliases = aliases.len ? strbuf_str(&aliases) : NULL;
	args_help(spec, command_width(), &out);
	return command_print(&out, NULL) < 0 ? 1 : 0;
}

static void print_usage_error(const struct arg_spec *spec, const char *prefix, const char *verb,
			      const struct error *err)
{
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;

	strbuf_addf(&out, "%s%s\n\n", prefix, error_text(err));
	args_usage(spec, &out);
	strbuf_addf(&out, "\n%s '%s --help' for more information\n", verb, spec->command);
	(void)fputs(strbuf_str(&out), stderr);
}

static int run_parsed(struct cli *cli, const struct command *command, const struct arg_spec *spec,
		      void *options, char **rest)
{
	cleanup(error_release) struct error err = ERROR_INIT;
	int n = 0, r;

	while (rest[n])
		n++;
	if (args_check_count(spec, (size_t)n, &err) < 0) {
		bool at_least = spec->max_args != spec->min_args && n < spec->min_args;

		print_usage_error(spec, "hoy: ", at_least ? "See" : "Run", &err);
		return 1;
	}
	r = command->run(cli, options, n, rest, &err);
	if (r >= 0)
		return r;
	fprintf(stderr, "%s\n", error_text(&err));
	return 1;
}

int command_run(struct cli *cli, const struct command *command, int argc, char **argv)
{
	cleanup(error_release) struct error err = ERROR_INIT;
	cleanup_free char **rest = NULL;
	struct arg_spec spec = command->spec;
	void *options = xcalloc(1, command->options_size ? command->options_size : 1);
	int r;

	spec.command = cli->path;
	r = args_parse(&spec, argc, argv, options, &rest, &err);
	if (r == ARGS_HELP) {
		r = print_help(command, &spec);
	} else if (r < 0) {
		print_usage_error(&spec, "", "Run", &err);
		r = EXIT_ENGINE;
	} else {
		r = run_parsed(cli, command, &spec, options, rest);
	}
	args_release(&spec, options);
	free(options);
	return r;
}

static void list_row(struct strbuf *out, const char *name, const char *text)
{
	strbuf_addf(out, "  %-11s %s\n", name, text);
}

static const struct {
	const char *name, *summary;
} groups[] = {
	{ "container", "Manage containers" },
	{ "image", "Manage images" },
	{ "manifest", "Manage image manifests and manifest lists" },
	{ "network", "Manage networks" },
	{ "system", "Manage hoy" },
	{ "volume", "Manage volumes" },
};

void command_help_main(const struct arg_spec *global, struct strbuf *out)
{
	strbuf_adds(out, "Usage:  hoy [OPTIONS] COMMAND\n\nRun applications in "
			 "containers\n\nCommon Commands:\n");
	for (size_t i = 0; i < 7; i++)
		list_row(out, command_names[i].name, command_names[i].command->spec.summary);
	strbuf_adds(out, "\nManagement Commands:\n");
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		list_row(out, groups[i].name, groups[i].summary);
	strbuf_adds(out, "\nCommands:\n");
	for (size_t i = 7; i < n_command_names && !command_names[i].group; i++)
		list_row(out, command_names[i].name, command_names[i].command->spec.summary);
	strbuf_adds(out, "\nGlobal Options:\n");
	args_help_options(global, command_width(), out);
	strbuf_adds(out, "\nRun 'hoy COMMAND --help' for more information on a command.\n");
}

void command_help_group(const char *group, struct strbuf *out)
{
	strbuf_addf(out, "Usage:  hoy %s COMMAND\n\n", group);
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		if (strcmp(groups[i].name, group) == 0)
			strbuf_addf(out, "%s\n\n", groups[i].summary);
	strbuf_adds(out, "Commands:\n");
	for (size_t i = 0; i < n_command_names; i++) {
		const struct command_name *n = &command_names[i];

		if (same_group(n->group, group) && !n->alias)
			list_row(out, n->name, n->command->spec.summary);
	}
	strbuf_addf(out, "\nRun 'hoy %s COMMAND --help' for more information on a command.\n",
		    group);
}
