/* SPDX-License-Identifier: Apache-2.0 */
/* Whole-file write locks of the open file description (fcntl(2) F_OFD_SETLK): inherited over
 * fork and exec with the fd, gone with its last copy. */
#pragma once

#include "base/macros.h"

/* O_RDWR|O_CREAT|O_CLOEXEC 0600; not locked yet */
must_check int lock_open_at(int dirfd, const char *name);
/* A file of our own: -EEXIST when there is one */
must_check int lock_make_at(int dirfd, const char *name);
must_check int lock_take(int fd); /* waits */
must_check int lock_try(int fd);  /* -EAGAIN when another holds it */
/* Beside others that do the same; lock_take waits for all of them. -EAGAIN: one has taken it. */
must_check int lock_try_share(int fd);
/* by another description; takes nothing */
must_check int lock_is_held(int fd, bool *ret_held);
must_check int lock_drop(int fd);
/* Wait until nobody holds it; it is not taken (lock_is_held does not see us, lock_try may). */
must_check int lock_wait_free(int fd);
