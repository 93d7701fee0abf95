/* SPDX-License-Identifier: Apache-2.0 */
/* ContainerConfig and HealthConfig: the part of a container that does not depend on the host. */
#pragma once

#include "wire/shape.h"

struct health_config {
	char **test; /* {} inherit, {"NONE"}, {"CMD", …}, {"CMD-SHELL", …} */
	int64_t interval, timeout, start_period, start_interval; /* nanoseconds, 0 inherit */
	int64_t retries;
	char *on_failure; /* hoy's own: "kill" "restart" "stop" when unhealthy; NULL nothing */
};
WIRE_SHAPE(health_config)

struct container_config {
	char *hostname, *domainname, *user;
	bool attach_stdin, attach_stdout, attach_stderr;
	char **exposed_ports; /* "80/tcp" */
	bool tty, open_stdin, stdin_once;
	char **env, **cmd; /* cmd NULL: the image's */
	struct health_config *healthcheck;
	bool args_escaped;
	char *image;
	char **volumes;
	char *working_dir;
	char **entrypoint; /* NULL: the image's; {""} resets it */
	bool network_disabled;
	char *mac_address; /* before API 1.44; now in the endpoint's settings */
	char **on_build;
	struct strmap labels;
	char *stop_signal;
	struct opt_i64 stop_timeout; /* seconds */
	char **shell;
};
WIRE_SHAPE(container_config)
