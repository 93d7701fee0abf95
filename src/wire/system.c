/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of /info, /version, and of errors. */
#include "wire/system.h"

static const struct json_field error_response_fields[] = {
	FIELD_STR(struct error_response, message, "message"),
};
const struct json_shape error_response_shape =
	JSON_SHAPE(struct error_response, error_response_fields, JSON_SHAPE_ANYCASE);

static const struct json_field system_platform_fields[] = {
	FIELD_STR(struct system_platform, name, "Name"),
};
const struct json_shape system_platform_shape =
	JSON_SHAPE(struct system_platform, system_platform_fields, JSON_SHAPE_ANYCASE);

static const struct json_field system_component_fields[] = {
	FIELD_STR(struct system_component, name, "Name"),
	FIELD_STR(struct system_component, version, "Version"),
	FIELD_MAP_OMIT(struct system_component, details, "Details"),
};
const struct json_shape system_component_shape =
	JSON_SHAPE(struct system_component, system_component_fields, JSON_SHAPE_ANYCASE);

static const struct json_field system_version_fields[] = {
	FIELD_OBJ(struct system_version, platform, "Platform", &system_platform_shape),
	FIELD_LIST_FLAGS(struct system_version, components, n_components, "Components", JSON_ARRAY,
			 &system_component_shape, JSON_OMIT_EMPTY),
	FIELD_STR(struct system_version, version, "Version"),
	FIELD_STR(struct system_version, api_version, "ApiVersion"),
	FIELD_STR_OMIT(struct system_version, min_api_version, "MinAPIVersion"),
	FIELD_STR(struct system_version, git_commit, "GitCommit"),
	FIELD_STR(struct system_version, go_version, "GoVersion"),
	FIELD_STR(struct system_version, os, "Os"),
	FIELD_STR(struct system_version, arch, "Arch"),
	FIELD_STR_OMIT(struct system_version, kernel_version, "KernelVersion"),
	FIELD_BOOL_OMIT(struct system_version, experimental, "Experimental"),
	FIELD_STR_OMIT(struct system_version, build_time, "BuildTime"),
};
const struct json_shape system_version_shape =
	JSON_SHAPE(struct system_version, system_version_fields, JSON_SHAPE_ANYCASE);

static const struct json_field system_plugins_fields[] = {
	FIELD_STRV(struct system_plugins, volume, "Volume"),
	FIELD_STRV(struct system_plugins, network, "Network"),
	FIELD_STRV_NULL(struct system_plugins, authorization, "Authorization"),
	FIELD_STRV(struct system_plugins, log, "Log"),
};
const struct json_shape system_plugins_shape =
	JSON_SHAPE(struct system_plugins, system_plugins_fields, JSON_SHAPE_ANYCASE);

static const struct json_field system_index_fields[] = {
	FIELD_STR(struct system_index, name, "Name"),
	FIELD_STRV(struct system_index, mirrors, "Mirrors"),
	FIELD_BOOL(struct system_index, secure, "Secure"),
	FIELD_BOOL(struct system_index, official, "Official"),
};
const struct json_shape system_index_shape =
	JSON_SHAPE(struct system_index, system_index_fields, JSON_SHAPE_ANYCASE | JSON_SHAPE_KEYED);

static const struct json_field system_registry_config_fields[] = {
	FIELD_STRV(struct system_registry_config, insecure_registry_cidrs, "InsecureRegistryCIDRs"),
	FIELD_OBJMAP(struct system_registry_config, index_configs, n_index_configs, "IndexConfigs",
		     &system_index_shape),
	FIELD_STRV_NULL(struct system_registry_config, mirrors, "Mirrors"),
};
const struct json_shape system_registry_config_shape = JSON_SHAPE(
	struct system_registry_config, system_registry_config_fields, JSON_SHAPE_ANYCASE);

