/* SPDX-License-Identifier: Apache-2.0 */
/* What the checks of a container's health have found: there is a row from its first start with a
 * health check on; it goes with the container. The text is the wire shape `health` as JSON. */
#pragma once

#include "store/db.h"

/* run: the restart count of the run that it is about. 1: found, 0: there is none. *ret_text is
 * owned. */
must_check int health_get(struct store *store, const char *container_id, int64_t *ret_run,
			  char **ret_text, struct error *err);
must_check int health_put(struct store *store, const char *container_id, int64_t run,
			  const char *text, struct error *err);
