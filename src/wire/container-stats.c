/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of one sample of container statistics. */
#include "wire/container-stats.h"

static const struct json_field container_cpu_usage_fields[] = {
	FIELD_U64(struct container_cpu_usage, total_usage, "total_usage"),
	FIELD_LIST_FLAGS(struct container_cpu_usage, percpu_usage, n_percpu_usage, "percpu_usage",
			 JSON_ARRAY_I64, NULL, JSON_OMIT_EMPTY),
	FIELD_U64(struct container_cpu_usage, usage_in_kernelmode, "usage_in_kernelmode"),
	FIELD_U64(struct container_cpu_usage, usage_in_usermode, "usage_in_usermode"),
};
const struct json_shape container_cpu_usage_shape =
	JSON_SHAPE(struct container_cpu_usage, container_cpu_usage_fields, JSON_SHAPE_ANYCASE);

static const struct json_field container_throttling_data_fields[] = {
	FIELD_U64(struct container_throttling_data, periods, "periods"),
	FIELD_U64(struct container_throttling_data, throttled_periods, "throttled_periods"),
	FIELD_U64(struct container_throttling_data, throttled_time, "throttled_time"),
};
const struct json_shape container_throttling_data_shape = JSON_SHAPE(
	struct container_throttling_data, container_throttling_data_fields, JSON_SHAPE_ANYCASE);

static const struct json_field container_cpu_stats_fields[] = {
	FIELD_OBJ(struct container_cpu_stats, cpu_usage, "cpu_usage", &container_cpu_usage_shape),
	FIELD_U64_OMIT(struct container_cpu_stats, system_cpu_usage, "system_cpu_usage"),
	FIELD_FLAGS(struct container_cpu_stats, online_cpus, "online_cpus", JSON_U32, uint32_t,
		    JSON_OMIT_EMPTY),
	FIELD_OBJ(struct container_cpu_stats, throttling_data, "throttling_data",
		  &container_throttling_data_shape),
};
const struct json_shape container_cpu_stats_shape =
	JSON_SHAPE(struct container_cpu_stats, container_cpu_stats_fields, JSON_SHAPE_ANYCASE);

static const struct json_field container_memory_stat_fields[] = {
	FIELD_U64(struct container_memory_stat, value, ""),
};
const struct json_shape container_memory_stat_shape =
	JSON_SHAPE(struct container_memory_stat, container_memory_stat_fields,
		   JSON_SHAPE_ANYCASE | JSON_SHAPE_KEYED);

static const struct json_field container_memory_stats_fields[] = {
	FIELD_U64_OMIT(struct container_memory_stats, usage, "usage"),
	FIELD_U64_OMIT(struct container_memory_stats, max_usage, "max_usage"),
	FIELD_LIST_FLAGS(struct container_memory_stats, stats, n_stats, "stats", JSON_OBJMAP,
			 &container_memory_stat_shape, JSON_OMIT_EMPTY),
	FIELD_U64_OMIT(struct container_memory_stats, failcnt, "failcnt"),
	FIELD_U64_OMIT(struct container_memory_stats, limit, "limit"),
};
const struct json_shape container_memory_stats_shape = JSON_SHAPE(
	struct container_memory_stats, container_memory_stats_fields, JSON_SHAPE_ANYCASE);

static const struct json_field container_network_stats_fields[] = {
	FIELD_U64(struct container_network_stats, rx_bytes, "rx_bytes"),
	FIELD_U64(struct container_network_stats, rx_packets, "rx_packets"),
	FIELD_U64(struct container_network_stats, rx_errors, "rx_errors"),
	FIELD_U64(struct container_network_stats, rx_dropped, "rx_dropped"),
	FIELD_U64(struct container_network_stats, tx_bytes, "tx_bytes"),
	FIELD_U64(struct container_network_stats, tx_packets, "tx_packets"),
	FIELD_U64(struct container_network_stats, tx_errors, "tx_errors"),
	FIELD_U64(struct container_network_stats, tx_dropped, "tx_dropped"),
	FIELD_STR_OMIT(struct container_network_stats, endpoint_id, "endpoint_id"),
	FIELD_STR_OMIT(struct container_network_stats, instance_id, "instance_id"),
};
const struct json_shape container_network_stats_shape =
	JSON_SHAPE(struct container_network_stats, container_network_stats_fields,
		   JSON_SHAPE_ANYCASE | JSON_SHAPE_KEYED);

static const struct json_field container_pids_stats_fields[] = {
	FIELD_U64_OMIT(struct container_pids_stats, current, "current"),
	FIELD_U64_OMIT(struct container_pids_stats, limit, "limit"),
};
const struct json_shape container_pids_stats_shape =
	JSON_SHAPE(struct container_pids_stats, container_pids_stats_fields, JSON_SHAPE_ANYCASE);

