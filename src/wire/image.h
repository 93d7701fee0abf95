/* SPDX-License-Identifier: Apache-2.0 */
/* The bodies of /images/…: list, inspect, history, delete. */
#pragma once

#include "wire/container.h"

struct image_platform {
	char *architecture, *os, *os_version;
	char **os_features;
	char *variant;
};
WIRE_SHAPE(image_platform)

struct image_descriptor { /* OCIDescriptor */
	char *media_type, *digest;
	int64_t size;
	char **urls;
	struct strmap annotations;
	struct image_platform *platform;
};
WIRE_SHAPE(image_descriptor)

struct image_summary {
	int64_t containers; /* -1: not counted */
	int64_t created;    /* unix seconds */
	char *id;
	struct strmap labels;
	char *parent_id;
	struct image_descriptor *descriptor;
	char **repo_digests, **repo_tags;
	int64_t shared_size; /* -1: not computed */
	int64_t size;
	struct opt_i64 virtual_size; /* the same, until 1.43 */
};
WIRE_SHAPE(image_summary)

/* ImageConfig; oci/image-config.h has the one of the stored image */
struct image_inspect_config {
	char *user;
	char **exposed_ports, **env, **entrypoint, **cmd, **volumes;
	char *working_dir;
	struct strmap labels;
	char *stop_signal;
	bool args_escaped;
	struct health_config *healthcheck;
	char **on_build, **shell;
};
WIRE_SHAPE(image_inspect_config)

struct image_root_fs {
	char *type;    /* "layers" */
	char **layers; /* diff-ids */
};
WIRE_SHAPE(image_root_fs)

struct image_metadata {
	int64_t last_tag_time; /* time */
};
WIRE_SHAPE(image_metadata)

struct image_inspect {
	char *id;
	char **repo_tags, **repo_digests;
	char *parent, *comment;
	int64_t created; /* time */
	char *author;
	struct image_inspect_config config;
	/* The same: API 1.45 dropped it, Debian's docker-compose reads it in any. */
	struct image_inspect_config *container_config;
	char *architecture, *variant, *os, *os_version;
	int64_t size;
	struct opt_i64 virtual_size; /* the same, until 1.43 */
	struct driver_data *graph_driver;
	struct image_root_fs root_fs;
	struct image_metadata metadata;
	struct image_descriptor *descriptor;
};
WIRE_SHAPE(image_inspect)

struct image_history_item {
	char *comment;
	int64_t created; /* unix seconds */
	char *created_by;
	char *id; /* "<missing>" below the top */
	int64_t size;
	char **tags;
};
WIRE_SHAPE(image_history_item)

struct image_delete_item { /* exactly one is set */
	char *untagged, *deleted;
};
WIRE_SHAPE(image_delete_item)

struct image_mount { /* hoy's own: an image that is mounted to look inside */
	char *id, *mountpoint;
	char **repo_tags;
};
WIRE_SHAPE(image_mount)

struct image_prune_response {
	struct image_delete_item *images_deleted;
	size_t n_images_deleted;
	int64_t space_reclaimed;
};
WIRE_SHAPE(image_prune_response)
