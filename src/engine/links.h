/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --link between containers of the default bridge, as Docker has kept it: another container's name
 * in /etc/hosts, and variables that tell of its ports and environment, as they are at the start.
 * On networks of the user links are names of its own alone, see joins_links.
 */
#pragma once

#include "engine/instance.h"

struct links {
	char **hosts; /* lines of /etc/hosts, "172.30.0.2\tstore db" */
	char **env;
};

void links_release(struct links *links);

/* At create: Docker's refusals. The record keeps "<id>:<alias>", for names change. */
must_check int links_resolve(struct engine *e, struct host_config *host, struct error *err);
/* Those that it has, "ID:ALIAS" each, not owned; NULL none. */
char *const *links_of(const struct host_config *host);
/* At start, under files_lock. Containers that are gone are left out; ones that do not run are an
 * error. */
must_check int links_read(struct engine *e, const struct container *rec,
			  const struct host_config *host, struct links *ret, struct error *err);
/* The address of a container on the default bridge, for the hosts files of those that run with a
 * link to it. One that cannot be written stays as it is: that is no failure of this start. */
void links_follow(struct engine *e, const struct container *to, int run_fd,
		  const struct endpoint *eps, size_t n);
/* Put them as inspect shows them: "/db:/web/store". */
must_check int links_show(struct engine *e, const struct container *rec, struct host_config *host,
			  struct error *err);
/* "/web/store": the container web links no more by that name. */
must_check int links_remove(struct engine *e, const char *ref, struct error *err);
