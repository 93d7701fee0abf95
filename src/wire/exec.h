/* SPDX-License-Identifier: Apache-2.0 */
/* The bodies of /containers/{id}/exec and /exec/{id}/…. */
#pragma once

#include "wire/shape.h"

struct exec_create_request {
	char *user;
	bool privileged, tty;
	int64_t *console_size; /* {height, width} */
	size_t n_console_size; /* 0 or 2 */
	bool attach_stdin, attach_stderr, attach_stdout, detach;
	char *detach_keys;
	char **env;
	char *working_dir;
	char **cmd;
};
WIRE_SHAPE(exec_create_request)

struct exec_create_response {
	char *id;
};
WIRE_SHAPE(exec_create_response)

struct exec_start_request {
	bool detach, tty;
	int64_t *console_size;
	size_t n_console_size;
};
WIRE_SHAPE(exec_start_request)

struct exec_process_config {
	bool tty;
	char *entrypoint;
	char **arguments;
	struct opt_bool privileged;
	char *user;
};
WIRE_SHAPE(exec_process_config)

struct exec_inspect {
	char *id;
	bool running;
	struct opt_i64 exit_code; /* null while it runs */
	struct exec_process_config process_config;
	bool open_stdin, open_stderr, open_stdout, can_remove;
	char *container_id, *detach_keys;
	int64_t pid;
};
WIRE_SHAPE(exec_inspect)
