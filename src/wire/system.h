/* SPDX-License-Identifier: Apache-2.0 */
/* /info, /version, and the body of every error. */
#pragma once

#include "wire/shape.h"

struct error_response {
	char *message;
};
WIRE_SHAPE(error_response)

struct system_platform {
	char *name;
};
WIRE_SHAPE(system_platform)

struct system_component {
	char *name, *version;
	struct strmap details;
};
WIRE_SHAPE(system_component)

struct system_version {
	struct system_platform platform;
	struct system_component *components;
	size_t n_components;
	char *version, *api_version, *min_api_version, *git_commit, *go_version;
	char *os, *arch, *kernel_version;
	bool experimental;
	char *build_time;
};
WIRE_SHAPE(system_version)

struct system_plugins {
	char **volume, **network, **authorization, **log;
};
WIRE_SHAPE(system_plugins)

struct system_index {
	char *key; /* "docker.io" */
	char *name;
	char **mirrors;
	bool secure, official;
};
WIRE_SHAPE(system_index)

struct system_registry_config {
	char **insecure_registry_cidrs;
	struct system_index *index_configs;
	size_t n_index_configs;
	char **mirrors;
};
WIRE_SHAPE(system_registry_config)

struct system_runtime {
	char *key; /* "hoy" */
	char *path;
	char **runtime_args;
};
WIRE_SHAPE(system_runtime)

struct system_swarm {
	char *node_id, *node_addr;
	char *local_node_state; /* "inactive" */
	bool control_available;
	char *error;
};
WIRE_SHAPE(system_swarm)

struct system_commit {
	char *id;
	char *expected; /* until 1.48 */
};
WIRE_SHAPE(system_commit)

struct system_address_pool {
	char *base;
	int64_t size;
};
WIRE_SHAPE(system_address_pool)

struct system_firewall {
	char *driver; /* "nftables" */
	struct string_list *info;
	size_t n_info;
};
WIRE_SHAPE(system_firewall)

struct system_info {
	char *id;
	int64_t containers, containers_running, containers_paused, containers_stopped, images;
	char *driver;
	struct string_list *driver_status; /* pairs */
	size_t n_driver_status;
	struct system_plugins plugins;
	bool memory_limit, swap_limit, cpu_cfs_period, cpu_cfs_quota, cpu_shares, cpu_set,
		pids_limit;
	bool ipv4_forwarding, debug;
	int64_t n_fd;
	bool oom_kill_disable;
	int64_t n_goroutines;
	int64_t system_time; /* time */
	char *logging_driver;
	char *cgroup_driver, *cgroup_version;
	int64_t n_events_listener;
	char *kernel_version, *operating_system, *os_version, *os_type, *architecture;
	char *index_server_address;
	char *default_registry; /* hoy's own: "HOST[:PORT][/PREFIX]"; NULL: docker.io */
	struct system_registry_config registry_config;
	int64_t ncpu, mem_total;
	char *docker_root_dir, *http_proxy, *https_proxy, *no_proxy, *name;
	char **labels;
	bool experimental_build;
	char *server_version;
	struct system_runtime *runtimes;
	size_t n_runtimes;
	char *default_runtime;
	struct system_swarm swarm;
	bool live_restore_enabled;
	char *isolation, *init_binary;
	struct system_commit containerd_commit, runc_commit, init_commit;
	char **security_options;
	char *product_license;
	struct system_address_pool *default_address_pools;
	size_t n_default_address_pools;
	struct system_firewall *firewall_backend;		 /* since 1.49 */
	struct opt_bool bridge_nf_iptables, bridge_nf_ip6tables; /* until 1.49 */
	char **cdi_spec_dirs, **warnings;
};
WIRE_SHAPE(system_info)
