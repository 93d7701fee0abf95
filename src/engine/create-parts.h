/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of create: what the image brings, Docker's defaults, what is refused. */
#pragma once

#include "engine/engine.h"
#include "oci/image-config.h"

/* Put the image's part under the request's: environment, labels, ports, command … */
void create_merge(struct container_config *config, const struct image_run_config *image);

/* Fill in what was not said, as inspect shows it later. host_names: container:NAME becomes
 * container:ID. */
must_check int create_defaults(struct engine *e, const char *id, struct container_config *config,
			       struct host_config *host, struct error *err);

/* Refuse what makes no sense, in Docker's words. A network that does not exist is found out by the
 * start, as Docker does: to clients a 404 of create means "pull the image". */
must_check int create_check(struct engine *e, const struct container_config *config,
			    const struct host_config *host, struct error *err);
/* Parts of it that update needs too. update: host has only what changes. */
must_check int create_check_resources(const struct host_config *host, bool update,
				      struct error *err);
must_check int create_check_restart(const struct host_config *host, struct error *err);
