/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON tables of config.json. What the tables cannot say is checked in runtime-spec-check.c. */
#include "oci/runtime-spec.h"

/* Optional members are left out when empty; ids, sizes and "allow" are always written. */
#define STR(T, m, name) FIELD_FLAGS(struct T, m, name, JSON_STR, char *, JSON_OMIT_EMPTY)
#define STR_REQ(T, m, name) FIELD_FLAGS(struct T, m, name, JSON_STR, char *, JSON_REQUIRED)
#define STRV(T, m, name) FIELD_FLAGS(struct T, m, name, JSON_STRV, char **, JSON_OMIT_EMPTY)
#define BOOLEAN(T, m, name) FIELD_FLAGS(struct T, m, name, JSON_BOOL, bool, JSON_OMIT_EMPTY)
#define OPTB(T, m, name)                                                                           \
	FIELD_FLAGS(struct T, m, name, JSON_OPT_BOOL, struct opt_bool, JSON_OMIT_EMPTY)
#define OPTI(T, m, name)                                                                           \
	FIELD_FLAGS(struct T, m, name, JSON_OPT_I64, struct opt_i64, JSON_OMIT_EMPTY)
#define I64(T, m, name) FIELD_FLAGS(struct T, m, name, JSON_I64, int64_t, JSON_OMIT_EMPTY)
#define I64_REQ(T, m, name) FIELD_FLAGS(struct T, m, name, JSON_I64, int64_t, JSON_REQUIRED)
#define U64(T, m, name) FIELD_FLAGS(struct T, m, name, JSON_U64, uint64_t, JSON_OMIT_EMPTY)
#define U64_REQ(T, m, name) FIELD_FLAGS(struct T, m, name, JSON_U64, uint64_t, JSON_REQUIRED)
#define U32(T, m, name) FIELD_FLAGS(struct T, m, name, JSON_U32, uint32_t, 0)
#define U32_REQ(T, m, name) FIELD_FLAGS(struct T, m, name, JSON_U32, uint32_t, JSON_REQUIRED)
#define MAP(T, m, name) FIELD_FLAGS(struct T, m, name, JSON_MAP, struct strmap, JSON_OMIT_EMPTY)
#define OBJP(T, m, name, sh) FIELD_OBJP_FLAGS(struct T, m, name, sh, JSON_OMIT_EMPTY)
#define LIST(T, m, name, sh)                                                                       \
	FIELD_LIST_FLAGS(struct T, m, n_##m, name, JSON_ARRAY, sh, JSON_OMIT_EMPTY)
#define OBJMAP(T, m, name, sh)                                                                     \
	FIELD_LIST_FLAGS(struct T, m, n_##m, name, JSON_OBJMAP, sh, JSON_OMIT_EMPTY)
#define SHAPE(T) static const struct json_shape T##_shape = JSON_SHAPE(struct T, T##_fields, 0)

static const struct json_field oci_id_mapping_fields[] = {
	U32_REQ(oci_id_mapping, container_id, "containerID"),
	U32_REQ(oci_id_mapping, host_id, "hostID"),
	U32_REQ(oci_id_mapping, size, "size"),
};
SHAPE(oci_id_mapping);

static const struct json_field oci_user_fields[] = {
	U32(oci_user, uid, "uid"),
	U32(oci_user, gid, "gid"),
	OPTI(oci_user, umask, "umask"),
	FIELD_LIST_FLAGS(struct oci_user, additional_gids, n_additional_gids, "additionalGids",
			 JSON_ARRAY_I64, NULL, JSON_OMIT_EMPTY),
	STR(oci_user, username, "username"),
};
SHAPE(oci_user);

static const struct json_field oci_capabilities_fields[] = {
	STRV(oci_capabilities, bounding, "bounding"),
	STRV(oci_capabilities, effective, "effective"),
	STRV(oci_capabilities, inheritable, "inheritable"),
	STRV(oci_capabilities, permitted, "permitted"),
	STRV(oci_capabilities, ambient, "ambient"),
};
SHAPE(oci_capabilities);

static const struct json_field oci_rlimit_fields[] = {
	STR_REQ(oci_rlimit, type, "type"),
	U64_REQ(oci_rlimit, hard, "hard"),
	U64_REQ(oci_rlimit, soft, "soft"),
};
SHAPE(oci_rlimit);

static const struct json_field oci_scheduler_fields[] = {
	STR_REQ(oci_scheduler, policy, "policy"), I64(oci_scheduler, nice, "nice"),
	I64(oci_scheduler, priority, "priority"), STRV(oci_scheduler, flags, "flags"),
	U64(oci_scheduler, runtime, "runtime"),	  U64(oci_scheduler, deadline, "deadline"),
	U64(oci_scheduler, period, "period"),
};
SHAPE(oci_scheduler);

static const struct json_field oci_io_priority_fields[] = {
	STR_REQ(oci_io_priority, class, "class"),
	I64(oci_io_priority, priority, "priority"),
};
SHAPE(oci_io_priority);

static const struct json_field oci_cpu_affinity_fields[] = {
	STR(oci_cpu_affinity, initial, "initial"),
	STR(oci_cpu_affinity, final, "final"),
};
SHAPE(oci_cpu_affinity);

static const struct json_field oci_console_size_fields[] = {
	U64_REQ(oci_console_size, height, "height"),
	U64_REQ(oci_console_size, width, "width"),
};
SHAPE(oci_console_size);

static const struct json_field oci_process_fields[] = {
	BOOLEAN(oci_process, terminal, "terminal"),
	OBJP(oci_process, console_size, "consoleSize", &oci_console_size_shape),
	FIELD_OBJ(struct oci_process, user, "user", &oci_user_shape),
	STRV(oci_process, args, "args"),
	STR(oci_process, command_line, "commandLine"),
	STRV(oci_process, env, "env"),
	STR_REQ(oci_process, cwd, "cwd"),
	OBJP(oci_process, capabilities, "capabilities", &oci_capabilities_shape),
	LIST(oci_process, rlimits, "rlimits", &oci_rlimit_shape),
	BOOLEAN(oci_process, no_new_privileges, "noNewPrivileges"),
	STR(oci_process, apparmor_profile, "apparmorProfile"),
	STR(oci_process, selinux_label, "selinuxLabel"),
	OPTI(oci_process, oom_score_adj, "oomScoreAdj"),
	OBJP(oci_process, scheduler, "scheduler", &oci_scheduler_shape),
	OBJP(oci_process, io_priority, "ioPriority", &oci_io_priority_shape),
	OBJP(oci_process, exec_cpu_affinity, "execCPUAffinity", &oci_cpu_affinity_shape),
};
const struct json_shape oci_process_shape = JSON_SHAPE(struct oci_process, oci_process_fields, 0);

static const struct json_field oci_root_fields[] = {
	STR_REQ(oci_root, path, "path"),
	BOOLEAN(oci_root, readonly, "readonly"),
};
SHAPE(oci_root);

static const struct json_field oci_mount_fields[] = {
	STR_REQ(oci_mount, destination, "destination"),
	STR(oci_mount, type, "type"),
	STR(oci_mount, source, "source"),
	STRV(oci_mount, options, "options"),
	LIST(oci_mount, uid_mappings, "uidMappings", &oci_id_mapping_shape),
	LIST(oci_mount, gid_mappings, "gidMappings", &oci_id_mapping_shape),
};
SHAPE(oci_mount);

static const struct json_field oci_hook_fields[] = {
	STR_REQ(oci_hook, path, "path"),
	STRV(oci_hook, args, "args"),
	STRV(oci_hook, env, "env"),
	OPTI(oci_hook, timeout, "timeout"),
};
SHAPE(oci_hook);

static const struct json_field oci_hooks_fields[] = {
	LIST(oci_hooks, prestart, "prestart", &oci_hook_shape),
	LIST(oci_hooks, create_runtime, "createRuntime", &oci_hook_shape),
	LIST(oci_hooks, create_container, "createContainer", &oci_hook_shape),
	LIST(oci_hooks, start_container, "startContainer", &oci_hook_shape),
	LIST(oci_hooks, poststart, "poststart", &oci_hook_shape),
	LIST(oci_hooks, poststop, "poststop", &oci_hook_shape),
};
SHAPE(oci_hooks);

static const struct json_field oci_namespace_fields[] = {
	STR_REQ(oci_namespace, type, "type"),
	STR(oci_namespace, path, "path"),
};
SHAPE(oci_namespace);

static const struct json_field oci_device_fields[] = {
	STR_REQ(oci_device, type, "type"),
	STR_REQ(oci_device, path, "path"),
	I64(oci_device, major, "major"),
	I64(oci_device, minor, "minor"),
	OPTI(oci_device, file_mode, "fileMode"),
	OPTI(oci_device, uid, "uid"),
	OPTI(oci_device, gid, "gid"),
};
SHAPE(oci_device);

static const struct json_field oci_net_device_fields[] = {
	STR(oci_net_device, name, "name"),
};
SHAPE(oci_net_device);

static const struct json_field oci_device_rule_fields[] = {
	FIELD_FLAGS(struct oci_device_rule, allow, "allow", JSON_BOOL, bool, JSON_REQUIRED),
	STR(oci_device_rule, type, "type"),
	OPTI(oci_device_rule, major, "major"),
	OPTI(oci_device_rule, minor, "minor"),
	STR(oci_device_rule, access, "access"),
};
SHAPE(oci_device_rule);

static const struct json_field oci_memory_fields[] = {
	OPTI(oci_memory, limit, "limit"),
	OPTI(oci_memory, reservation, "reservation"),
	OPTI(oci_memory, swap, "swap"),
	OPTI(oci_memory, kernel, "kernel"),
	OPTI(oci_memory, kernel_tcp, "kernelTCP"),
	OPTI(oci_memory, swappiness, "swappiness"),
	OPTB(oci_memory, disable_oom_killer, "disableOOMKiller"),
	OPTB(oci_memory, use_hierarchy, "useHierarchy"),
	OPTB(oci_memory, check_before_update, "checkBeforeUpdate"),
};
SHAPE(oci_memory);

static const struct json_field oci_cpu_fields[] = {
	OPTI(oci_cpu, shares, "shares"),
	OPTI(oci_cpu, quota, "quota"),
	OPTI(oci_cpu, burst, "burst"),
	OPTI(oci_cpu, period, "period"),
	OPTI(oci_cpu, realtime_runtime, "realtimeRuntime"),
	OPTI(oci_cpu, realtime_period, "realtimePeriod"),
	OPTI(oci_cpu, idle, "idle"),
	STR(oci_cpu, cpus, "cpus"),
	STR(oci_cpu, mems, "mems"),
};
SHAPE(oci_cpu);

static const struct json_field oci_weight_device_fields[] = {
	I64_REQ(oci_weight_device, major, "major"),
	I64_REQ(oci_weight_device, minor, "minor"),
	OPTI(oci_weight_device, weight, "weight"),
	OPTI(oci_weight_device, leaf_weight, "leafWeight"),
};
SHAPE(oci_weight_device);

static const struct json_field oci_throttle_device_fields[] = {
	I64_REQ(oci_throttle_device, major, "major"),
	I64_REQ(oci_throttle_device, minor, "minor"),
	FIELD_FLAGS(struct oci_throttle_device, rate, "rate", JSON_U64, uint64_t, 0),
};
SHAPE(oci_throttle_device);

static const struct json_field oci_block_io_fields[] = {
	OPTI(oci_block_io, weight, "weight"),
	OPTI(oci_block_io, leaf_weight, "leafWeight"),
	LIST(oci_block_io, weight_device, "weightDevice", &oci_weight_device_shape),
	LIST(oci_block_io, read_bps, "throttleReadBpsDevice", &oci_throttle_device_shape),
	LIST(oci_block_io, write_bps, "throttleWriteBpsDevice", &oci_throttle_device_shape),
	LIST(oci_block_io, read_iops, "throttleReadIOPSDevice", &oci_throttle_device_shape),
	LIST(oci_block_io, write_iops, "throttleWriteIOPSDevice", &oci_throttle_device_shape),
};
SHAPE(oci_block_io);

static const struct json_field oci_hugepage_limit_fields[] = {
	STR_REQ(oci_hugepage_limit, page_size, "pageSize"),
	U64_REQ(oci_hugepage_limit, limit, "limit"),
};
SHAPE(oci_hugepage_limit);

static const struct json_field oci_pids_fields[] = {
	OPTI(oci_pids, limit, "limit"),
};
SHAPE(oci_pids);

static const struct json_field oci_interface_priority_fields[] = {
	STR_REQ(oci_interface_priority, name, "name"),
	U32_REQ(oci_interface_priority, priority, "priority"),
};
SHAPE(oci_interface_priority);

static const struct json_field oci_network_fields[] = {
	OPTI(oci_network, class_id, "classID"),
	LIST(oci_network, priorities, "priorities", &oci_interface_priority_shape),
};
SHAPE(oci_network);

static const struct json_field oci_rdma_fields[] = {
	OPTI(oci_rdma, hca_handles, "hcaHandles"),
	OPTI(oci_rdma, hca_objects, "hcaObjects"),
};
SHAPE(oci_rdma);

static const struct json_field oci_resources_fields[] = {
	LIST(oci_resources, devices, "devices", &oci_device_rule_shape),
	OBJP(oci_resources, memory, "memory", &oci_memory_shape),
	OBJP(oci_resources, cpu, "cpu", &oci_cpu_shape),
	OBJP(oci_resources, pids, "pids", &oci_pids_shape),
	OBJP(oci_resources, block_io, "blockIO", &oci_block_io_shape),
	LIST(oci_resources, hugepage_limits, "hugepageLimits", &oci_hugepage_limit_shape),
	OBJP(oci_resources, network, "network", &oci_network_shape),
	OBJMAP(oci_resources, rdma, "rdma", &oci_rdma_shape),
	MAP(oci_resources, unified, "unified"),
};
const struct json_shape oci_resources_shape =
	JSON_SHAPE(struct oci_resources, oci_resources_fields, 0);

static const struct json_field oci_seccomp_arg_fields[] = {
	U32_REQ(oci_seccomp_arg, index, "index"),
	U64_REQ(oci_seccomp_arg, value, "value"),
	U64(oci_seccomp_arg, value_two, "valueTwo"),
	STR_REQ(oci_seccomp_arg, op, "op"),
};
SHAPE(oci_seccomp_arg);

static const struct json_field oci_seccomp_rule_fields[] = {
	STRV(oci_seccomp_rule, names, "names"),
	STR_REQ(oci_seccomp_rule, action, "action"),
	OPTI(oci_seccomp_rule, errno_ret, "errnoRet"),
	LIST(oci_seccomp_rule, args, "args", &oci_seccomp_arg_shape),
};
SHAPE(oci_seccomp_rule);

static const struct json_field oci_seccomp_fields[] = {
	STR_REQ(oci_seccomp, default_action, "defaultAction"),
	OPTI(oci_seccomp, default_errno_ret, "defaultErrnoRet"),
	STRV(oci_seccomp, architectures, "architectures"),
	STRV(oci_seccomp, flags, "flags"),
	STR(oci_seccomp, listener_path, "listenerPath"),
	STR(oci_seccomp, listener_metadata, "listenerMetadata"),
	LIST(oci_seccomp, syscalls, "syscalls", &oci_seccomp_rule_shape),
};
const struct json_shape oci_seccomp_shape = JSON_SHAPE(struct oci_seccomp, oci_seccomp_fields, 0);

static const struct json_field oci_time_offset_fields[] = {
	I64(oci_time_offset, secs, "secs"),
	U32(oci_time_offset, nanosecs, "nanosecs"),
};
SHAPE(oci_time_offset);

static const struct json_field oci_time_offsets_fields[] = {
	OBJP(oci_time_offsets, monotonic, "monotonic", &oci_time_offset_shape),
	OBJP(oci_time_offsets, boottime, "boottime", &oci_time_offset_shape),
};
SHAPE(oci_time_offsets);

static const struct json_field oci_personality_fields[] = {
	STR_REQ(oci_personality, domain, "domain"),
	STRV(oci_personality, flags, "flags"),
};
SHAPE(oci_personality);

static const struct json_field oci_intel_rdt_fields[] = {
	STR(oci_intel_rdt, clos_id, "closID"),
	STRV(oci_intel_rdt, schemata, "schemata"),
	STR(oci_intel_rdt, l3_cache_schema, "l3CacheSchema"),
	STR(oci_intel_rdt, mem_bw_schema, "memBwSchema"),
	BOOLEAN(oci_intel_rdt, enable_monitoring, "enableMonitoring"),
};
SHAPE(oci_intel_rdt);

static const struct json_field oci_memory_policy_fields[] = {
	STR_REQ(oci_memory_policy, mode, "mode"),
	STR(oci_memory_policy, nodes, "nodes"),
	STRV(oci_memory_policy, flags, "flags"),
};
SHAPE(oci_memory_policy);

static const struct json_field oci_linux_fields[] = {
	LIST(oci_linux, uid_mappings, "uidMappings", &oci_id_mapping_shape),
	LIST(oci_linux, gid_mappings, "gidMappings", &oci_id_mapping_shape),
	MAP(oci_linux, sysctl, "sysctl"),
	OBJP(oci_linux, resources, "resources", &oci_resources_shape),
	STR(oci_linux, cgroups_path, "cgroupsPath"),
	LIST(oci_linux, namespaces, "namespaces", &oci_namespace_shape),
	LIST(oci_linux, devices, "devices", &oci_device_shape),
	OBJMAP(oci_linux, net_devices, "netDevices", &oci_net_device_shape),
	OBJP(oci_linux, seccomp, "seccomp", &oci_seccomp_shape),
	STR(oci_linux, rootfs_propagation, "rootfsPropagation"),
	STRV(oci_linux, masked_paths, "maskedPaths"),
	STRV(oci_linux, readonly_paths, "readonlyPaths"),
	STR(oci_linux, mount_label, "mountLabel"),
	OBJP(oci_linux, intel_rdt, "intelRdt", &oci_intel_rdt_shape),
	OBJP(oci_linux, memory_policy, "memoryPolicy", &oci_memory_policy_shape),
	OBJP(oci_linux, personality, "personality", &oci_personality_shape),
	OBJP(oci_linux, time_offsets, "timeOffsets", &oci_time_offsets_shape),
};
SHAPE(oci_linux);

static const struct json_field oci_spec_fields[] = {
	STR_REQ(oci_spec, oci_version, "ociVersion"),
	OBJP(oci_spec, process, "process", &oci_process_shape),
	OBJP(oci_spec, root, "root", &oci_root_shape),
	STR(oci_spec, hostname, "hostname"),
	STR(oci_spec, domainname, "domainname"),
	LIST(oci_spec, mounts, "mounts", &oci_mount_shape),
	OBJP(oci_spec, hooks, "hooks", &oci_hooks_shape),
	MAP(oci_spec, annotations, "annotations"),
	OBJP(oci_spec, linux_, "linux", &oci_linux_shape),
};
const struct json_shape oci_spec_shape = JSON_SHAPE(struct oci_spec, oci_spec_fields, 0);
