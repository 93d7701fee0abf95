/* SPDX-License-Identifier: Apache-2.0 */
/* What an OCI runtime says when it fails: lines of JSON (--log-format json), in its log or on its
 * stderr, with "level" and "msg"; before it has read its options, lines of text. */
#pragma once

#include "base/macros.h"

/* The message of the last line whose level tells of an error; NULL when there is none. Owned. */
char *runtime_log_error(const char *text);
