/* SPDX-License-Identifier: Apache-2.0 */
/* The bodies of /containers/…: create, list, inspect, top, wait. */
#pragma once

#include "wire/container-config.h"
#include "wire/container-stats.h"
#include "wire/endpoint.h"
#include "wire/host-config.h"

/* on the wire config's members stand beside the two others */
struct container_create_request {
	struct container_config config;
	struct host_config host_config;
	struct networking_config networking_config;
};
WIRE_SHAPE(container_create_request)

struct container_create_response {
	char *id;
	char **warnings;
};
WIRE_SHAPE(container_create_response)

struct container_update_response {
	char **warnings;
};
WIRE_SHAPE(container_update_response)

struct healthcheck_result {
	int64_t start, end; /* times */
	int64_t exit_code;
	char *output;
};
WIRE_SHAPE(healthcheck_result)

struct health {
	char *status; /* "none" "starting" "healthy" "unhealthy" */
	int64_t failing_streak;
	struct healthcheck_result *log;
	size_t n_log;
};
WIRE_SHAPE(health)

struct container_state {
	/* "created" "running" "paused" "restarting" "removing" "exited" "dead" */
	char *status;
	bool running, paused, restarting, oom_killed, dead;
	int64_t pid, exit_code;
	char *error;
	int64_t started_at, finished_at; /* times, 0 never */
	struct health *health;
};
WIRE_SHAPE(container_state)

struct mount_point {
	char *type, *name, *source, *destination, *driver, *mode;
	bool rw;
	char *propagation;
};
WIRE_SHAPE(mount_point)

struct driver_data {
	char *name;
	struct strmap data;
};
WIRE_SHAPE(driver_data)

struct container_inspect {
	char *id;
	int64_t created; /* time */
	char *path;
	char **args;
	struct container_state state;
	char *image;
	char *resolv_conf_path, *hostname_path, *hosts_path, *log_path;
	char *name; /* "/name" */
	int64_t restart_count;
	char *driver, *platform;
	char *mount_label, *process_label, *app_armor_profile;
	char **exec_ids;
	struct host_config host_config;
	struct driver_data *graph_driver;
	struct opt_i64 size_rw, size_root_fs; /* only when asked for */
	struct mount_point *mounts;
	size_t n_mounts;
	struct container_config config;
	struct network_settings network_settings;
};
WIRE_SHAPE(container_inspect)

struct port_summary {
	char *ip;
	int64_t private_port, public_port; /* public_port 0: not published */
	char *type;			   /* "tcp" "udp" "sctp" */
};
WIRE_SHAPE(port_summary)

struct container_summary_host_config {
	char *network_mode;
	struct strmap annotations;
};
WIRE_SHAPE(container_summary_host_config)

struct container_summary_network_settings {
	struct endpoint_settings *networks;
	size_t n_networks;
};
WIRE_SHAPE(container_summary_network_settings)

struct container_summary_health {
	char *status;
	int64_t failing_streak;
};
WIRE_SHAPE(container_summary_health)

struct container_summary {
	char *id;
	char **names; /* "/name" */
	char *image, *image_id, *command;
	int64_t created; /* unix seconds */
	struct port_summary *ports;
	size_t n_ports;
	int64_t size_rw, size_root_fs; /* 0: not asked for */
	struct strmap labels;
	char *state, *status; /* "running", "Up 5 seconds" */
	struct container_summary_host_config host_config;
	struct container_summary_health *health;
	struct container_summary_network_settings network_settings;
	struct mount_point *mounts;
	size_t n_mounts;
};
WIRE_SHAPE(container_summary)

struct container_top {
	char **titles;
	struct string_list *processes;
	size_t n_processes;
};
WIRE_SHAPE(container_top)

struct container_wait_error {
	char *message;
};
WIRE_SHAPE(container_wait_error)

struct container_wait_response {
	int64_t status_code;
	struct container_wait_error *error;
};
WIRE_SHAPE(container_wait_response)

struct filesystem_change { /* of GET /containers/…/changes */
	char *path;
	int64_t kind; /* 0 modified, 1 added, 2 deleted */
};
WIRE_SHAPE(filesystem_change)

struct container_prune_response {
	char **containers_deleted;
	int64_t space_reclaimed;
};
WIRE_SHAPE(container_prune_response)
