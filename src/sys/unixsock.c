/* SPDX-License-Identifier: Apache-2.0 */
/* Unix sockets by directory fd and name: /proc/self/fd keeps the address short however long the
 * path is. */
#include "sys/unixsock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

static int make_address(int dirfd, const char *name, struct sockaddr_un *ret)
{
	int n;

	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (dirfd == AT_FDCWD || name[0] == '/')
		n = snprintf(ret->sun_path, sizeof(ret->sun_path), "%s", name);
	else
		n = snprintf(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d/%s", dirfd,
			     name);
	return n < 0 || (size_t)n >= sizeof(ret->sun_path) ? -ENAMETOOLONG : 0;
}

int unixsock_listen_at(int dirfd, const char *name, int type, mode_t mode)
{
	int fd cleanup_fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	struct sockaddr_un addr;
	mode_t old;
	int r;

	if (fd < 0)
		return -errno;
	r = make_address(dirfd, name, &addr);
	if (r < 0)
		return r;
	if (unlinkat(dirfd, name, 0) < 0 && errno != ENOENT)
		return -errno;
	old = umask(0777 & ~mode);
	r = bind(fd, (struct sockaddr *)&addr, sizeof(addr));
	if (r < 0)
		r = -errno;
	(void)umask(old);
	if (r < 0)
		return r;
	if (listen(fd, SOMAXCONN) < 0)
		return -errno;
	return take_fd(&fd);
}

int unixsock_connect_at(int dirfd, const char *name, int type)
{
	int fd cleanup_fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	struct sockaddr_un addr;
	int r;

	if (fd < 0)
		return -errno;
	r = make_address(dirfd, name, &addr);
	if (r < 0)
		return r;
	do
		r = connect(fd, (struct sockaddr *)&addr, sizeof(addr));
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : take_fd(&fd);
}

int unixsock_accept(int listen_fd)
{
	int fd;

	do
		fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

int unixsock_peer(int fd, struct ucred *ret)
{
	socklen_t len = sizeof(*ret);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ret, &len) < 0 ? -errno : 0;
}

union fd_control {
	char buf[CMSG_SPACE(UNIXSOCK_FDS_MAX * sizeof(int))];
	struct cmsghdr align;
};

int unixsock_send_fds(int fd, const void *data, size_t len, const int *fds, size_t n_fds, int flags)
{
	struct iovec iov = { (void *)data, len };
	union fd_control control = { 0 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;
	ssize_t n;

	if (n_fds > UNIXSOCK_FDS_MAX)
		return -E2BIG;
	if (n_fds > 0) {
		msg.msg_control = control.buf;
		msg.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		if (!cmsg)
			return -EINVAL;
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, n_fds * sizeof(int));
	}
	do
		n = sendmsg(fd, &msg, flags | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int unixsock_send_fd(int fd, const void *data, size_t len, int passed_fd)
{
	return unixsock_send_fds(fd, data, len, &passed_fd, passed_fd >= 0 ? 1 : 0, 0);
}

ssize_t unixsock_recv_fds(int fd, void *data, size_t len, int ret_fds[UNIXSOCK_FDS_MAX],
			  size_t *ret_n)
{
	struct iovec iov = { data, len };
	union fd_control control = { 0 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *cmsg;
	ssize_t n;

	do
		n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	*ret_n = 0;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (cmsg && cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS &&
	    cmsg->cmsg_len >= CMSG_LEN(0)) {
		*ret_n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(ret_fds, CMSG_DATA(cmsg), *ret_n * sizeof(int));
	}
	return n;
}

ssize_t unixsock_recv_fd(int fd, void *data, size_t len, int *ret_fd)
{
	int fds[UNIXSOCK_FDS_MAX];
	size_t n_fds = 0;
	ssize_t n = unixsock_recv_fds(fd, data, len, fds, &n_fds);

	if (n < 0)
		return n;
	for (size_t i = 1; i < n_fds; i++)
		(void)close(fds[i]);
	*ret_fd = n_fds > 0 ? fds[0] : -1;
	return n;
}
