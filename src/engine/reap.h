/* SPDX-License-Identifier: Apache-2.0 */
/* Folding what happened while nobody looked into the record. */
#pragma once

#include "engine/instance.h"

/* Bring the record of a locked instance up to date: new life, events, network leases given back,
 * what
 * a killed monitor left removed, a --rm container deleted. When it is deleted, in->rec is empty
 * (in->rec.id NULL) afterwards. */
must_check int reap_instance(struct engine *e, struct instance *in, struct error *err);

/* Its removal was begun, or is due (--rm), and nobody finished it. */
bool reap_is_left_over(const struct container *rec);

/* Fold unless another has the mutex: 1 done (the container may be gone), 0 not. */
must_check int reap_if_free(struct engine *e, const char *id, struct error *err);

/* Make the end of a run true in the kernel: kill and delete what the runtime still has of it (when
 * the monitor could not), withdraw endpoints; their records stay. Idempotent. */
must_check int reap_kernel(struct engine *e, const struct container *rec, bool monitor_died,
			   struct error *err);

/* Delete a locked instance that does not run: record, event, directories, and (volumes, or --rm)
 * the volumes without a name that it alone had. in->rec is empty after. */
must_check int remove_instance(struct engine *e, struct instance *in, bool volumes,
			       struct error *err);
