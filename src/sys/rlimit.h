/* SPDX-License-Identifier: Apache-2.0 */
/* Resource limits by name. -errno idiom. */
#pragma once

#include "base/macros.h"

/* "RLIMIT_NOFILE" -> RLIMIT_NOFILE; -EINVAL. */
must_check int rlimit_by_name(const char *name, int *ret);
/* As many open files as the hard limit allows. What process_spawn starts has the limit from before
 * that; so has the child of a fork behind rlimit_restore_files (async-signal-safe). */
void rlimit_raise_files(void);
void rlimit_restore_files(void);
/* For the caller; UINT64_MAX is unlimited. -EPERM: hard is above ours and we lack CAP_SYS_RESOURCE.
 */
must_check int rlimit_set(int resource, uint64_t soft, uint64_t hard);
