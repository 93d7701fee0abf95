/* SPDX-License-Identifier: Apache-2.0 */
/* One line of comma-separated fields, "quoted, fields" as RFC 4180: what --mount, --network and
 * --gpus take. */
#pragma once

#include "base/error.h"

must_check int csv_split(const char *text, char ***ret_fields, struct error *err);
