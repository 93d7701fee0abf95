/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of a network, given out in turn: the one after the last, so that an address rests as
 * long as it can before another container has it (neighbour tables and connections forget
 * meanwhile). And subnets for networks. */
#pragma once

#include "network/bridge.h"

/* The next free IPv4 address, and the IPv6 address beside it where there is IPv6. Inside the
 * caller's transaction; the caller writes the lease. ERR_SYSTEM when all are taken. */
must_check int ipam_next(struct store *store, const char *network_id, const struct bridge *bridge,
			 struct link_address *ret, struct error *err);
/* One that was asked for, of either family. ERR_INVALID: not in the subnet; ERR_FORBIDDEN: somebody
 * has it. */
must_check int ipam_take(struct store *store, const char *network_id, const struct bridge *bridge,
			 const char *text, struct link_address *ret, struct error *err);

/* The IPv6 address beside an IPv4 one: the prefix with the same host number, as free as that one
 * is. */
struct link_address ipam_beside(const struct link_address *gateway6,
				const struct link_address *addr);

/* A subnet for a new network, out of the pools that everybody expects: 172.17-31.0.0/16 and then
 * 192.168.0.0/20 …, the first that overlaps with none of ours and with no route of the host. */
must_check int ipam_pool_choose(const struct link_address *used, size_t n, struct link_address *ret,
				struct error *err);
/* The /64 of a network's own id: unique local (RFC 4193). */
struct link_address ipam_pool6(const char *network_id);