static const struct json_field system_runtime_fields[] = {
	FIELD_STR_OMIT(struct system_runtime, path, "path"),
	FIELD_STRV_OMIT(struct system_runtime, runtime_args, "runtimeArgs"),
};
const struct json_shape system_runtime_shape = JSON_SHAPE(
	struct system_runtime, system_runtime_fields, JSON_SHAPE_ANYCASE | JSON_SHAPE_KEYED);

static const struct json_field system_swarm_fields[] = {
	FIELD_STR(struct system_swarm, node_id, "NodeID"),
	FIELD_STR(struct system_swarm, node_addr, "NodeAddr"),
	FIELD_STR(struct system_swarm, local_node_state, "LocalNodeState"),
	FIELD_BOOL(struct system_swarm, control_available, "ControlAvailable"),
	FIELD_STR(struct system_swarm, error, "Error"),
};
const struct json_shape system_swarm_shape =
	JSON_SHAPE(struct system_swarm, system_swarm_fields, JSON_SHAPE_ANYCASE);

static const struct json_field system_commit_fields[] = {
	FIELD_STR(struct system_commit, id, "ID"),
	FIELD_STR_OMIT(struct system_commit, expected, "Expected"),
};
const struct json_shape system_commit_shape =
	JSON_SHAPE(struct system_commit, system_commit_fields, JSON_SHAPE_ANYCASE);

static const struct json_field system_address_pool_fields[] = {
	FIELD_STR(struct system_address_pool, base, "Base"),
	FIELD_I64(struct system_address_pool, size, "Size"),
};
const struct json_shape system_address_pool_shape =
	JSON_SHAPE(struct system_address_pool, system_address_pool_fields, JSON_SHAPE_ANYCASE);

static const struct json_field system_firewall_fields[] = {
	FIELD_STR(struct system_firewall, driver, "Driver"),
	FIELD_LIST_FLAGS(struct system_firewall, info, n_info, "Info", JSON_ARRAY,
			 &string_list_shape, JSON_OMIT_EMPTY),
};
const struct json_shape system_firewall_shape =
	JSON_SHAPE(struct system_firewall, system_firewall_fields, JSON_SHAPE_ANYCASE);

