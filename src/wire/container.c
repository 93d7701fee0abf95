/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of the bodies of /containers/…. */
#include "wire/container.h"

static const struct json_field container_create_request_fields[] = {
	FIELD_OBJ(struct container_create_request, config, "", &container_config_shape),
	FIELD_OBJ(struct container_create_request, host_config, "HostConfig", &host_config_shape),
	FIELD_OBJ(struct container_create_request, networking_config, "NetworkingConfig",
		  &networking_config_shape),
};
const struct json_shape container_create_request_shape = JSON_SHAPE(
	struct container_create_request, container_create_request_fields, JSON_SHAPE_ANYCASE);

static const struct json_field container_create_response_fields[] = {
	FIELD_STR(struct container_create_response, id, "Id"),
	FIELD_STRV(struct container_create_response, warnings, "Warnings"),
};
const struct json_shape container_create_response_shape = JSON_SHAPE(
	struct container_create_response, container_create_response_fields, JSON_SHAPE_ANYCASE);

static const struct json_field container_update_response_fields[] = {
	FIELD_STRV_NULL(struct container_update_response, warnings, "Warnings"),
};
const struct json_shape container_update_response_shape = JSON_SHAPE(
	struct container_update_response, container_update_response_fields, JSON_SHAPE_ANYCASE);

static const struct json_field healthcheck_result_fields[] = {
	FIELD_TIME(struct healthcheck_result, start, "Start"),
	FIELD_TIME(struct healthcheck_result, end, "End"),
	FIELD_I64(struct healthcheck_result, exit_code, "ExitCode"),
	FIELD_STR(struct healthcheck_result, output, "Output"),
};
const struct json_shape healthcheck_result_shape =
	JSON_SHAPE(struct healthcheck_result, healthcheck_result_fields, JSON_SHAPE_ANYCASE);

static const struct json_field health_fields[] = {
	FIELD_STR(struct health, status, "Status"),
	FIELD_I64(struct health, failing_streak, "FailingStreak"),
	FIELD_ARRAY(struct health, log, n_log, "Log", &healthcheck_result_shape),
};
const struct json_shape health_shape = JSON_SHAPE(struct health, health_fields, JSON_SHAPE_ANYCASE);

static const struct json_field container_state_fields[] = {
	FIELD_STR(struct container_state, status, "Status"),
	FIELD_BOOL(struct container_state, running, "Running"),
	FIELD_BOOL(struct container_state, paused, "Paused"),
	FIELD_BOOL(struct container_state, restarting, "Restarting"),
	FIELD_BOOL(struct container_state, oom_killed, "OOMKilled"),
	FIELD_BOOL(struct container_state, dead, "Dead"),
	FIELD_I64(struct container_state, pid, "Pid"),
	FIELD_I64(struct container_state, exit_code, "ExitCode"),
	FIELD_STR(struct container_state, error, "Error"),
	FIELD_TIME(struct container_state, started_at, "StartedAt"),
	FIELD_TIME(struct container_state, finished_at, "FinishedAt"),
	FIELD_OBJP_FLAGS(struct container_state, health, "Health", &health_shape, JSON_OMIT_EMPTY),
};
const struct json_shape container_state_shape =
	JSON_SHAPE(struct container_state, container_state_fields, JSON_SHAPE_ANYCASE);

static const struct json_field mount_point_fields[] = {
	FIELD_STR_OMIT(struct mount_point, type, "Type"),
	FIELD_STR_OMIT(struct mount_point, name, "Name"),
	FIELD_STR(struct mount_point, source, "Source"),
	FIELD_STR(struct mount_point, destination, "Destination"),
	FIELD_STR_OMIT(struct mount_point, driver, "Driver"),
	FIELD_STR(struct mount_point, mode, "Mode"),
	FIELD_BOOL(struct mount_point, rw, "RW"),
	FIELD_STR(struct mount_point, propagation, "Propagation"),
};
const struct json_shape mount_point_shape =
	JSON_SHAPE(struct mount_point, mount_point_fields, JSON_SHAPE_ANYCASE);

