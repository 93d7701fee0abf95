/* SPDX-License-Identifier: Apache-2.0 */
/* What a log says of its container: the tag (a template), labels and environment that were asked
 * for. */
#pragma once

#include "store/containers.h"
#include "wire/container-config.h"
#include "wire/log-config.h"

/* Fill in ret's container, image, command, tag and extra. default_tag: the template without one. */
must_check int log_attributes(const struct container *rec, const struct container_config *config,
			      const struct strmap *opts, const char *default_tag,
			      struct log_forward *ret, struct error *err);
