/* SPDX-License-Identifier: Apache-2.0 */
/* When an image was last wanted: it came (again), or the last container of it went. What cleaning
 * up by age and by the disk's marks goes by. */
#pragma once

#include "store/db.h"

must_check int image_use_touch(struct store *store, const char *id, struct error *err);
/* Ids of the images that no container uses and that were last wanted before this (ns, clock_now),
 * longest ago first; owned vector. */
must_check int image_uses_idle(struct store *store, int64_t before, char ***ret, struct error *err);
