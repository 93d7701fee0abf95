/* SPDX-License-Identifier: Apache-2.0 */
/* What the API does with networks. The errors are Docker's. */
#pragma once

#include "engine/engine.h"
#include "wire/network.h"

must_check int engine_network_create(struct engine *e, const struct network_create_request *req,
				     char **ret_id, struct error *err);
must_check int engine_network_remove(struct engine *e, const char *ref, struct error *err);
/* Those of the user that nobody is on. *ret_names is owned; NULL: none. */
must_check int engine_network_prune(struct engine *e, const char *filters_json, char ***ret_names,
				    struct error *err);

/* The hoy-dns of a container has ended while it runs: start another one. */
must_check int engine_resolver_renew(struct engine *e, const char *ref, struct error *err);
/* A container that runs is connected at once, another one from its next start on. */
must_check int engine_network_connect(struct engine *e, const char *network,
				      const struct network_connect_request *req, struct error *err);
must_check int engine_network_disconnect(struct engine *e, const char *network,
					 const struct network_disconnect_request *req,
					 struct error *err);
