/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of volumes. */
#include "wire/volume.h"

static const struct json_field volume_usage_fields[] = {
	FIELD_I64(struct volume_usage, ref_count, "RefCount"),
	FIELD_I64(struct volume_usage, size, "Size"),
};
static const struct json_shape volume_usage_shape =
	JSON_SHAPE(struct volume_usage, volume_usage_fields, JSON_SHAPE_ANYCASE);

static const struct json_field volume_fields[] = {
	FIELD_STR_OMIT(struct volume, created_at, "CreatedAt"),
	FIELD_STR(struct volume, driver, "Driver"),
	FIELD_MAP_NULL(struct volume, labels, "Labels"),
	FIELD_STR(struct volume, mountpoint, "Mountpoint"),
	FIELD_STR(struct volume, name, "Name"),
	FIELD_MAP_NULL(struct volume, options, "Options"),
	FIELD_STR(struct volume, scope, "Scope"),
	FIELD_OBJP_FLAGS(struct volume, usage_data, "UsageData", &volume_usage_shape,
			 JSON_OMIT_EMPTY),
};
const struct json_shape volume_shape = JSON_SHAPE(struct volume, volume_fields, JSON_SHAPE_ANYCASE);

static const struct json_field volume_list_response_fields[] = {
	FIELD_ARRAY(struct volume_list_response, volumes, n_volumes, "Volumes", &volume_shape),
	FIELD_STRV_NULL(struct volume_list_response, warnings, "Warnings"),
};
const struct json_shape volume_list_response_shape =
	JSON_SHAPE(struct volume_list_response, volume_list_response_fields, JSON_SHAPE_ANYCASE);

static const struct json_field volume_create_request_fields[] = {
	FIELD_FLAGS(struct volume_create_request, cluster_volume_spec, "ClusterVolumeSpec",
		    JSON_RAW, char *, JSON_OMIT_EMPTY),
	FIELD_STR_OMIT(struct volume_create_request, driver, "Driver"),
	FIELD_MAP_OMIT(struct volume_create_request, driver_opts, "DriverOpts"),
	FIELD_MAP_OMIT(struct volume_create_request, labels, "Labels"),
	FIELD_STR_OMIT(struct volume_create_request, name, "Name"),
};
const struct json_shape volume_create_request_shape =
	JSON_SHAPE(struct volume_create_request, volume_create_request_fields, JSON_SHAPE_ANYCASE);

static const struct json_field volume_prune_response_fields[] = {
	FIELD_STRV_NULL(struct volume_prune_response, volumes_deleted, "VolumesDeleted"),
	FIELD_I64(struct volume_prune_response, space_reclaimed, "SpaceReclaimed"),
};
const struct json_shape volume_prune_response_shape =
	JSON_SHAPE(struct volume_prune_response, volume_prune_response_fields, JSON_SHAPE_ANYCASE);
