/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of network_create. */
#pragma once

#include "network/bridge.h"
#include "wire/network.h"

/* Check said->ipam and fill in what it leaves open. Inside the caller's transaction. */
must_check int network_ipam_complete(struct store *store, const struct network_config *config,
				     const char *network_id, struct network_create_request *said,
				     struct error *err);
