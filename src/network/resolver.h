/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy-dns: one small process for a container on networks of the user. It answers at 127.0.0.11 in
 * the container's network namespace: names of its networks from their files, everything else by
 * asking the host's servers. It is found again by pid and start time in the record of an endpoint,
 * and ended by resolver_stop.
 */
#pragma once

#include "network/network.h"

/* The address that a container's resolv.conf names. */
#define RESOLVER_ADDRESS "127.0.0.11"

struct resolver_options {
	const struct endpoint *endpoints; /* all that the container has */
	size_t n_endpoints;
	int netns_fd;
	char *const *servers; /* to ask; NULL: what the host's resolv.conf says at that time */
	char *const *links;   /* "ALIAS=NAME": what this container alone calls others */
};

/* Start it, or another one in the place of the one that there is: no question is lost. *ret_name:
 * "PID START", owned; NULL: without endpoints there is nothing to start. */
must_check int resolver_start(struct store *store, const struct network_config *config,
			      const struct resolver_options *opts, char **ret_name,
			      struct error *err);
/* The same text of one that is on record and lives; NULL: there is none. */
char *resolver_name(const struct endpoint_record *ep);
/* End it. One that is gone is success. */
must_check int resolver_stop(const struct endpoint_record *ep, struct error *err);
