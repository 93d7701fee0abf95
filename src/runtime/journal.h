/* SPDX-License-Identifier: Apache-2.0 */
/* What the runtime has to say besides its output. With --log a line of that file; without, a
 * warning goes to stderr. */
#pragma once

#include "base/macros.h"

/* Once, when the global options are known. @path NULL: no file. Kept, not copied. */
void journal_open(const char *path, bool json);
void journal_error(const char *text); /* the file alone: main says it on stderr itself */
void journal_warning(const char *fmt, ...) format_printf(1, 2);
