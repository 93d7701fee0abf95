/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of a network, given out in turn: the one after the last, so that an address rests as
 * long as it can before another container has it (neighbour tables and connections forget
 * meanwhile). */
#pragma once

#include "network/address.h"
#include "store/networks.h"

/* The next free IPv4 address of the subnet that `gateway` (an address in it) stands for. Inside the
 * caller's transaction; the caller writes the lease. ERR_SYSTEM when all are taken. */
must_check int ipam_next(struct store *store, const char *network_id,
			 const struct link_address *gateway, struct link_address *ret,
			 struct error *err);

/* The IPv6 address beside an IPv4 one: the prefix with the same host number, as free as that one
 * is. */
struct link_address ipam_beside(const struct link_address *gateway6,
				const struct link_address *addr);
