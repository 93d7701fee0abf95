/* SPDX-License-Identifier: Apache-2.0 */
/* Container names and ids. */
#pragma once

#include "base/error.h"

enum { NAME_RETRIES = 6, NAME_LEN_MAX = 255 };

/* "[a-zA-Z0-9][a-zA-Z0-9_.-]+": containers, volumes. */
bool name_is_valid(const char *name);
/* The same, ERR_INVALID with Docker's sentence. */
must_check int name_check(const char *name, struct error *err);
/* "brave_anchor"; from the second attempt on with a digit. Owned. */
char *name_random(unsigned int attempt);
/* 64 hexadecimal digits from the kernel's random numbers; never all decimal in the first twelve,
 * for
 * a short id is also a host name. Owned. */
char *id_random(void);
