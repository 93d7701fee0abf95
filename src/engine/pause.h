/* SPDX-License-Identifier: Apache-2.0 */
/* Paused containers, as those see them that end or start something in one. */
#pragma once

#include "engine/instance.h"

/* Let a container go on that was sent a signal which it is to take now (stop, kill): a frozen
 * process takes none, with cgroup v1 not even SIGKILL. Takes the mutex unless in has it; does
 * nothing when the container is not paused, by the record as it is now. */
must_check int pause_lift(struct engine *e, const struct instance *in, struct error *err);
