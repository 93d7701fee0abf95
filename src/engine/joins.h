/* SPDX-License-Identifier: Apache-2.0 */
/* The networks that a container shall be on, by its record: which, in what order, with what
 * settings. */
#pragma once

#include "engine/instance.h"
#include "engine/start-net.h"

struct join {
	struct network_record network;
	const struct endpoint_settings *settings; /* of the networking config; NULL none */
	bool leads_out;
};

struct joins {
	struct join *items;
	size_t n;
};

void joins_release(struct joins *joins);

/* The one that has the default route and the ports comes first: of those that lead out the highest
 * priority, then by name. ERR_NOT_FOUND: there is no such network (any more). */
must_check int joins_plan(struct engine *e, const char *mode,
			  const struct networking_config *networking, struct joins *ret,
			  struct error *err);

/* Make the endpoints of a start in s->netns_fd, and start the resolver where there are names. */
must_check int joins_make(struct engine *e, const struct container *rec,
			  const struct container_config *config, const struct host_config *host,
			  const struct networking_config *networking, struct start_spaces *s,
			  struct error *err);

/* What a container is called on its networks beside its name, owned. */
char **joins_names(const struct container *rec, const struct container_config *config,
		   const struct endpoint_settings *settings);
/* Start hoy-dns for a container's endpoints, or another one; *ret_name as of resolver_start. */
struct joins_resolver_options {
	const struct host_config *host;
	const struct networking_config *networking;
	const struct endpoint *endpoints;
	size_t n_endpoints;
	int netns_fd;
};
must_check int joins_resolver(struct engine *e, const struct joins_resolver_options *opts,
			      char **ret_name, struct error *err);
/* In a transaction: a container in the host's network, or in none, has no endpoint, but who follows
 * events hears of it ("connect", "disconnect"). Of other modes: nothing. */
must_check int joins_event(struct engine *e, const struct container *rec, const char *mode,
			   const char *action, struct error *err);
/* A mode that is a network (not host, container:X or none; "default" is "bridge"); NULL none. */
const char *joins_mode_network(const char *mode);
