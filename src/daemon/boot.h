/* SPDX-License-Identifier: Apache-2.0 */
/* What a service does once when it starts: records and kernel brought in line, containers
 * started whose policy says so. */
#pragma once

#include "daemon/config.h"

/* Runs in a child of hoyd; logs what could not be done and goes on. */
void boot_run(struct engine_config *config);

/* Check a container's health: hoyd --probe ID, run by its monitor. 1: nothing is known yet. */
must_check int boot_probe(struct engine_config *config, const char *id, struct error *err);
/* Fold one container's record: hoyd --reap ID, run by a monitor at its end. */
must_check int boot_reap(struct engine_config *config, const char *id, struct error *err);
/* Start another hoy-dns for a container: hoyd --resolver ID, run by its monitor. */
must_check int boot_resolver(struct engine_config *config, const char *id, struct error *err);
/* Unpause a container when who had it paused is gone: hoyd --thaw ID, run by the worker. */
must_check int boot_thaw(struct engine_config *config, const char *id, struct error *err);
