/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is called what on a network of the user: one file for each such network,
 * <run>/names/<network id>/names (wire/names.h), written anew whenever somebody joins, leaves or is
 * renamed. hoy-dns reads it.
 */
#pragma once

#include "network/network.h"

must_check int names_write(struct store *store, const struct network_config *config,
			   const char *network_id, struct error *err);
/* The same of several; NULL none. */
must_check int names_write_all(struct store *store, const struct network_config *config,
			       char *const *network_ids, struct error *err);
/* The same of all networks that a container is on. */
must_check int names_refresh(struct store *store, const struct network_config *config,
			     const char *container_id, struct error *err);
/* Its directory, for hoy-dns. */
must_check int names_open(const struct network_config *config, const char *network_id, int *ret_fd);
/* The network is gone. */
void names_remove(const struct network_config *config, const char *network_id);
