/* SPDX-License-Identifier: Apache-2.0 */
/* The names that containers have by other containers' links: "/web/db" is what web calls db. */
#pragma once

#include "store/summaries.h"

struct list_link {
	char *target; /* id */
	char *name;
};

struct list_links {
	struct list_link *items; /* by target, then by name */
	size_t n;
};

/* On failure *ret is to be released too. */
must_check int list_links_read(const struct container_row *rows, size_t n, struct list_links *ret,
			       struct error *err);
void list_links_release(struct list_links *links);
/* All names of a container, its own among them, sorted; owned. */
char **list_links_names(const struct list_links *links, const struct container *rec);
