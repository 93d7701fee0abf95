/* SPDX-License-Identifier: Apache-2.0 */
/* JSON for people. */
#pragma once

#include "base/json.h"

/* Indented by a tab for each level, as docker writes its files. */
must_check int json_with_tabs(const char *text, size_t len, struct strbuf *out, struct error *err);
