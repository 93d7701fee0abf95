/* SPDX-License-Identifier: Apache-2.0 */
/* Members of the config that are not done as they say, and are no error by the specification: told
 * in the journal, before anything is made. */
#pragma once

#include "runtime/launch.h"

void launch_warn(const struct launch *launch);
