/* SPDX-License-Identifier: Apache-2.0 */
/* linux.resources of the OCI runtime-spec; a part of oci/runtime-spec.h, which has the contract. */
#pragma once

#include "base/json.h"

struct oci_device_rule {
	bool allow;
	char *type;		     /* "a" "b" "c", NULL: all */
	struct opt_i64 major, minor; /* unset or -1: all */
	char *access;		     /* of "rwm", NULL: all */
};

struct oci_memory {
	struct opt_i64 limit, reservation, swap, kernel, kernel_tcp, swappiness;
	struct opt_bool disable_oom_killer, use_hierarchy, check_before_update;
};

struct oci_cpu {
	struct opt_i64 shares, quota, burst, period, realtime_runtime, realtime_period, idle;
	char *cpus, *mems;
};

struct oci_weight_device {
	int64_t major, minor;
	struct opt_i64 weight, leaf_weight;
};

struct oci_throttle_device {
	int64_t major, minor;
	uint64_t rate;
};

struct oci_block_io {
	struct opt_i64 weight, leaf_weight;
	struct oci_weight_device *weight_device;
	struct oci_throttle_device *read_bps, *write_bps, *read_iops, *write_iops;
	size_t n_weight_device, n_read_bps, n_write_bps, n_read_iops, n_write_iops;
};

struct oci_hugepage_limit {
	char *page_size; /* "2MB" */
	uint64_t limit;
};

struct oci_pids {
	struct opt_i64 limit;
};

struct oci_interface_priority {
	char *name;
	uint32_t priority;
};

struct oci_network {
	struct opt_i64 class_id;
	struct oci_interface_priority *priorities;
	size_t n_priorities;
};

struct oci_rdma {
	char *key;
	struct opt_i64 hca_handles, hca_objects;
};

struct oci_resources {
	struct oci_device_rule *devices;
	size_t n_devices;
	struct oci_memory *memory;
	struct oci_cpu *cpu;
	struct oci_pids *pids;
	struct oci_block_io *block_io;
	struct oci_hugepage_limit *hugepage_limits;
	size_t n_hugepage_limits;
	struct oci_network *network;
	struct oci_rdma *rdma;
	size_t n_rdma;
	struct strmap unified; /* v2 file -> value */
};
