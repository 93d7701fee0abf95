/* SPDX-License-Identifier: Apache-2.0 */
/* hoyd's loop: it listens, forks and reaps, and does nothing else. */
#pragma once

#include "daemon/config.h"

/* Returns when told to end (SIGTERM, SIGINT, or the private engine's command is gone). argc, argv:
 * of hoyd; with SIGHUP the configuration is read again. */
must_check int service_run(struct daemon_config *config, int argc, char **argv, struct error *err);
