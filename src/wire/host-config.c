/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of HostConfig and what is in it. */
#include "wire/host-config.h"

static const struct json_field log_config_fields[] = {
	FIELD_STR(struct log_config, type, "Type"),
	FIELD_MAP(struct log_config, config, "Config"),
};
const struct json_shape log_config_shape =
	JSON_SHAPE(struct log_config, log_config_fields, JSON_SHAPE_ANYCASE);

static const struct json_field restart_policy_fields[] = {
	FIELD_STR(struct restart_policy, name, "Name"),
	FIELD_I64(struct restart_policy, maximum_retry_count, "MaximumRetryCount"),
};
const struct json_shape restart_policy_shape =
	JSON_SHAPE(struct restart_policy, restart_policy_fields, JSON_SHAPE_ANYCASE);

static const struct json_field bind_options_fields[] = {
	FIELD_STR_OMIT(struct bind_options, propagation, "Propagation"),
	FIELD_BOOL_OMIT(struct bind_options, non_recursive, "NonRecursive"),
	FIELD_BOOL_OMIT(struct bind_options, create_mountpoint, "CreateMountpoint"),
	FIELD_BOOL_OMIT(struct bind_options, read_only_non_recursive, "ReadOnlyNonRecursive"),
	FIELD_BOOL_OMIT(struct bind_options, read_only_force_recursive, "ReadOnlyForceRecursive"),
};
const struct json_shape bind_options_shape =
	JSON_SHAPE(struct bind_options, bind_options_fields, JSON_SHAPE_ANYCASE);

static const struct json_field driver_config_fields[] = {
	FIELD_STR_OMIT(struct driver_config, name, "Name"),
	FIELD_MAP_OMIT(struct driver_config, options, "Options"),
};
const struct json_shape driver_config_shape =
	JSON_SHAPE(struct driver_config, driver_config_fields, JSON_SHAPE_ANYCASE);

static const struct json_field volume_options_fields[] = {
	FIELD_BOOL_OMIT(struct volume_options, no_copy, "NoCopy"),
	FIELD_MAP_OMIT(struct volume_options, labels, "Labels"),
	FIELD_STR_OMIT(struct volume_options, subpath, "Subpath"),
	FIELD_OBJP_FLAGS(struct volume_options, driver_config, "DriverConfig", &driver_config_shape,
			 JSON_OMIT_EMPTY),
};
const struct json_shape volume_options_shape =
	JSON_SHAPE(struct volume_options, volume_options_fields, JSON_SHAPE_ANYCASE);

static const struct json_field image_options_fields[] = {
	FIELD_STR_OMIT(struct image_options, subpath, "Subpath"),
};
const struct json_shape image_options_shape =
	JSON_SHAPE(struct image_options, image_options_fields, JSON_SHAPE_ANYCASE);

static const struct json_field tmpfs_options_fields[] = {
	FIELD_I64_OMIT(struct tmpfs_options, size_bytes, "SizeBytes"),
	FIELD_I64_OMIT(struct tmpfs_options, mode, "Mode"),
	FIELD_LIST_FLAGS(struct tmpfs_options, options, n_options, "Options", JSON_ARRAY,
			 &string_list_shape, JSON_OMIT_EMPTY),
};
const struct json_shape tmpfs_options_shape =
	JSON_SHAPE(struct tmpfs_options, tmpfs_options_fields, JSON_SHAPE_ANYCASE);

static const struct json_field mount_fields[] = {
	FIELD_STR_OMIT(struct mount, type, "Type"),
	FIELD_STR_OMIT(struct mount, source, "Source"),
	FIELD_STR_OMIT(struct mount, target, "Target"),
	FIELD_BOOL_OMIT(struct mount, read_only, "ReadOnly"),
	FIELD_STR_OMIT(struct mount, consistency, "Consistency"),
	FIELD_OBJP_FLAGS(struct mount, bind_options, "BindOptions", &bind_options_shape,
			 JSON_OMIT_EMPTY),
	FIELD_OBJP_FLAGS(struct mount, volume_options, "VolumeOptions", &volume_options_shape,
			 JSON_OMIT_EMPTY),
	FIELD_OBJP_FLAGS(struct mount, image_options, "ImageOptions", &image_options_shape,
			 JSON_OMIT_EMPTY),
	FIELD_OBJP_FLAGS(struct mount, tmpfs_options, "TmpfsOptions", &tmpfs_options_shape,
			 JSON_OMIT_EMPTY),
};
const struct json_shape mount_shape = JSON_SHAPE(struct mount, mount_fields, JSON_SHAPE_ANYCASE);

static const struct json_field weight_device_fields[] = {
	FIELD_STR(struct weight_device, path, "Path"),
	FIELD_I64(struct weight_device, weight, "Weight"),
};
const struct json_shape weight_device_shape =
	JSON_SHAPE(struct weight_device, weight_device_fields, JSON_SHAPE_ANYCASE);

