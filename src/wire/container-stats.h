/* SPDX-License-Identifier: Apache-2.0 */
/* One sample of GET /containers/{id}/stats. */
#pragma once

#include "wire/shape.h"

struct container_cpu_usage {
	uint64_t total_usage;  /* nanoseconds, as all here */
	int64_t *percpu_usage; /* cgroup v1 alone */
	size_t n_percpu_usage;
	uint64_t usage_in_kernelmode, usage_in_usermode;
};
WIRE_SHAPE(container_cpu_usage)

struct container_throttling_data {
	uint64_t periods, throttled_periods, throttled_time;
};
WIRE_SHAPE(container_throttling_data)

struct container_cpu_stats {
	struct container_cpu_usage cpu_usage;
	uint64_t system_cpu_usage;
	uint32_t online_cpus;
	struct container_throttling_data throttling_data;
};
WIRE_SHAPE(container_cpu_stats)

struct container_memory_stat { /* a line of memory.stat */
	char *key;
	uint64_t value;
};
WIRE_SHAPE(container_memory_stat)

struct container_memory_stats {
	uint64_t usage, max_usage;
	struct container_memory_stat *stats;
	size_t n_stats;
	uint64_t failcnt, limit;
};
WIRE_SHAPE(container_memory_stats)

struct container_network_stats {
	char *key; /* "eth0" */
	uint64_t rx_bytes, rx_packets, rx_errors, rx_dropped;
	uint64_t tx_bytes, tx_packets, tx_errors, tx_dropped;
	char *endpoint_id, *instance_id;
};
WIRE_SHAPE(container_network_stats)

struct container_pids_stats {
	uint64_t current, limit;
};
WIRE_SHAPE(container_pids_stats)

struct container_blkio_stat_entry {
	uint64_t major, minor;
	char *op; /* "read" "write" "Total" … */
	uint64_t value;
};
WIRE_SHAPE(container_blkio_stat_entry)

struct container_blkio_stats {
	struct container_blkio_stat_entry *io_service_bytes_recursive, *io_serviced_recursive;
	size_t n_io_service_bytes_recursive, n_io_serviced_recursive;
	struct container_blkio_stat_entry *io_queue_recursive, *io_service_time_recursive;
	size_t n_io_queue_recursive, n_io_service_time_recursive;
	struct container_blkio_stat_entry *io_wait_time_recursive, *io_merged_recursive;
	size_t n_io_wait_time_recursive, n_io_merged_recursive;
	struct container_blkio_stat_entry *io_time_recursive, *sectors_recursive;
	size_t n_io_time_recursive, n_sectors_recursive;
};
WIRE_SHAPE(container_blkio_stats)

struct container_storage_stats { /* always empty on Linux */
	uint64_t read_count_normalized, read_size_bytes, write_count_normalized, write_size_bytes;
};
WIRE_SHAPE(container_storage_stats)

struct container_stats {
	char *id, *name, *os_type;
	int64_t read; /* time of this sample */
	struct container_cpu_stats cpu_stats;
	struct container_memory_stats memory_stats;
	struct container_network_stats *networks;
	size_t n_networks;
	struct container_pids_stats pids_stats;
	struct container_blkio_stats blkio_stats;
	uint32_t num_procs;
	struct container_storage_stats storage_stats;
	int64_t preread; /* time of the sample before, 0 none */
	struct container_cpu_stats precpu_stats;
};
WIRE_SHAPE(container_stats)
