/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The id mappings of containers that have a user namespace: written with the container's record,
 * gone with it, so that a range is held exactly as long as a container may own files by it.
 */
#pragma once

#include "store/db.h"
#include "sys/idmap.h"
#include "sys/subid.h"

struct idmaps {
	struct idmap *uids, *gids; /* both or none; by their inside ids */
	size_t n_uids, n_gids;
};

void idmaps_release(struct idmaps *maps);
bool idmaps_equal(const struct idmaps *a, const struct idmaps *b);

/* Empty when the container has no user namespace of its own. */
must_check int idmaps_get(struct store *store, const char *container_id, struct idmaps *ret,
			  struct error *err);
must_check int idmaps_insert(struct store *store, const char *container_id,
			     const struct idmaps *maps, struct error *err);
/* The host's ids (of users, or of groups) that containers hold, by their start. *ret is owned. */
must_check int idmaps_held(struct store *store, bool groups, struct subid_range **ret,
			   size_t *ret_n, struct error *err);
