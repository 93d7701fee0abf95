/* SPDX-License-Identifier: Apache-2.0 */
/* Pseudo-terminals: opened by the runtime, held by the monitor, made raw by the client. */
#include "sys/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

int pty_open_at(int dirfd, const char *ptmx, int *ret_master, int *ret_slave)
{
	cleanup_fd int master = openat(dirfd, ptmx, O_RDWR | O_NOCTTY | O_CLOEXEC);
	int unlock = 0, slave;

	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return -errno;
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return -errno;
	*ret_slave = slave;
	*ret_master = take_fd(&master);
	return 0;
}

int pty_make_controlling(int slave)
{
	return ioctl(slave, TIOCSCTTY, 0) < 0 ? -errno : 0;
}

int pty_set_size(int fd, unsigned int height, unsigned int width)
{
	struct winsize size = { .ws_row = (unsigned short)height, .ws_col = (unsigned short)width };

	if (height > UINT16_MAX || width > UINT16_MAX)
		return -ERANGE;
	return ioctl(fd, TIOCSWINSZ, &size) < 0 ? -errno : 0;
}

int pty_get_size(int fd, unsigned int *ret_height, unsigned int *ret_width)
{
	struct winsize size = { 0 };

	if (ioctl(fd, TIOCGWINSZ, &size) < 0)
		return -errno;
	*ret_height = size.ws_row;
	*ret_width = size.ws_col;
	return 0;
}

int pty_make_raw(int fd, struct termios *ret_saved)
{
	struct termios saved, raw;

	if (tcgetattr(fd, &saved) < 0)
		return -errno;
	raw = saved;
	cfmakeraw(&raw);
	if (tcsetattr(fd, TCSANOW, &raw) < 0)
		return -errno;
	*ret_saved = saved;
	return 0;
}

int pty_restore(int fd, const struct termios *saved)
{
	return tcsetattr(fd, TCSANOW, saved) < 0 ? -errno : 0;
}
