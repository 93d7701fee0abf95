/* SPDX-License-Identifier: Apache-2.0 */
/* Loading a seccomp program that is already compiled. -errno idiom. */
#pragma once

#include <linux/filter.h>

#include "base/macros.h"

/* @flags: SECCOMP_FILTER_FLAG_*. Needs no-new-privileges or CAP_SYS_ADMIN. Returns 0, or the
 * listener's CLOEXEC fd with SECCOMP_FILTER_FLAG_NEW_LISTENER. */
must_check int seccomp_program_load(const struct sock_filter *insns, size_t n, unsigned int flags);
must_check int seccomp_no_new_privileges(void);
