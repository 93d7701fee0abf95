/* SPDX-License-Identifier: Apache-2.0 */
/* HostConfig with Resources flattened into it, as on the wire. */
#pragma once

#include "wire/endpoint.h"

struct log_config {
	char *type;
	struct strmap config;
};
WIRE_SHAPE(log_config)

struct restart_policy {
	char *name; /* "" "no" "always" "unless-stopped" "on-failure" */
	int64_t maximum_retry_count;
};
WIRE_SHAPE(restart_policy)

struct bind_options {
	char *propagation;
	bool non_recursive, create_mountpoint, read_only_non_recursive, read_only_force_recursive;
};
WIRE_SHAPE(bind_options)

struct driver_config {
	char *name;
	struct strmap options;
};
WIRE_SHAPE(driver_config)

struct volume_options {
	bool no_copy;
	struct strmap labels;
	char *subpath;
	struct driver_config *driver_config;
};
WIRE_SHAPE(volume_options)

struct image_options {
	char *subpath;
};
WIRE_SHAPE(image_options)

struct tmpfs_options {
	int64_t size_bytes, mode;
	struct string_list *options;
	size_t n_options;
};
WIRE_SHAPE(tmpfs_options)

struct mount {	    /* HostConfig.Mounts, --mount */
	char *type; /* "bind" "volume" "tmpfs" "image" */
	char *source, *target;
	bool read_only;
	char *consistency;
	struct bind_options *bind_options;
	struct volume_options *volume_options;
	struct image_options *image_options;
	struct tmpfs_options *tmpfs_options;
};
WIRE_SHAPE(mount)

struct weight_device {
	char *path;
	int64_t weight;
};
WIRE_SHAPE(weight_device)

struct throttle_device {
	char *path;
	uint64_t rate;
};
WIRE_SHAPE(throttle_device)

struct device_mapping {
	char *path_on_host, *path_in_container, *cgroup_permissions;
};
WIRE_SHAPE(device_mapping)

struct device_request {
	char *driver;
	int64_t count;
	char **device_ids;
	struct string_list *capabilities;
	size_t n_capabilities;
	struct strmap options;
};
WIRE_SHAPE(device_request)

struct ulimit {
	char *name;
	int64_t hard, soft; /* -1 unlimited */
};
WIRE_SHAPE(ulimit)

struct host_config {
	char **binds;
	char *container_id_file;
	struct log_config log_config;
	char *network_mode;
	struct port_map_entry *port_bindings;
	size_t n_port_bindings;
	struct restart_policy restart_policy;
	bool auto_remove;
	char *volume_driver;
	char **volumes_from;
	int64_t *console_size; /* {height, width} */
	size_t n_console_size; /* 0 or 2 */
	struct strmap annotations;
	char **cap_add, **cap_drop;
	char *cgroupns_mode;
	char **dns, **dns_options, **dns_search, **extra_hosts, **group_add;
	char *ipc_mode, *cgroup;
	char **links;
	int64_t oom_score_adj;
	char *pid_mode;
	bool privileged, publish_all_ports, readonly_rootfs;
	char **security_opt;
	struct strmap storage_opt, tmpfs;
	char *uts_mode, *userns_mode;
	int64_t shm_size;
	struct strmap sysctls;
	char *runtime, *isolation;

	/* Resources */
	int64_t cpu_shares, memory, nano_cpus;
	char *cgroup_parent;
	int64_t blkio_weight;
	struct weight_device *blkio_weight_device;
	size_t n_blkio_weight_device;
	struct throttle_device *blkio_device_read_bps, *blkio_device_write_bps;
	size_t n_blkio_device_read_bps, n_blkio_device_write_bps;
	struct throttle_device *blkio_device_read_iops, *blkio_device_write_iops;
	size_t n_blkio_device_read_iops, n_blkio_device_write_iops;
	int64_t cpu_period, cpu_quota, cpu_realtime_period, cpu_realtime_runtime;
	char *cpuset_cpus, *cpuset_mems;
	struct device_mapping *devices;
	size_t n_devices;
	char **device_cgroup_rules;
	struct device_request *device_requests;
	size_t n_device_requests;
	int64_t memory_reservation, memory_swap;
	struct opt_i64 memory_swappiness;
	struct opt_bool oom_kill_disable;
	struct opt_i64 pids_limit;
	struct ulimit *ulimits;
	size_t n_ulimits;
	int64_t cpu_count, cpu_percent;
	uint64_t io_maximum_iops, io_maximum_bandwidth;

	struct mount *mounts;
	size_t n_mounts;
	char **masked_paths, **readonly_paths; /* NULL: the defaults; {} none */
	struct opt_bool init;
	char *rootfs; /* hoy's own: run this directory instead of an image */
};
WIRE_SHAPE(host_config)
