/* SPDX-License-Identifier: Apache-2.0 */
/* --link: another container, and the name that this one has for it. */
#pragma once

#include "base/error.h"

/* "NAME", "NAME:ALIAS", or as inspect shows it "/NAME:/CONTAINER/ALIAS"; without an alias it is the
 * name. Both owned. ERR_INVALID, in Docker's words. */
must_check int link_spec_parse(const char *text, char **ret_name, char **ret_alias,
			       struct error *err);
