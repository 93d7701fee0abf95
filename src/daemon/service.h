/* SPDX-License-Identifier: Apache-2.0 */
/* hoyd's loop: it listens, forks and reaps, and does nothing else. */
#pragma once

#include "daemon/config.h"

/* Returns when told to end (SIGTERM, SIGINT, or the private engine's command is gone). */
must_check int service_run(struct daemon_config *config, struct error *err);
