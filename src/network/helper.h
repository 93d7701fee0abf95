/* SPDX-License-Identifier: Apache-2.0 */
/* Small processes that serve a container from outside: hoy-relay, hoy-dns. On record by pid and
 * start time, which name a process for ever. */
#pragma once

#include "network/network.h"

/* Beside ourselves (the build tree), else where it is installed. Owned. */
char *helper_path(const struct network_config *config, const char *name);
/* End it and wait until it is gone: what it has, the next one may want at once. One that is gone
 * (or whose pid is another process by now), and pid 0, are success. */
must_check int helper_stop(const char *name, int64_t pid, uint64_t start, struct error *err);
