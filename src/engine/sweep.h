/* SPDX-License-Identifier: Apache-2.0 */
/* What a crash left of containers whose record is gone: directories, runtime state, cgroups. */
#pragma once

#include "engine/engine.h"

/* Find every container id that has a directory in the data root or the run root but no record, and
 * put it into e->trash. One whose maker still holds its mutex is left alone. */
void sweep_orphans(struct engine *e);

/* Remove all that a container without a record may have: cgroup, runtime's state, directories.
 * Best effort: what cannot be removed now is an orphan for the next sweep. Nothing there: cheap. */
void sweep_clear(struct engine *e, const char *id);