static const struct json_field throttle_device_fields[] = {
	FIELD_STR(struct throttle_device, path, "Path"),
	FIELD_U64(struct throttle_device, rate, "Rate"),
};
const struct json_shape throttle_device_shape =
	JSON_SHAPE(struct throttle_device, throttle_device_fields, JSON_SHAPE_ANYCASE);

static const struct json_field device_mapping_fields[] = {
	FIELD_STR(struct device_mapping, path_on_host, "PathOnHost"),
	FIELD_STR(struct device_mapping, path_in_container, "PathInContainer"),
	FIELD_STR(struct device_mapping, cgroup_permissions, "CgroupPermissions"),
};
const struct json_shape device_mapping_shape =
	JSON_SHAPE(struct device_mapping, device_mapping_fields, JSON_SHAPE_ANYCASE);

static const struct json_field device_request_fields[] = {
	FIELD_STR(struct device_request, driver, "Driver"),
	FIELD_I64(struct device_request, count, "Count"),
	FIELD_STRV_NULL(struct device_request, device_ids, "DeviceIDs"),
	FIELD_LIST_FLAGS(struct device_request, capabilities, n_capabilities, "Capabilities",
			 JSON_ARRAY, &string_list_shape, JSON_EMPTY_AS_NULL),
	FIELD_MAP_NULL(struct device_request, options, "Options"),
};
const struct json_shape device_request_shape =
	JSON_SHAPE(struct device_request, device_request_fields, JSON_SHAPE_ANYCASE);

static const struct json_field ulimit_fields[] = {
	FIELD_STR(struct ulimit, name, "Name"),
	FIELD_I64(struct ulimit, hard, "Hard"),
	FIELD_I64(struct ulimit, soft, "Soft"),
};
const struct json_shape ulimit_shape = JSON_SHAPE(struct ulimit, ulimit_fields, JSON_SHAPE_ANYCASE);

