/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command is a file that ends in its descriptor; help, completion and the check of the manual
 * read the tables.
 *
 * run() gets the options parsed into a struct of options_size bytes (zero-filled before) and the
 * arguments behind them. It returns the exit code of hoy, or -errno with err set: then the error's
 * text is printed and hoy ends with 1.
 */
#pragma once

#include "base/args.h"
#include "client/client.h"

enum {
	EXIT_ENGINE =
		125, /* the engine or the command line is at fault, not the container's program */
	EXIT_CANNOT_INVOKE = 126,
	EXIT_NOT_FOUND = 127,
};

/* What every command works with. */
struct cli {
	struct client client;
	const char *path;    /* "hoy run", "hoy container ls": as it was typed */
	const char *context; /* -c; NULL none */
	bool debug;
};

struct command {
	struct arg_spec spec; /* .command is set when it is looked up */
	size_t options_size;
	int (*run)(struct cli *cli, void *options, int argc, char **argv, struct error *err);
};

/* One spelling of a command: "run", "container run", "container ls". */
struct command_name {
	const char *group; /* NULL: top level */
	const char *name;
	const struct command *command;
	bool alias; /* left out of the list of commands */
};

extern const struct command_name command_names[];
extern const size_t n_command_names;

/* NULL when there is no such command. */
const struct command *command_find(const char *group, const char *name);
bool command_is_group(const char *name);

/* Parse what follows the command's name and run it. Prints help and usage errors. Returns the exit
 * code. */
int command_run(struct cli *cli, const struct command *command, int argc, char **argv);

/* "Usage:  hoy COMMAND" and the lists of commands. */
void command_help_main(const struct arg_spec *global, struct strbuf *out);
void command_help_group(const char *group, struct strbuf *out);

/* Nobody reads what we print any more: end as a program does that knows nothing of it. */
_Noreturn void command_die_of_pipe(void);
/* Print text to stdout; 0 or -errno with err set. */
must_check int command_print(const struct strbuf *text, struct error *err);

/* Columns of the terminal on fd 1, 80 when it is none. */
unsigned int command_width(void);

extern const struct command cmd_commit, cmd_cp, cmd_dial_stdio, cmd_diff, cmd_export, cmd_load,
	cmd_save;
extern const struct command cmd_context_create, cmd_context_export, cmd_context_import,
	cmd_context_inspect, cmd_context_ls, cmd_context_rm, cmd_context_show, cmd_context_update,
	cmd_context_use;
extern const struct command cmd_image_mount, cmd_image_umount, cmd_container_prune, cmd_image_prune,
	cmd_system_df, cmd_system_migrate, cmd_system_prune;
extern const struct command cmd_system_check;
extern const struct command cmd_attach, cmd_create, cmd_events, cmd_exec, cmd_history, cmd_images,
	cmd_import, cmd_info, cmd_inspect, cmd_container_inspect, cmd_image_inspect, cmd_kill,
	cmd_login, cmd_manifest_annotate, cmd_manifest_create, cmd_manifest_inspect,
	cmd_manifest_push, cmd_manifest_rm, cmd_logout, cmd_logs, cmd_search, cmd_pause, cmd_port,
	cmd_ps, cmd_pull, cmd_push, cmd_rename, cmd_restart, cmd_rm, cmd_rmi, cmd_run, cmd_start,
	cmd_stats, cmd_stop, cmd_tag, cmd_top, cmd_unpause, cmd_update, cmd_version,
	cmd_volume_create, cmd_volume_inspect, cmd_volume_ls, cmd_volume_prune, cmd_volume_rm,
	cmd_wait;
extern const struct command cmd_network_connect, cmd_network_create, cmd_network_disconnect,
	cmd_network_inspect, cmd_network_ls, cmd_network_prune, cmd_network_rm;
