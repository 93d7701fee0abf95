/* SPDX-License-Identifier: Apache-2.0 */
/* Whole reads and writes, pipes, close-on-exec for ranges of fds. */
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "base/strbuf.h"

int fd_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

ssize_t fd_read_full(int fd, void *data, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, (char *)data + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int fd_read_all(int fd, size_t max, char **ret_data, size_t *ret_len)
{
	struct strbuf sb cleanup(strbuf_release) = STRBUF_INIT;

	for (;;) {
		size_t room;
		ssize_t n;

		strbuf_reserve(&sb, 4096);
		room = sb.cap - sb.len - 1;
		if (room > max - sb.len + 1)
			room = max - sb.len + 1;
		n = read(fd, sb.data + sb.len, room);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		sb.len += (size_t)n;
		if (sb.len > max)
			return -EFBIG;
	}
	if (ret_len)
		*ret_len = sb.len;
	sb.data[sb.len] = '\0';
	*ret_data = strbuf_take(&sb);
	return 0;
}

int fd_of_text(const void *data, size_t len, int *ret_fd)
{
	cleanup_fd int fd = memfd_create("hoy", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : fd_write_all(fd, data, len);

	if (r >= 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r < 0)
		return r;
	*ret_fd = take_fd(&fd);
	return 0;
}

int fd_pipe(int *ret_read, int *ret_write)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	*ret_read = fds[0];
	*ret_write = fds[1];
	return 0;
}

int fd_set_cloexec(int fd, bool on)
{
	return fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0) < 0 ? -errno : 0;
}

int fd_set_nonblock(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags) < 0 ? -errno : 0;
}

static bool is_kept(int fd, const int *keep, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (keep[i] == fd)
			return true;
	return false;
}

/* FALLBACK(close_range CLOSE_RANGE_CLOEXEC, 5.11): set the flag fd by fd up to the limit of open
 * files. */
static int cloexec_slow(int first, const int *keep, size_t n)
{
	long max = sysconf(_SC_OPEN_MAX);

	for (int fd = first; fd < max; fd++) {
		int r = is_kept(fd, keep, n) ? 0 : fd_set_cloexec(fd, true);

		if (r < 0 && r != -EBADF)
			return r;
	}
	return 0;
}

int fd_cloexec_from(int first, const int *keep, size_t n)
{
	if (syscall(SYS_close_range, (unsigned int)first, ~0U, CLOSE_RANGE_CLOEXEC) < 0) {
		if (errno != ENOSYS && errno != EINVAL)
			return -errno;
		return cloexec_slow(first, keep, n);
	}
	for (size_t i = 0; i < n; i++) {
		int r = keep[i] >= first ? fd_set_cloexec(keep[i], false) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}
