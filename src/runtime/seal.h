/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime is never exposed to a container as a writable file. */
#pragma once

#include "base/error.h"

/* Return when this process runs from something that nobody can write to; else execute ourselves
 * again from there. */
must_check int seal_self(char *const *argv, struct error *err);
