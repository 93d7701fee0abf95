/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy-relay: one small process for a container that publishes ports. It owns the sockets that
 * hold the ports on the host, and carries what reaches them, byte by byte, to the container's
 * IPv4 address. Nearly all IPv4 traffic never gets there, because the firewall sends it on inside
 * the kernel; what does is IPv6 to a container that has none, [::1] above all, which cannot be
 * translated by nftables.
 *
 * It is found again by pid and start time in the endpoint's record, and ended by relay_stop.
 */
#pragma once

#include "network/ports.h"

/* Whether this host has IPv6, so that a port can be held on [::]. */
bool relay_has_ipv6(void);

/* Start it with the sockets of all holds, and record it. No sockets: nothing to start. */
must_check int relay_start(struct store *store, const struct network_config *config,
			   const struct port_holds *holds, const struct endpoint_record *ep,
			   struct error *err);
/* End it. One that is gone (or whose pid is another process by now) is success. */
must_check int relay_stop(const struct endpoint_record *ep, struct error *err);
