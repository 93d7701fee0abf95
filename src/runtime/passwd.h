/* SPDX-License-Identifier: Apache-2.0 */
/* The passwd file of a container. */
#pragma once

#include "base/macros.h"

/* "name:x:uid:gid:gecos:home:shell" a line: the home of @uid, owned, or NULL. */
char *passwd_home(const char *passwd, uint32_t uid);
