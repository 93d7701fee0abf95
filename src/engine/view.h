/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of what list and inspect show. */
#pragma once

#include "engine/instance.h"
#include "engine/mounts.h"

/* "Up 5 seconds", "Exited (0) 2 minutes ago", "Created" … Owned. health: its status, NULL none. */
char *view_status(const struct container_life *life, const char *health, int64_t now);

/* The args of a record (all but the path), owned. */
char **view_args(const struct container *rec);
/* The argv of a record as ps shows it: path and args, blanks between. Owned. */
char *view_command(const struct container *rec);

/* An endpoint as the API has it; asked: what the request said of it, or NULL. It looks at the texts
 * of all three; only dns_names is its own. */
struct endpoint_settings view_endpoint(const struct endpoint *ep,
				       const struct endpoint_settings *asked,
				       const struct container *rec);
/* What was asked of the network @name; NULL nothing. */
const struct endpoint_settings *view_asked(const struct endpoint_settings *asked, size_t n,
					   const char *name);

/* The mounts that inspect shows, owned. */
void view_mounts(const struct mount_list *mounts, struct mount_point **ret, size_t *ret_n);

/* What a container has on the wire while it is down: the networks it will join. */
void view_networks(const struct container *rec, const struct host_config *host,
		   const struct networking_config *networking, const struct endpoint *eps,
		   size_t n_eps, struct endpoint_settings **ret, size_t *ret_n);
