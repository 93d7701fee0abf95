/* SPDX-License-Identifier: Apache-2.0 */
/* --platform of commands that take an image as it is. */
#pragma once

#include "base/error.h"
#include "base/strbuf.h"

/* Add platform={"os": …} to a target; nothing when none is given. An image has one platform: more
 * than one is refused. */
must_check int platform_add_as(struct strbuf *target, const char *name, char *const *platforms,
			       struct error *err);
must_check int platform_add(struct strbuf *target, char *const *platforms, struct error *err);
