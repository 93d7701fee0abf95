/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of ContainerConfig and HealthConfig. */
#include "wire/container-config.h"

static const struct json_field health_config_fields[] = {
	FIELD_STRV_OMIT(struct health_config, test, "Test"),
	FIELD_I64_OMIT(struct health_config, interval, "Interval"),
	FIELD_I64_OMIT(struct health_config, timeout, "Timeout"),
	FIELD_I64_OMIT(struct health_config, start_period, "StartPeriod"),
	FIELD_I64_OMIT(struct health_config, start_interval, "StartInterval"),
	FIELD_I64_OMIT(struct health_config, retries, "Retries"),
	FIELD_STR_OMIT(struct health_config, on_failure, "OnFailure"),
};
const struct json_shape health_config_shape =
	JSON_SHAPE(struct health_config, health_config_fields, JSON_SHAPE_ANYCASE);

static const struct json_field container_config_fields[] = {
	FIELD_STR(struct container_config, hostname, "Hostname"),
	FIELD_STR(struct container_config, domainname, "Domainname"),
	FIELD_STR(struct container_config, user, "User"),
	FIELD_BOOL(struct container_config, attach_stdin, "AttachStdin"),
	FIELD_BOOL(struct container_config, attach_stdout, "AttachStdout"),
	FIELD_BOOL(struct container_config, attach_stderr, "AttachStderr"),
	FIELD_FLAGS(struct container_config, exposed_ports, "ExposedPorts", JSON_SET, char **,
		    JSON_OMIT_EMPTY),
	FIELD_BOOL(struct container_config, tty, "Tty"),
	FIELD_BOOL(struct container_config, open_stdin, "OpenStdin"),
	FIELD_BOOL(struct container_config, stdin_once, "StdinOnce"),
	FIELD_STRV_NULL(struct container_config, env, "Env"),
	FIELD_FLAGS(struct container_config, cmd, "Cmd", JSON_STR_OR_STRV, char **,
		    JSON_EMPTY_AS_NULL),
	FIELD_OBJP_FLAGS(struct container_config, healthcheck, "Healthcheck", &health_config_shape,
			 JSON_OMIT_EMPTY),
	FIELD_BOOL_OMIT(struct container_config, args_escaped, "ArgsEscaped"),
	FIELD_STR(struct container_config, image, "Image"),
	FIELD_FLAGS(struct container_config, volumes, "Volumes", JSON_SET, char **,
		    JSON_EMPTY_AS_NULL),
	FIELD_STR(struct container_config, working_dir, "WorkingDir"),
	FIELD_FLAGS(struct container_config, entrypoint, "Entrypoint", JSON_STR_OR_STRV, char **,
		    JSON_EMPTY_AS_NULL),
	FIELD_BOOL_OMIT(struct container_config, network_disabled, "NetworkDisabled"),
	FIELD_STR_OMIT(struct container_config, mac_address, "MacAddress"),
	FIELD_STRV_NULL(struct container_config, on_build, "OnBuild"),
	FIELD_MAP(struct container_config, labels, "Labels"),
	FIELD_STR_OMIT(struct container_config, stop_signal, "StopSignal"),
	FIELD_FLAGS(struct container_config, stop_timeout, "StopTimeout", JSON_OPT_I64,
		    struct opt_i64, JSON_OMIT_EMPTY),
	FIELD_FLAGS(struct container_config, shell, "Shell", JSON_STR_OR_STRV, char **,
		    JSON_OMIT_EMPTY),
};
const struct json_shape container_config_shape =
	JSON_SHAPE(struct container_config, container_config_fields, JSON_SHAPE_ANYCASE);
