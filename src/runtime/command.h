/* SPDX-License-Identifier: Apache-2.0 */
/* A command of hoy-runtime: a row of the table in main.c, a file of its own. */
#pragma once

#include "base/args.h"
#include "runtime/rootless.h"

struct globals {
	const char *root; /* state directory */
	bool debug, systemd_cgroup, log_json;
	enum rootless_mode rootless;
	const char *log;  /* file, NULL: none */
	const char *criu; /* its program; NULL: the one in PATH */
};

struct command {
	const struct arg_spec *spec; /* .command is its name */
	/* argv[0] is the name. *ret_status is what the process exits with when nothing failed. */
	int (*run)(const struct globals *g, int argc, char **argv, int *ret_status,
		   struct error *err);
	int failure_status; /* 0: 1 */
	bool sealed;	    /* starts a process in a container: must run from a read-only file */
};

extern const struct command cmd_create, cmd_run, cmd_start, cmd_state, cmd_list, cmd_kill,
	cmd_delete, cmd_exec, cmd_ps, cmd_pause, cmd_resume, cmd_update, cmd_spec, cmd_features,
	cmd_checkpoint, cmd_restore, cmd_events;

/* args_parse and args_check_count; --help prints the page and ends the process. *ret_words is the
 * caller's to free. */
must_check int command_parse(const struct arg_spec *spec, int argc, char **argv, void *target,
			     char ***ret_words, struct error *err);
