/* SPDX-License-Identifier: Apache-2.0 */
/* Disk space: what takes it (system df), and giving it back (prune). */
#pragma once

#include "engine/engine.h"
#include "wire/disk-usage.h"

enum usage_kind {
	USAGE_IMAGES = 1 << 0,
	USAGE_CONTAINERS = 1 << 1,
	USAGE_VOLUMES = 1 << 2,
	USAGE_BUILD_CACHE = 1 << 3,
	USAGE_ALL = (1 << 4) - 1,
};

/* Sizes are what du(1) says of the directories: layers, a container's own files, a volume's. */
must_check int engine_usage(struct engine *e, unsigned int kinds, struct disk_usage *ret,
			    struct error *err);
/* Removes containers that do not run. */
must_check int engine_container_prune(struct engine *e, const char *filters_json,
				      struct container_prune_response *ret, struct error *err);