static const struct json_field system_info_fields[] = {
	FIELD_STR(struct system_info, id, "ID"),
	FIELD_I64(struct system_info, containers, "Containers"),
	FIELD_I64(struct system_info, containers_running, "ContainersRunning"),
	FIELD_I64(struct system_info, containers_paused, "ContainersPaused"),
	FIELD_I64(struct system_info, containers_stopped, "ContainersStopped"),
	FIELD_I64(struct system_info, images, "Images"),
	FIELD_STR(struct system_info, driver, "Driver"),
	FIELD_ARRAY(struct system_info, driver_status, n_driver_status, "DriverStatus",
		    &string_list_shape),
	FIELD_OBJ(struct system_info, plugins, "Plugins", &system_plugins_shape),
	FIELD_BOOL(struct system_info, memory_limit, "MemoryLimit"),
	FIELD_BOOL(struct system_info, swap_limit, "SwapLimit"),
	FIELD_BOOL(struct system_info, cpu_cfs_period, "CpuCfsPeriod"),
	FIELD_BOOL(struct system_info, cpu_cfs_quota, "CpuCfsQuota"),
	FIELD_BOOL(struct system_info, cpu_shares, "CPUShares"),
	FIELD_BOOL(struct system_info, cpu_set, "CPUSet"),
	FIELD_BOOL(struct system_info, pids_limit, "PidsLimit"),
	FIELD_BOOL(struct system_info, ipv4_forwarding, "IPv4Forwarding"),
	FIELD_BOOL(struct system_info, debug, "Debug"),
	FIELD_FLAGS(struct system_info, bridge_nf_iptables, "BridgeNfIptables", JSON_OPT_BOOL,
		    struct opt_bool, JSON_OMIT_EMPTY),
	FIELD_FLAGS(struct system_info, bridge_nf_ip6tables, "BridgeNfIp6tables", JSON_OPT_BOOL,
		    struct opt_bool, JSON_OMIT_EMPTY),
	FIELD_I64(struct system_info, n_fd, "NFd"),
	FIELD_BOOL(struct system_info, oom_kill_disable, "OomKillDisable"),
	FIELD_I64(struct system_info, n_goroutines, "NGoroutines"),
	FIELD_TIME(struct system_info, system_time, "SystemTime"),
	FIELD_STR(struct system_info, logging_driver, "LoggingDriver"),
	FIELD_STR(struct system_info, cgroup_driver, "CgroupDriver"),
	FIELD_STR_OMIT(struct system_info, cgroup_version, "CgroupVersion"),
	FIELD_I64(struct system_info, n_events_listener, "NEventsListener"),
	FIELD_STR(struct system_info, kernel_version, "KernelVersion"),
	FIELD_STR(struct system_info, operating_system, "OperatingSystem"),
	FIELD_STR(struct system_info, os_version, "OSVersion"),
	FIELD_STR(struct system_info, os_type, "OSType"),
	FIELD_STR(struct system_info, architecture, "Architecture"),
	FIELD_STR(struct system_info, index_server_address, "IndexServerAddress"),
	FIELD_STR_OMIT(struct system_info, default_registry, "DefaultRegistry"),
	FIELD_OBJ(struct system_info, registry_config, "RegistryConfig",
		  &system_registry_config_shape),
	FIELD_I64(struct system_info, ncpu, "NCPU"),
	FIELD_I64(struct system_info, mem_total, "MemTotal"),
	FIELD_STR(struct system_info, docker_root_dir, "DockerRootDir"),
	FIELD_STR(struct system_info, http_proxy, "HttpProxy"),
	FIELD_STR(struct system_info, https_proxy, "HttpsProxy"),
	FIELD_STR(struct system_info, no_proxy, "NoProxy"),
	FIELD_STR(struct system_info, name, "Name"),
	FIELD_STRV(struct system_info, labels, "Labels"),
	FIELD_BOOL(struct system_info, experimental_build, "ExperimentalBuild"),
	FIELD_STR(struct system_info, server_version, "ServerVersion"),
	FIELD_OBJMAP(struct system_info, runtimes, n_runtimes, "Runtimes", &system_runtime_shape),
	FIELD_STR(struct system_info, default_runtime, "DefaultRuntime"),
	FIELD_OBJ(struct system_info, swarm, "Swarm", &system_swarm_shape),
	FIELD_BOOL(struct system_info, live_restore_enabled, "LiveRestoreEnabled"),
	FIELD_STR(struct system_info, isolation, "Isolation"),
	FIELD_STR(struct system_info, init_binary, "InitBinary"),
	FIELD_OBJ(struct system_info, containerd_commit, "ContainerdCommit", &system_commit_shape),
	FIELD_OBJ(struct system_info, runc_commit, "RuncCommit", &system_commit_shape),
	FIELD_OBJ(struct system_info, init_commit, "InitCommit", &system_commit_shape),
	FIELD_STRV(struct system_info, security_options, "SecurityOptions"),
	FIELD_STR_OMIT(struct system_info, product_license, "ProductLicense"),
	FIELD_LIST_FLAGS(struct system_info, default_address_pools, n_default_address_pools,
			 "DefaultAddressPools", JSON_ARRAY, &system_address_pool_shape,
			 JSON_OMIT_EMPTY),
	FIELD_OBJP_FLAGS(struct system_info, firewall_backend, "FirewallBackend",
			 &system_firewall_shape, JSON_OMIT_EMPTY),
	FIELD_STRV(struct system_info, cdi_spec_dirs, "CDISpecDirs"),
	FIELD_STRV(struct system_info, warnings, "Warnings"),
};
const struct json_shape system_info_shape =
	JSON_SHAPE(struct system_info, system_info_fields, JSON_SHAPE_ANYCASE);
