/* SPDX-License-Identifier: Apache-2.0 */
/*
 * User namespaces: which containers have one, and whose ids it maps (docs/design/007-userns.md).
 *
 * UsernsMode "" is the engine's rule: the host's namespace, or with userns-remap the ids of that
 * user; "host" is the host's in any case; "auto[:size=N]" a range of its own out of the subordinate
 * ids of "hoy" or "containers". What was chosen at create is recorded (store/idmaps.h) and holds
 * for the container's life, whatever the configuration says later.
 */
#pragma once

#include "engine/engine.h"
#include "store/idmaps.h"

/* The mode, and what does not go together with a user namespace, in Docker's words. */
must_check int userns_check(const struct engine *e, const struct host_config *host,
			    struct error *err);
/* In the transaction that writes the container's record: choose its mappings, if any, and record
 * them. */
must_check int userns_assign(struct engine *e, const char *id, const struct host_config *host,
			     struct error *err);
/* At hoyd's start: whether the engine's rule can be followed. */
must_check int userns_remap_check(const struct engine_config *config, struct error *err);

/* The first free @size ids in @owned that meet nothing of @taken (sorted by start). */
bool userns_pool_find(const struct subid_range *owned, size_t n_owned,
		      const struct subid_range *taken, size_t n_taken, uint32_t size,
		      uint32_t *ret_start);
