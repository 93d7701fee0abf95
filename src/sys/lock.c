/* SPDX-License-Identifier: Apache-2.0 */
/* Write locks of the open file description. */
#include "sys/lock.h"

#include <errno.h>
#include <fcntl.h>

static int lock_command(int fd, int command, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET };
	int r;

	do
		r = fcntl(fd, command, &lock);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : lock.l_type;
}

int lock_open_at(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	return fd < 0 ? -errno : fd;
}

int lock_make_at(int dirfd, const char *name)
{
	int flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
	int fd = openat(dirfd, name, flags, 0600);

	return fd < 0 ? -errno : fd;
}

int lock_take(int fd)
{
	int r = lock_command(fd, F_OFD_SETLKW, F_WRLCK);

	return r < 0 ? r : 0;
}

int lock_try(int fd)
{
	int r = lock_command(fd, F_OFD_SETLK, F_WRLCK);

	if (r == -EACCES)
		return -EAGAIN;
	return r < 0 ? r : 0;
}

int lock_try_share(int fd)
{
	int r = lock_command(fd, F_OFD_SETLK, F_RDLCK);

	if (r == -EACCES)
		return -EAGAIN;
	return r < 0 ? r : 0;
}

int lock_is_held(int fd, bool *ret_held)
{
	int r = lock_command(fd, F_OFD_GETLK, F_WRLCK);

	if (r < 0)
		return r;
	*ret_held = r == F_WRLCK; /* F_RDLCK: lock_wait_free of another, about to drop it */
	return 0;
}

int lock_drop(int fd)
{
	int r = lock_command(fd, F_OFD_SETLK, F_UNLCK);

	return r < 0 ? r : 0;
}

int lock_wait_free(int fd)
{
	int r = lock_command(fd, F_OFD_SETLKW, F_RDLCK);

	return r < 0 ? r : lock_drop(fd);
}
