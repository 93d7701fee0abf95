/* SPDX-License-Identifier: Apache-2.0 */
/* Our own terminal: raw mode that is undone, and its size. */
#pragma once

#include <termios.h>

#include "base/error.h"

struct tty {
	int fd; /* whose settings were changed; -1 none */
	struct termios saved;
};

#define TTY_INIT                                                                                   \
	{                                                                                          \
		.fd = -1                                                                           \
	}

must_check int tty_make_raw(struct tty *tty, int fd, struct error *err);
void tty_restore(struct tty *tty); /* safe twice */

/* 0 x 0 when fd is no terminal. */
void tty_size(int fd, unsigned int *ret_height, unsigned int *ret_width);