static const struct json_field container_blkio_stat_entry_fields[] = {
	FIELD_U64(struct container_blkio_stat_entry, major, "major"),
	FIELD_U64(struct container_blkio_stat_entry, minor, "minor"),
	FIELD_STR(struct container_blkio_stat_entry, op, "op"),
	FIELD_U64(struct container_blkio_stat_entry, value, "value"),
};
const struct json_shape container_blkio_stat_entry_shape = JSON_SHAPE(
	struct container_blkio_stat_entry, container_blkio_stat_entry_fields, JSON_SHAPE_ANYCASE);

static const struct json_field container_blkio_stats_fields[] = {
	FIELD_LIST_FLAGS(struct container_blkio_stats, io_service_bytes_recursive,
			 n_io_service_bytes_recursive, "io_service_bytes_recursive", JSON_ARRAY,
			 &container_blkio_stat_entry_shape, JSON_EMPTY_AS_NULL),
	FIELD_LIST_FLAGS(struct container_blkio_stats, io_serviced_recursive,
			 n_io_serviced_recursive, "io_serviced_recursive", JSON_ARRAY,
			 &container_blkio_stat_entry_shape, JSON_EMPTY_AS_NULL),
	FIELD_LIST_FLAGS(struct container_blkio_stats, io_queue_recursive, n_io_queue_recursive,
			 "io_queue_recursive", JSON_ARRAY, &container_blkio_stat_entry_shape,
			 JSON_EMPTY_AS_NULL),
	FIELD_LIST_FLAGS(struct container_blkio_stats, io_service_time_recursive,
			 n_io_service_time_recursive, "io_service_time_recursive", JSON_ARRAY,
			 &container_blkio_stat_entry_shape, JSON_EMPTY_AS_NULL),
	FIELD_LIST_FLAGS(struct container_blkio_stats, io_wait_time_recursive,
			 n_io_wait_time_recursive, "io_wait_time_recursive", JSON_ARRAY,
			 &container_blkio_stat_entry_shape, JSON_EMPTY_AS_NULL),
	FIELD_LIST_FLAGS(struct container_blkio_stats, io_merged_recursive, n_io_merged_recursive,
			 "io_merged_recursive", JSON_ARRAY, &container_blkio_stat_entry_shape,
			 JSON_EMPTY_AS_NULL),
	FIELD_LIST_FLAGS(struct container_blkio_stats, io_time_recursive, n_io_time_recursive,
			 "io_time_recursive", JSON_ARRAY, &container_blkio_stat_entry_shape,
			 JSON_EMPTY_AS_NULL),
	FIELD_LIST_FLAGS(struct container_blkio_stats, sectors_recursive, n_sectors_recursive,
			 "sectors_recursive", JSON_ARRAY, &container_blkio_stat_entry_shape,
			 JSON_EMPTY_AS_NULL),
};
const struct json_shape container_blkio_stats_shape =
	JSON_SHAPE(struct container_blkio_stats, container_blkio_stats_fields, JSON_SHAPE_ANYCASE);

static const struct json_field container_storage_stats_fields[] = {
	FIELD_U64_OMIT(struct container_storage_stats, read_count_normalized,
		       "read_count_normalized"),
	FIELD_U64_OMIT(struct container_storage_stats, read_size_bytes, "read_size_bytes"),
	FIELD_U64_OMIT(struct container_storage_stats, write_count_normalized,
		       "write_count_normalized"),
	FIELD_U64_OMIT(struct container_storage_stats, write_size_bytes, "write_size_bytes"),
};
const struct json_shape container_storage_stats_shape = JSON_SHAPE(
	struct container_storage_stats, container_storage_stats_fields, JSON_SHAPE_ANYCASE);

static const struct json_field container_stats_fields[] = {
	FIELD_STR_OMIT(struct container_stats, id, "id"),
	FIELD_STR_OMIT(struct container_stats, name, "name"),
	FIELD_STR_OMIT(struct container_stats, os_type, "os_type"),
	FIELD_TIME(struct container_stats, read, "read"),
	FIELD_OBJ(struct container_stats, cpu_stats, "cpu_stats", &container_cpu_stats_shape),
	FIELD_OBJ(struct container_stats, memory_stats, "memory_stats",
		  &container_memory_stats_shape),
	FIELD_LIST_FLAGS(struct container_stats, networks, n_networks, "networks", JSON_OBJMAP,
			 &container_network_stats_shape, JSON_OMIT_EMPTY),
	FIELD_OBJ(struct container_stats, pids_stats, "pids_stats", &container_pids_stats_shape),
	FIELD_OBJ(struct container_stats, blkio_stats, "blkio_stats", &container_blkio_stats_shape),
	FIELD_U32(struct container_stats, num_procs, "num_procs"),
	FIELD_OBJ(struct container_stats, storage_stats, "storage_stats",
		  &container_storage_stats_shape),
	FIELD_TIME(struct container_stats, preread, "preread"),
	FIELD_OBJ(struct container_stats, precpu_stats, "precpu_stats", &container_cpu_stats_shape),
};
const struct json_shape container_stats_shape =
	JSON_SHAPE(struct container_stats, container_stats_fields, JSON_SHAPE_ANYCASE);
