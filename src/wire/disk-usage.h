/* SPDX-License-Identifier: Apache-2.0 */
/* The body of /system/df: since API 1.52 the usage of each kind, before that the lists. */
#pragma once

#include "wire/container.h"
#include "wire/image.h"
#include "wire/volume.h"

struct image_usage {
	int64_t active_count, total_count, reclaimable, total_size;
	struct image_summary *items;
	size_t n_items;
};

struct container_usage {
	int64_t active_count, total_count, reclaimable, total_size;
	struct container_summary *items;
	size_t n_items;
};

struct volumes_usage {
	int64_t active_count, total_count, reclaimable, total_size;
	struct volume *items;
	size_t n_items;
};

struct build_cache_usage { /* there is none */
	int64_t active_count, total_count, reclaimable, total_size;
};

struct disk_usage { /* NULL: not asked for */
	struct image_usage *images;
	struct container_usage *containers;
	struct volumes_usage *volumes;
	struct build_cache_usage *build_cache;
};
WIRE_SHAPE(disk_usage)

struct disk_usage_old {
	int64_t layers_size;
	struct image_summary *images;
	size_t n_images;
	struct container_summary *containers;
	size_t n_containers;
	struct volume *volumes;
	size_t n_volumes;
	char **build_cache;
};
WIRE_SHAPE(disk_usage_old)