static const struct json_field driver_data_fields[] = {
	FIELD_MAP_NULL(struct driver_data, data, "Data"),
	FIELD_STR(struct driver_data, name, "Name"),
};
const struct json_shape driver_data_shape =
	JSON_SHAPE(struct driver_data, driver_data_fields, JSON_SHAPE_ANYCASE);

static const struct json_field container_inspect_fields[] = {
	FIELD_STR(struct container_inspect, id, "Id"),
	FIELD_TIME(struct container_inspect, created, "Created"),
	FIELD_STR(struct container_inspect, path, "Path"),
	FIELD_STRV(struct container_inspect, args, "Args"),
	FIELD_OBJ(struct container_inspect, state, "State", &container_state_shape),
	FIELD_STR(struct container_inspect, image, "Image"),
	FIELD_STR(struct container_inspect, resolv_conf_path, "ResolvConfPath"),
	FIELD_STR(struct container_inspect, hostname_path, "HostnamePath"),
	FIELD_STR(struct container_inspect, hosts_path, "HostsPath"),
	FIELD_STR(struct container_inspect, log_path, "LogPath"),
	FIELD_STR(struct container_inspect, name, "Name"),
	FIELD_I64(struct container_inspect, restart_count, "RestartCount"),
	FIELD_STR(struct container_inspect, driver, "Driver"),
	FIELD_STR(struct container_inspect, platform, "Platform"),
	FIELD_STR(struct container_inspect, mount_label, "MountLabel"),
	FIELD_STR(struct container_inspect, process_label, "ProcessLabel"),
	FIELD_STR(struct container_inspect, app_armor_profile, "AppArmorProfile"),
	FIELD_STRV_NULL(struct container_inspect, exec_ids, "ExecIDs"),
	FIELD_OBJ(struct container_inspect, host_config, "HostConfig", &host_config_shape),
	FIELD_OBJP_FLAGS(struct container_inspect, graph_driver, "GraphDriver", &driver_data_shape,
			 JSON_OMIT_EMPTY),
	FIELD_FLAGS(struct container_inspect, size_rw, "SizeRw", JSON_OPT_I64, struct opt_i64,
		    JSON_OMIT_EMPTY),
	FIELD_FLAGS(struct container_inspect, size_root_fs, "SizeRootFs", JSON_OPT_I64,
		    struct opt_i64, JSON_OMIT_EMPTY),
	FIELD_ARRAY(struct container_inspect, mounts, n_mounts, "Mounts", &mount_point_shape),
	FIELD_OBJ(struct container_inspect, config, "Config", &container_config_shape),
	FIELD_OBJ(struct container_inspect, network_settings, "NetworkSettings",
		  &network_settings_shape),
};
const struct json_shape container_inspect_shape =
	JSON_SHAPE(struct container_inspect, container_inspect_fields, JSON_SHAPE_ANYCASE);

static const struct json_field port_summary_fields[] = {
	FIELD_STR_OMIT(struct port_summary, ip, "IP"),
	FIELD_I64(struct port_summary, private_port, "PrivatePort"),
	FIELD_I64_OMIT(struct port_summary, public_port, "PublicPort"),
	FIELD_STR(struct port_summary, type, "Type"),
};
const struct json_shape port_summary_shape =
	JSON_SHAPE(struct port_summary, port_summary_fields, JSON_SHAPE_ANYCASE);

static const struct json_field container_summary_host_config_fields[] = {
	FIELD_STR_OMIT(struct container_summary_host_config, network_mode, "NetworkMode"),
	FIELD_MAP_OMIT(struct container_summary_host_config, annotations, "Annotations"),
};
const struct json_shape container_summary_host_config_shape =
	JSON_SHAPE(struct container_summary_host_config, container_summary_host_config_fields,
		   JSON_SHAPE_ANYCASE);

static const struct json_field container_summary_network_settings_fields[] = {
	FIELD_OBJMAP(struct container_summary_network_settings, networks, n_networks, "Networks",
		     &endpoint_settings_shape),
};
const struct json_shape container_summary_network_settings_shape =
	JSON_SHAPE(struct container_summary_network_settings,
		   container_summary_network_settings_fields, JSON_SHAPE_ANYCASE);

