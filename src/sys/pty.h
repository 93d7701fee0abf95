/* SPDX-License-Identifier: Apache-2.0 */
/* Pseudo-terminals: a pair, window size, controlling terminal, raw mode. -errno idiom. */
#pragma once

#include <termios.h>

#include "base/macros.h"

/* Open a pair by @ptmx below @dirfd ("ptmx" of a container's devpts, or AT_FDCWD and "/dev/ptmx").
 * The slave is opened through the master (TIOCGPTPEER), so no path inside a container is trusted.
 * Both CLOEXEC, the slave O_NOCTTY. */
must_check int pty_open_at(int dirfd, const char *ptmx, int *ret_master, int *ret_slave);

/* Make @slave the controlling terminal of this session leader. */
must_check int pty_make_controlling(int slave);

/* -ERANGE over 65535. */
must_check int pty_set_size(int fd, unsigned int height, unsigned int width);
must_check int pty_get_size(int fd, unsigned int *ret_height, unsigned int *ret_width);

/* Raw mode for a person's terminal; *ret_saved is what pty_restore puts back. -ENOTTY. */
must_check int pty_make_raw(int fd, struct termios *ret_saved);
must_check int pty_restore(int fd, const struct termios *saved);
