/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of the bodies of /images/…. */
#include "wire/image.h"

static const struct json_field image_platform_fields[] = {
	FIELD_STR(struct image_platform, architecture, "architecture"),
	FIELD_STR(struct image_platform, os, "os"),
	FIELD_STR_OMIT(struct image_platform, os_version, "os.version"),
	FIELD_STRV_OMIT(struct image_platform, os_features, "os.features"),
	FIELD_STR_OMIT(struct image_platform, variant, "variant"),
};
const struct json_shape image_platform_shape =
	JSON_SHAPE(struct image_platform, image_platform_fields, JSON_SHAPE_ANYCASE);

static const struct json_field image_descriptor_fields[] = {
	FIELD_STR(struct image_descriptor, media_type, "mediaType"),
	FIELD_STR(struct image_descriptor, digest, "digest"),
	FIELD_I64(struct image_descriptor, size, "size"),
	FIELD_STRV_OMIT(struct image_descriptor, urls, "urls"),
	FIELD_MAP_OMIT(struct image_descriptor, annotations, "annotations"),
	FIELD_OBJP_FLAGS(struct image_descriptor, platform, "platform", &image_platform_shape,
			 JSON_OMIT_EMPTY),
};
const struct json_shape image_descriptor_shape =
	JSON_SHAPE(struct image_descriptor, image_descriptor_fields, JSON_SHAPE_ANYCASE);

static const struct json_field image_summary_fields[] = {
	FIELD_I64(struct image_summary, containers, "Containers"),
	FIELD_I64(struct image_summary, created, "Created"),
	FIELD_STR(struct image_summary, id, "Id"),
	FIELD_MAP_NULL(struct image_summary, labels, "Labels"),
	FIELD_STR(struct image_summary, parent_id, "ParentId"),
	FIELD_OBJP_FLAGS(struct image_summary, descriptor, "Descriptor", &image_descriptor_shape,
			 JSON_OMIT_EMPTY),
	FIELD_STRV(struct image_summary, repo_digests, "RepoDigests"),
	FIELD_STRV(struct image_summary, repo_tags, "RepoTags"),
	FIELD_I64(struct image_summary, shared_size, "SharedSize"),
	FIELD_I64(struct image_summary, size, "Size"),
	FIELD_FLAGS(struct image_summary, virtual_size, "VirtualSize", JSON_OPT_I64, struct opt_i64,
		    JSON_OMIT_EMPTY),
};
const struct json_shape image_summary_shape =
	JSON_SHAPE(struct image_summary, image_summary_fields, JSON_SHAPE_ANYCASE);

static const struct json_field image_inspect_config_fields[] = {
	FIELD_STR_OMIT(struct image_inspect_config, user, "User"),
	FIELD_FLAGS(struct image_inspect_config, exposed_ports, "ExposedPorts", JSON_SET, char **,
		    JSON_OMIT_EMPTY),
	FIELD_STRV_OMIT(struct image_inspect_config, env, "Env"),
	FIELD_STRV_OMIT(struct image_inspect_config, entrypoint, "Entrypoint"),
	FIELD_STRV_OMIT(struct image_inspect_config, cmd, "Cmd"),
	FIELD_FLAGS(struct image_inspect_config, volumes, "Volumes", JSON_SET, char **,
		    JSON_OMIT_EMPTY),
	FIELD_STR_OMIT(struct image_inspect_config, working_dir, "WorkingDir"),
	FIELD_MAP_OMIT(struct image_inspect_config, labels, "Labels"),
	FIELD_STR_OMIT(struct image_inspect_config, stop_signal, "StopSignal"),
	FIELD_BOOL_OMIT(struct image_inspect_config, args_escaped, "ArgsEscaped"),
	FIELD_OBJP_FLAGS(struct image_inspect_config, healthcheck, "Healthcheck",
			 &health_config_shape, JSON_OMIT_EMPTY),
	FIELD_STRV_OMIT(struct image_inspect_config, on_build, "OnBuild"),
	FIELD_STRV_OMIT(struct image_inspect_config, shell, "Shell"),
};
const struct json_shape image_inspect_config_shape =
	JSON_SHAPE(struct image_inspect_config, image_inspect_config_fields, JSON_SHAPE_ANYCASE);

static const struct json_field image_root_fs_fields[] = {
	FIELD_STR_OMIT(struct image_root_fs, type, "Type"),
	FIELD_STRV_OMIT(struct image_root_fs, layers, "Layers"),
};
const struct json_shape image_root_fs_shape =
	JSON_SHAPE(struct image_root_fs, image_root_fs_fields, JSON_SHAPE_ANYCASE);

