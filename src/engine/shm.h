/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /dev/shm that containers share (--ipc=shareable and its guests): a tmpfs of its own on
 * <run>/containers/<id>/shm, bound into each. All other modes mount theirs inside the container.
 */
#pragma once

#include "engine/instance.h"

/* Mounted already: success. */
must_check int shm_mount(struct engine *e, const char *id, int64_t size, struct error *err);
/* Best effort, without a word: not mounted is as good. Guests keep their binding. */
void shm_unmount(const struct engine *e, const char *id);