static const struct json_field container_summary_health_fields[] = {
	FIELD_STR_OMIT(struct container_summary_health, status, "Status"),
	FIELD_I64_OMIT(struct container_summary_health, failing_streak, "FailingStreak"),
};
const struct json_shape container_summary_health_shape = JSON_SHAPE(
	struct container_summary_health, container_summary_health_fields, JSON_SHAPE_ANYCASE);

static const struct json_field container_summary_fields[] = {
	FIELD_STR(struct container_summary, id, "Id"),
	FIELD_STRV(struct container_summary, names, "Names"),
	FIELD_STR(struct container_summary, image, "Image"),
	FIELD_STR(struct container_summary, image_id, "ImageID"),
	FIELD_STR(struct container_summary, command, "Command"),
	FIELD_I64(struct container_summary, created, "Created"),
	FIELD_ARRAY(struct container_summary, ports, n_ports, "Ports", &port_summary_shape),
	FIELD_I64_OMIT(struct container_summary, size_rw, "SizeRw"),
	FIELD_I64_OMIT(struct container_summary, size_root_fs, "SizeRootFs"),
	FIELD_MAP(struct container_summary, labels, "Labels"),
	FIELD_STR(struct container_summary, state, "State"),
	FIELD_STR(struct container_summary, status, "Status"),
	FIELD_OBJ(struct container_summary, host_config, "HostConfig",
		  &container_summary_host_config_shape),
	FIELD_OBJP_FLAGS(struct container_summary, health, "Health",
			 &container_summary_health_shape, JSON_OMIT_EMPTY),
	FIELD_OBJ(struct container_summary, network_settings, "NetworkSettings",
		  &container_summary_network_settings_shape),
	FIELD_ARRAY(struct container_summary, mounts, n_mounts, "Mounts", &mount_point_shape),
};
const struct json_shape container_summary_shape =
	JSON_SHAPE(struct container_summary, container_summary_fields, JSON_SHAPE_ANYCASE);

static const struct json_field container_top_fields[] = {
	FIELD_ARRAY(struct container_top, processes, n_processes, "Processes", &string_list_shape),
	FIELD_STRV(struct container_top, titles, "Titles"),
};
const struct json_shape container_top_shape =
	JSON_SHAPE(struct container_top, container_top_fields, JSON_SHAPE_ANYCASE);

static const struct json_field container_wait_error_fields[] = {
	FIELD_STR(struct container_wait_error, message, "Message"),
};
const struct json_shape container_wait_error_shape =
	JSON_SHAPE(struct container_wait_error, container_wait_error_fields, JSON_SHAPE_ANYCASE);

static const struct json_field container_wait_response_fields[] = {
	FIELD_OBJP_FLAGS(struct container_wait_response, error, "Error",
			 &container_wait_error_shape, JSON_OMIT_EMPTY),
	FIELD_I64(struct container_wait_response, status_code, "StatusCode"),
};
const struct json_shape container_wait_response_shape = JSON_SHAPE(
	struct container_wait_response, container_wait_response_fields, JSON_SHAPE_ANYCASE);

static const struct json_field filesystem_change_fields[] = {
	FIELD_STR(struct filesystem_change, path, "Path"),
	FIELD_I64(struct filesystem_change, kind, "Kind"),
};
const struct json_shape filesystem_change_shape =
	JSON_SHAPE(struct filesystem_change, filesystem_change_fields, JSON_SHAPE_ANYCASE);

static const struct json_field container_prune_response_fields[] = {
	FIELD_STRV_NULL(struct container_prune_response, containers_deleted, "ContainersDeleted"),
	FIELD_I64(struct container_prune_response, space_reclaimed, "SpaceReclaimed"),
};
const struct json_shape container_prune_response_shape = JSON_SHAPE(
	struct container_prune_response, container_prune_response_fields, JSON_SHAPE_ANYCASE);
