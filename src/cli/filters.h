/* SPDX-License-Identifier: Apache-2.0 */
/* -f/--filter KEY=VALUE: the ?filters= of lists and events. */
#pragma once

#include "base/error.h"
#include "base/strbuf.h"

int set_filter(void *target, const char *value,
	       struct error *err); /* ARG_FUNC, char ** of "key=value" */

/* Add filters={"key":{"value":true}} to a target; nothing when there are none. */
void filters_add(struct strbuf *target, char *const *filters);
