/* SPDX-License-Identifier: Apache-2.0 */
/* --security-opt, --log-opt and --storage-opt: lists of options -> members of HostConfig. */
#pragma once

#include "base/error.h"
#include "wire/host-config.h"

/* seccomp=FILE is read here and sent as JSON; systempaths=unconfined becomes empty lists of masked
 * and read-only paths. */
must_check int security_opts_configure(char *const *opts, struct host_config *hc,
				       struct error *err);
must_check int log_opts_configure(char *const *opts, struct log_config *config, struct error *err);
must_check int storage_opts_configure(char *const *opts, struct strmap *map, struct error *err);
