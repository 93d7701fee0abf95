/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of the bodies of exec. */
#include "wire/exec.h"

static const struct json_field exec_create_request_fields[] = {
	FIELD_STR(struct exec_create_request, user, "User"),
	FIELD_BOOL(struct exec_create_request, privileged, "Privileged"),
	FIELD_BOOL(struct exec_create_request, tty, "Tty"),
	FIELD_LIST_FLAGS(struct exec_create_request, console_size, n_console_size, "ConsoleSize",
			 JSON_ARRAY_I64, NULL, JSON_OMIT_EMPTY),
	FIELD_BOOL(struct exec_create_request, attach_stdin, "AttachStdin"),
	FIELD_BOOL(struct exec_create_request, attach_stderr, "AttachStderr"),
	FIELD_BOOL(struct exec_create_request, attach_stdout, "AttachStdout"),
	FIELD_BOOL(struct exec_create_request, detach, "Detach"),
	FIELD_STR(struct exec_create_request, detach_keys, "DetachKeys"),
	FIELD_STRV_NULL(struct exec_create_request, env, "Env"),
	FIELD_STR(struct exec_create_request, working_dir, "WorkingDir"),
	FIELD_FLAGS(struct exec_create_request, cmd, "Cmd", JSON_STR_OR_STRV, char **,
		    JSON_EMPTY_AS_NULL),
};
const struct json_shape exec_create_request_shape =
	JSON_SHAPE(struct exec_create_request, exec_create_request_fields, JSON_SHAPE_ANYCASE);

static const struct json_field exec_create_response_fields[] = {
	FIELD_STR(struct exec_create_response, id, "Id"),
};
const struct json_shape exec_create_response_shape =
	JSON_SHAPE(struct exec_create_response, exec_create_response_fields, JSON_SHAPE_ANYCASE);

static const struct json_field exec_start_request_fields[] = {
	FIELD_BOOL(struct exec_start_request, detach, "Detach"),
	FIELD_BOOL(struct exec_start_request, tty, "Tty"),
	FIELD_LIST_FLAGS(struct exec_start_request, console_size, n_console_size, "ConsoleSize",
			 JSON_ARRAY_I64, NULL, JSON_OMIT_EMPTY),
};
const struct json_shape exec_start_request_shape =
	JSON_SHAPE(struct exec_start_request, exec_start_request_fields, JSON_SHAPE_ANYCASE);

static const struct json_field exec_process_config_fields[] = {
	FIELD_BOOL(struct exec_process_config, tty, "tty"),
	FIELD_STR(struct exec_process_config, entrypoint, "entrypoint"),
	FIELD_STRV(struct exec_process_config, arguments, "arguments"),
	FIELD_FLAGS(struct exec_process_config, privileged, "privileged", JSON_OPT_BOOL,
		    struct opt_bool, JSON_OMIT_EMPTY),
	FIELD_STR_OMIT(struct exec_process_config, user, "user"),
};
const struct json_shape exec_process_config_shape =
	JSON_SHAPE(struct exec_process_config, exec_process_config_fields, JSON_SHAPE_ANYCASE);

static const struct json_field exec_inspect_fields[] = {
	FIELD_STR(struct exec_inspect, id, "ID"),
	FIELD_BOOL(struct exec_inspect, running, "Running"),
	FIELD_OPT_I64(struct exec_inspect, exit_code, "ExitCode"),
	FIELD_OBJ(struct exec_inspect, process_config, "ProcessConfig", &exec_process_config_shape),
	FIELD_BOOL(struct exec_inspect, open_stdin, "OpenStdin"),
	FIELD_BOOL(struct exec_inspect, open_stderr, "OpenStderr"),
	FIELD_BOOL(struct exec_inspect, open_stdout, "OpenStdout"),
	FIELD_BOOL(struct exec_inspect, can_remove, "CanRemove"),
	FIELD_STR(struct exec_inspect, container_id, "ContainerID"),
	FIELD_STR(struct exec_inspect, detach_keys, "DetachKeys"),
	FIELD_I64(struct exec_inspect, pid, "Pid"),
};
const struct json_shape exec_inspect_shape =
	JSON_SHAPE(struct exec_inspect, exec_inspect_fields, JSON_SHAPE_ANYCASE);
