/* SPDX-License-Identifier: Apache-2.0 */
/* Raw mode and size of our terminal. */
#include "cli/tty.h"

#include "sys/pty.h"

int tty_make_raw(struct tty *tty, int fd, struct error *err)
{
	int r = pty_make_raw(fd, &tty->saved);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "make the terminal raw");
	tty->fd = fd;
	return 0;
}

void tty_restore(struct tty *tty)
{
	/* Best effort: the terminal may be gone. */
	if (tty->fd >= 0 && pty_restore(tty->fd, &tty->saved) < 0)
		tty->fd = -1;
	tty->fd = -1;
}

void tty_size(int fd, unsigned int *ret_height, unsigned int *ret_width)
{
	*ret_height = *ret_width = 0;
	if (pty_get_size(fd, ret_height, ret_width) < 0)
		*ret_height = *ret_width = 0;
}