static const struct json_field image_metadata_fields[] = {
	FIELD_TIME(struct image_metadata, last_tag_time, "LastTagTime"),
};
const struct json_shape image_metadata_shape =
	JSON_SHAPE(struct image_metadata, image_metadata_fields, JSON_SHAPE_ANYCASE);

static const struct json_field image_inspect_fields[] = {
	FIELD_STR(struct image_inspect, id, "Id"),
	FIELD_STRV(struct image_inspect, repo_tags, "RepoTags"),
	FIELD_STRV(struct image_inspect, repo_digests, "RepoDigests"),
	FIELD_STR(struct image_inspect, parent, "Parent"),
	FIELD_STR(struct image_inspect, comment, "Comment"),
	FIELD_FLAGS(struct image_inspect, created, "Created", JSON_TIME, int64_t, JSON_OMIT_EMPTY),
	FIELD_STR(struct image_inspect, author, "Author"),
	FIELD_OBJ(struct image_inspect, config, "Config", &image_inspect_config_shape),
	FIELD_OBJP_FLAGS(struct image_inspect, container_config, "ContainerConfig",
			 &image_inspect_config_shape, JSON_OMIT_EMPTY),
	FIELD_STR(struct image_inspect, architecture, "Architecture"),
	FIELD_STR_OMIT(struct image_inspect, variant, "Variant"),
	FIELD_STR(struct image_inspect, os, "Os"),
	FIELD_STR_OMIT(struct image_inspect, os_version, "OsVersion"),
	FIELD_I64(struct image_inspect, size, "Size"),
	FIELD_FLAGS(struct image_inspect, virtual_size, "VirtualSize", JSON_OPT_I64, struct opt_i64,
		    JSON_OMIT_EMPTY),
	FIELD_OBJP_FLAGS(struct image_inspect, graph_driver, "GraphDriver", &driver_data_shape,
			 JSON_OMIT_EMPTY),
	FIELD_OBJ(struct image_inspect, root_fs, "RootFS", &image_root_fs_shape),
	FIELD_OBJ(struct image_inspect, metadata, "Metadata", &image_metadata_shape),
	FIELD_OBJP_FLAGS(struct image_inspect, descriptor, "Descriptor", &image_descriptor_shape,
			 JSON_OMIT_EMPTY),
};
const struct json_shape image_inspect_shape =
	JSON_SHAPE(struct image_inspect, image_inspect_fields, JSON_SHAPE_ANYCASE);

static const struct json_field image_history_item_fields[] = {
	FIELD_STR(struct image_history_item, comment, "Comment"),
	FIELD_I64(struct image_history_item, created, "Created"),
	FIELD_STR(struct image_history_item, created_by, "CreatedBy"),
	FIELD_STR(struct image_history_item, id, "Id"),
	FIELD_I64(struct image_history_item, size, "Size"),
	FIELD_STRV_NULL(struct image_history_item, tags, "Tags"),
};
const struct json_shape image_history_item_shape =
	JSON_SHAPE(struct image_history_item, image_history_item_fields, JSON_SHAPE_ANYCASE);

static const struct json_field image_delete_item_fields[] = {
	FIELD_STR_OMIT(struct image_delete_item, untagged, "Untagged"),
	FIELD_STR_OMIT(struct image_delete_item, deleted, "Deleted"),
};
const struct json_shape image_delete_item_shape =
	JSON_SHAPE(struct image_delete_item, image_delete_item_fields, JSON_SHAPE_ANYCASE);

static const struct json_field image_prune_response_fields[] = {
	FIELD_LIST_FLAGS(struct image_prune_response, images_deleted, n_images_deleted,
			 "ImagesDeleted", JSON_ARRAY, &image_delete_item_shape, JSON_EMPTY_AS_NULL),
	FIELD_I64(struct image_prune_response, space_reclaimed, "SpaceReclaimed"),
};
const struct json_shape image_prune_response_shape =
	JSON_SHAPE(struct image_prune_response, image_prune_response_fields, JSON_SHAPE_ANYCASE);

static const struct json_field image_mount_fields[] = {
	FIELD_STR(struct image_mount, id, "Id"),
	FIELD_STR_OMIT(struct image_mount, mountpoint, "Mountpoint"),
	FIELD_STRV_OMIT(struct image_mount, repo_tags, "RepoTags"),
};
const struct json_shape image_mount_shape =
	JSON_SHAPE(struct image_mount, image_mount_fields, JSON_SHAPE_ANYCASE);
