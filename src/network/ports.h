/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Published ports, first half: from what was asked (HostConfig.PortBindings, -P) to leases in the
 * records, each with a socket that holds the port on the host, so that no other program can take
 * it and none that has it is overruled. network/firewall makes the packets follow.
 */
#pragma once

#include "network/address.h"
#include "network/network.h"
#include "store/networks.h"

struct port_request {
	uint16_t container_port;
	const char *protocol; /* static                                              */
	uint16_t first, last; /* host ports to choose from; 0: any free one          */
	struct link_address host_ips[2];
	size_t n_host_ips; /* the port must be free on all of them                */
};

struct port_plan {
	struct port_request *items;
	size_t n;
};

void port_plan_release(struct port_plan *plan);

/* host_ip: an unnamed host address; with_ip6: when that is 0.0.0.0, :: too. ERR_INVALID: no such
 * port, protocol, address. */
must_check int port_plan_make(const struct endpoint_options *opts, const char *host_ip,
			      bool with_ip6, struct port_plan *ret, struct error *err);

/* A lease that was just made, and the socket that holds it (-1: no such protocol here). */
struct port_hold {
	struct port_record lease;
	int fd;
};

struct port_holds {
	struct port_hold *items;
	size_t n;
};

void port_holds_release(struct port_holds *holds);

/* Lease all of a plan for an endpoint, inside the caller's transaction. Errors name the port, and
 * the container that has it. */
must_check int port_plan_lease(struct store *store, const struct port_plan *plan,
			       const struct endpoint_record *ep, struct port_holds *ret,
			       struct error *err);

/* "tcp" -> 6; 0 for an unknown one. */
uint8_t port_protocol_number(const char *protocol);
/* "0.0.0.0:80", "[::]:80" */
char *port_address_text(const char *ip, unsigned int port);
