/* SPDX-License-Identifier: Apache-2.0 */
/* "Are you sure?" */
#pragma once

#include "base/macros.h"

/* Print what is going to happen, and ask; true only for a "y" or "Y". */
bool confirm(const char *warning);
