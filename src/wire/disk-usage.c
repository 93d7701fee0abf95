/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of disk usage. */
#include "wire/disk-usage.h"

#define COUNTS(T)                                                                                  \
	FIELD_I64(T, active_count, "ActiveCount"), FIELD_I64(T, total_count, "TotalCount"),        \
		FIELD_I64(T, reclaimable, "Reclaimable"), FIELD_I64(T, total_size, "TotalSize")
#define ITEMS(T, shape)                                                                            \
	FIELD_LIST_FLAGS(T, items, n_items, "Items", JSON_ARRAY, shape, JSON_OMIT_EMPTY)

static const struct json_field image_usage_fields[] = {
	COUNTS(struct image_usage),
	ITEMS(struct image_usage, &image_summary_shape),
};
static const struct json_shape image_usage_shape =
	JSON_SHAPE(struct image_usage, image_usage_fields, JSON_SHAPE_ANYCASE);

static const struct json_field container_usage_fields[] = {
	COUNTS(struct container_usage),
	ITEMS(struct container_usage, &container_summary_shape),
};
static const struct json_shape container_usage_shape =
	JSON_SHAPE(struct container_usage, container_usage_fields, JSON_SHAPE_ANYCASE);

static const struct json_field volumes_usage_fields[] = {
	COUNTS(struct volumes_usage),
	ITEMS(struct volumes_usage, &volume_shape),
};
static const struct json_shape volumes_usage_shape =
	JSON_SHAPE(struct volumes_usage, volumes_usage_fields, JSON_SHAPE_ANYCASE);

static const struct json_field build_cache_usage_fields[] = {
	COUNTS(struct build_cache_usage),
};
static const struct json_shape build_cache_usage_shape =
	JSON_SHAPE(struct build_cache_usage, build_cache_usage_fields, JSON_SHAPE_ANYCASE);

#define USAGE(m, name, shape) FIELD_OBJP_FLAGS(struct disk_usage, m, name, shape, JSON_OMIT_EMPTY)

static const struct json_field disk_usage_fields[] = {
	USAGE(images, "ImageUsage", &image_usage_shape),
	USAGE(containers, "ContainerUsage", &container_usage_shape),
	USAGE(volumes, "VolumeUsage", &volumes_usage_shape),
	USAGE(build_cache, "BuildCacheUsage", &build_cache_usage_shape),
};
const struct json_shape disk_usage_shape =
	JSON_SHAPE(struct disk_usage, disk_usage_fields, JSON_SHAPE_ANYCASE);

#define OLD_LIST(m, n, name, shape)                                                                \
	FIELD_LIST_FLAGS(struct disk_usage_old, m, n, name, JSON_ARRAY, shape, JSON_EMPTY_AS_NULL)

static const struct json_field disk_usage_old_fields[] = {
	FIELD_I64(struct disk_usage_old, layers_size, "LayersSize"),
	OLD_LIST(images, n_images, "Images", &image_summary_shape),
	OLD_LIST(containers, n_containers, "Containers", &container_summary_shape),
	OLD_LIST(volumes, n_volumes, "Volumes", &volume_shape),
	FIELD_STRV_NULL(struct disk_usage_old, build_cache, "BuildCache"),
};
const struct json_shape disk_usage_old_shape =
	JSON_SHAPE(struct disk_usage_old, disk_usage_old_fields, JSON_SHAPE_ANYCASE);
