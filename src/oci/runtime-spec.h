/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OCI runtime-spec 1.3 config.json and state.json as structs. engine/spec fills and encodes one,
 * runtime/ decodes and obeys it.
 *
 * json_decode(&oci_spec_shape, …), json_encode, json_release. Pointers to structs are NULL when
 * absent. Empty members are not written. Members of other platforms (windows, vm, solaris …) are
 * ignored, as the specification says.
 */
#pragma once

#include "base/json.h"
#include "oci/runtime-resources.h"
#include "oci/runtime-seccomp.h"

#define OCI_RUNTIME_VERSION "1.3.0"

struct oci_id_mapping {
	uint32_t container_id, host_id, size;
};

struct oci_user {
	uint32_t uid, gid;
	struct opt_i64 umask;
	int64_t *additional_gids;
	size_t n_additional_gids;
	char *username;
};

struct oci_capabilities {
	char **bounding, **effective, **inheritable, **permitted, **ambient;
};

struct oci_rlimit {
	char *type;	     /* "RLIMIT_NOFILE" */
	uint64_t hard, soft; /* UINT64_MAX: unlimited */
};

struct oci_scheduler {
	char *policy; /* "SCHED_OTHER" … */
	int64_t nice, priority;
	char **flags;
	uint64_t runtime, deadline, period;
};

struct oci_io_priority {
	char *class; /* "IOPRIO_CLASS_BE" … */
	int64_t priority;
};

struct oci_cpu_affinity {
	char *initial, *final;
};

struct oci_console_size {
	uint64_t height, width;
};

struct oci_process {
	bool terminal;
	struct oci_console_size *console_size;
	struct oci_user user;
	char **args, **env;
	char *cwd, *command_line; /* the latter is for Windows */
	struct oci_capabilities *capabilities;
	struct oci_rlimit *rlimits;
	size_t n_rlimits;
	bool no_new_privileges;
	char *apparmor_profile, *selinux_label;
	struct opt_i64 oom_score_adj;
	struct oci_scheduler *scheduler;
	struct oci_io_priority *io_priority;
	struct oci_cpu_affinity *exec_cpu_affinity;
};

struct oci_root {
	char *path;
	bool readonly;
};

struct oci_mount {
	char *destination, *type, *source;
	char **options;
	struct oci_id_mapping *uid_mappings, *gid_mappings;
	size_t n_uid_mappings, n_gid_mappings;
};

struct oci_hook {
	char *path;
	char **args, **env;
	struct opt_i64 timeout; /* seconds */
};

struct oci_hooks {
	struct oci_hook *prestart, *create_runtime, *create_container, *start_container, *poststart,
		*poststop;
	size_t n_prestart, n_create_runtime, n_create_container, n_start_container, n_poststart,
		n_poststop;
};

struct oci_namespace {
	char *type; /* pid network mount ipc uts user cgroup time */
	char *path; /* NULL: a new one */
};

struct oci_device {
	char *type, *path; /* "c" "b" "u" "p" */
	int64_t major, minor;
	struct opt_i64 file_mode, uid, gid;
};

struct oci_net_device {
	char *key;  /* name on the host */
	char *name; /* in the container; NULL: the same */
};

struct oci_time_offset {
	int64_t secs;
	uint32_t nanosecs;
};

struct oci_time_offsets {
	struct oci_time_offset *monotonic, *boottime;
};

struct oci_personality {
	char *domain; /* "LINUX" "LINUX32" */
	char **flags;
};

struct oci_intel_rdt {
	char *clos_id;
	char **schemata;
	char *l3_cache_schema, *mem_bw_schema;
	bool enable_monitoring;
};

struct oci_memory_policy {
	char *mode, *nodes;
	char **flags;
};

struct oci_linux {
	struct oci_id_mapping *uid_mappings, *gid_mappings;
	size_t n_uid_mappings, n_gid_mappings;
	struct strmap sysctl;
	struct oci_resources *resources;
	char *cgroups_path;
	struct oci_namespace *namespaces;
	size_t n_namespaces;
	struct oci_device *devices;
	size_t n_devices;
	struct oci_net_device *net_devices;
	size_t n_net_devices;
	struct oci_seccomp *seccomp;
	char *rootfs_propagation;
	char **masked_paths, **readonly_paths;
	char *mount_label;
	struct oci_intel_rdt *intel_rdt;
	struct oci_memory_policy *memory_policy;
	struct oci_personality *personality;
	struct oci_time_offsets *time_offsets;
};

struct oci_spec {
	char *oci_version;
	struct oci_process *process;
	struct oci_root *root;
	char *hostname, *domainname;
	struct oci_mount *mounts;
	size_t n_mounts;
	struct oci_hooks *hooks;
	struct strmap annotations;
	struct oci_linux *linux_;
};

extern const struct json_shape oci_spec_shape, oci_process_shape, oci_seccomp_shape,
	oci_resources_shape;

/* Also refuse what the tables cannot tell (runtime-spec-check*.c): a version that is none, values
 * out of range, things named twice, paths that are not absolute. What is optional and "" is as if
 * it were not there; linux_ is never NULL afterwards. */
must_check int oci_spec_parse(const char *text, size_t len, struct oci_spec *ret,
			      struct error *err);
must_check int oci_process_parse(const char *text, size_t len, struct oci_process *ret,
				 struct error *err);
void oci_spec_release(struct oci_spec *spec);
