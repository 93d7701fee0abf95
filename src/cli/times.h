/* SPDX-License-Identifier: Apache-2.0 */
/* --since and --until as the API takes them: seconds and nanoseconds, reckoned with our clock. */
#pragma once

#include "base/error.h"
#include "base/strbuf.h"

/* Add name=SECONDS.NANOSECONDS to target; nothing when text is NULL or "". */
must_check int times_add(struct strbuf *target, const char *name, const char *text,
			 struct error *err);
