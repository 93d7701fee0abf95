/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network drivers: a row of functions each, in the table of network.c. To add one: a file with
 * its row, the row's name in that table.
 *
 * An endpoint's life: lease (records, one transaction, nothing in the kernel yet) -> attach
 * (kernel) -> detach (kernel; idempotent, by the records alone) -> records deleted. A crash at
 * any point leaves leases without kernel state, never the reverse; detach and deletion then
 * repeat harmlessly.
 */
#pragma once

#include "network/bridge.h"
#include "network/network.h"
#include "network/ports.h"
#include "store/networks.h"

/* One endpoint in the making. */
struct endpoint_draft {
	const struct network_config *config;
	const struct endpoint_options *opts;
	struct network_record network;
	struct endpoint_record record;
	struct bridge bridge; /* of the bridge driver */
	struct port_holds holds;
};

void endpoint_draft_release(struct endpoint_draft *draft);

/* The endpoint as callers see it. Takes over what the record owns. */
struct endpoint endpoint_from_record(struct endpoint_record *rec);
void endpoint_add_port(struct endpoint *ep, const struct port_record *port);

struct network_driver {
	const char *name; /* as in the records: "bridge", "host", "null" */
	/* Check the request and get the host side ready (bridge, firewall). Before any lock. May
	 * be NULL. */
	int (*prepare)(struct store *store, struct endpoint_draft *draft, struct error *err);
	/* Fill draft->record with addresses and draft->holds, inside a transaction. NULL: nothing
	 * to lease. */
	int (*lease)(struct store *store, struct endpoint_draft *draft, struct error *err);
	/* Make the link in draft->opts->netns_fd and publish the ports. */
	int (*attach)(struct store *store, struct endpoint_draft *draft, struct error *err);
	/* Lease and publish the ports on an endpoint that was attached before. NULL: no ports. */
	int (*publish)(struct store *store, struct endpoint_draft *draft, struct error *err);
	/* Take the ports of a container out of the kernel; the link goes with its namespace. */
	int (*detach)(const struct network_config *config, const struct port_record *ports,
		      size_t n, struct error *err);
};

extern const struct network_driver network_driver_bridge, network_driver_host, network_driver_null;

/* By the records' name; ERR_INVALID for one that is not built in. */
must_check int network_driver_find(const char *name, const struct network_driver **ret,
				   struct error *err);