static const struct json_field host_config_fields[] = {
	FIELD_STRV_NULL(struct host_config, binds, "Binds"),
	FIELD_STR(struct host_config, container_id_file, "ContainerIDFile"),
	FIELD_OBJ(struct host_config, log_config, "LogConfig", &log_config_shape),
	FIELD_STR(struct host_config, network_mode, "NetworkMode"),
	FIELD_LIST_FLAGS(struct host_config, port_bindings, n_port_bindings, "PortBindings",
			 JSON_OBJMAP, &port_map_entry_shape, JSON_EMPTY_AS_NULL),
	FIELD_OBJ(struct host_config, restart_policy, "RestartPolicy", &restart_policy_shape),
	FIELD_BOOL(struct host_config, auto_remove, "AutoRemove"),
	FIELD_STR(struct host_config, volume_driver, "VolumeDriver"),
	FIELD_STRV_NULL(struct host_config, volumes_from, "VolumesFrom"),
	FIELD_ARRAY_I64(struct host_config, console_size, n_console_size, "ConsoleSize"),
	FIELD_MAP_OMIT(struct host_config, annotations, "Annotations"),
	FIELD_STRV_NULL(struct host_config, cap_add, "CapAdd"),
	FIELD_STRV_NULL(struct host_config, cap_drop, "CapDrop"),
	FIELD_STR(struct host_config, cgroupns_mode, "CgroupnsMode"),
	FIELD_STRV_NULL(struct host_config, dns, "Dns"),
	FIELD_STRV_NULL(struct host_config, dns_options, "DnsOptions"),
	FIELD_STRV_NULL(struct host_config, dns_search, "DnsSearch"),
	FIELD_STRV_NULL(struct host_config, extra_hosts, "ExtraHosts"),
	FIELD_STRV_NULL(struct host_config, group_add, "GroupAdd"),
	FIELD_STR(struct host_config, ipc_mode, "IpcMode"),
	FIELD_STR(struct host_config, cgroup, "Cgroup"),
	FIELD_STRV_NULL(struct host_config, links, "Links"),
	FIELD_I64(struct host_config, oom_score_adj, "OomScoreAdj"),
	FIELD_STR(struct host_config, pid_mode, "PidMode"),
	FIELD_BOOL(struct host_config, privileged, "Privileged"),
	FIELD_BOOL(struct host_config, publish_all_ports, "PublishAllPorts"),
	FIELD_BOOL(struct host_config, readonly_rootfs, "ReadonlyRootfs"),
	FIELD_STRV_NULL(struct host_config, security_opt, "SecurityOpt"),
	FIELD_MAP_OMIT(struct host_config, storage_opt, "StorageOpt"),
	FIELD_MAP_OMIT(struct host_config, tmpfs, "Tmpfs"),
	FIELD_STR(struct host_config, uts_mode, "UTSMode"),
	FIELD_STR(struct host_config, userns_mode, "UsernsMode"),
	FIELD_I64(struct host_config, shm_size, "ShmSize"),
	FIELD_MAP_OMIT(struct host_config, sysctls, "Sysctls"),
	FIELD_STR_OMIT(struct host_config, runtime, "Runtime"),
	FIELD_STR(struct host_config, isolation, "Isolation"),
	/* Resources */
	FIELD_I64(struct host_config, cpu_shares, "CpuShares"),
	FIELD_I64(struct host_config, memory, "Memory"),
	FIELD_I64(struct host_config, nano_cpus, "NanoCpus"),
	FIELD_STR(struct host_config, cgroup_parent, "CgroupParent"),
	FIELD_I64(struct host_config, blkio_weight, "BlkioWeight"),
	FIELD_LIST_FLAGS(struct host_config, blkio_weight_device, n_blkio_weight_device,
			 "BlkioWeightDevice", JSON_ARRAY, &weight_device_shape, JSON_EMPTY_AS_NULL),
	FIELD_LIST_FLAGS(struct host_config, blkio_device_read_bps, n_blkio_device_read_bps,
			 "BlkioDeviceReadBps", JSON_ARRAY, &throttle_device_shape,
			 JSON_EMPTY_AS_NULL),
	FIELD_LIST_FLAGS(struct host_config, blkio_device_write_bps, n_blkio_device_write_bps,
			 "BlkioDeviceWriteBps", JSON_ARRAY, &throttle_device_shape,
			 JSON_EMPTY_AS_NULL),
	FIELD_LIST_FLAGS(struct host_config, blkio_device_read_iops, n_blkio_device_read_iops,
			 "BlkioDeviceReadIOps", JSON_ARRAY, &throttle_device_shape,
			 JSON_EMPTY_AS_NULL),
	FIELD_LIST_FLAGS(struct host_config, blkio_device_write_iops, n_blkio_device_write_iops,
			 "BlkioDeviceWriteIOps", JSON_ARRAY, &throttle_device_shape,
			 JSON_EMPTY_AS_NULL),
	FIELD_I64(struct host_config, cpu_period, "CpuPeriod"),
	FIELD_I64(struct host_config, cpu_quota, "CpuQuota"),
	FIELD_I64(struct host_config, cpu_realtime_period, "CpuRealtimePeriod"),
	FIELD_I64(struct host_config, cpu_realtime_runtime, "CpuRealtimeRuntime"),
	FIELD_STR(struct host_config, cpuset_cpus, "CpusetCpus"),
	FIELD_STR(struct host_config, cpuset_mems, "CpusetMems"),
	FIELD_LIST_FLAGS(struct host_config, devices, n_devices, "Devices", JSON_ARRAY,
			 &device_mapping_shape, JSON_EMPTY_AS_NULL),
	FIELD_STRV_NULL(struct host_config, device_cgroup_rules, "DeviceCgroupRules"),
	FIELD_LIST_FLAGS(struct host_config, device_requests, n_device_requests, "DeviceRequests",
			 JSON_ARRAY, &device_request_shape, JSON_EMPTY_AS_NULL),
	FIELD_I64(struct host_config, memory_reservation, "MemoryReservation"),
	FIELD_I64(struct host_config, memory_swap, "MemorySwap"),
	FIELD_OPT_I64(struct host_config, memory_swappiness, "MemorySwappiness"),
	FIELD_OPT_BOOL(struct host_config, oom_kill_disable, "OomKillDisable"),
	FIELD_OPT_I64(struct host_config, pids_limit, "PidsLimit"),
	FIELD_LIST_FLAGS(struct host_config, ulimits, n_ulimits, "Ulimits", JSON_ARRAY,
			 &ulimit_shape, JSON_EMPTY_AS_NULL),
	FIELD_I64(struct host_config, cpu_count, "CpuCount"),
	FIELD_I64(struct host_config, cpu_percent, "CpuPercent"),
	FIELD_U64(struct host_config, io_maximum_iops, "IOMaximumIOps"),
	FIELD_U64(struct host_config, io_maximum_bandwidth, "IOMaximumBandwidth"),
	/* beside Resources */
	FIELD_LIST_FLAGS(struct host_config, mounts, n_mounts, "Mounts", JSON_ARRAY, &mount_shape,
			 JSON_OMIT_EMPTY),
	FIELD_STRV_NULL(struct host_config, masked_paths, "MaskedPaths"),
	FIELD_STRV_NULL(struct host_config, readonly_paths, "ReadonlyPaths"),
	FIELD_FLAGS(struct host_config, init, "Init", JSON_OPT_BOOL, struct opt_bool,
		    JSON_OMIT_EMPTY),
	FIELD_STR_OMIT(struct host_config, rootfs, "Rootfs"),
};
const struct json_shape host_config_shape =
	JSON_SHAPE(struct host_config, host_config_fields, JSON_SHAPE_ANYCASE);
