/* SPDX-License-Identifier: Apache-2.0 */
/* The bodies of /volumes. */
#pragma once

#include "wire/shape.h"

struct volume_usage {
	int64_t ref_count, size; /* -1: not computed */
};

struct volume {
	char *created_at; /* "2026-01-02T15:04:05Z" */
	char *driver;
	struct strmap labels;
	char *mountpoint, *name;
	struct strmap options;
	char *scope;
	struct volume_usage *usage_data; /* of /system/df; NULL else */
};
WIRE_SHAPE(volume)

struct volume_list_response {
	struct volume *volumes;
	size_t n_volumes;
	char **warnings;
};
WIRE_SHAPE(volume_list_response)

struct volume_create_request {
	char *name, *driver;
	struct strmap driver_opts, labels;
	char *cluster_volume_spec; /* any JSON: refused */
};
WIRE_SHAPE(volume_create_request)

struct volume_prune_response {
	char **volumes_deleted;
	int64_t space_reclaimed;
};
WIRE_SHAPE(volume_prune_response)
