/* SPDX-License-Identifier: Apache-2.0 */
/* The lock that keeps the log's index. */
#include "store/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>

#include "sys/process.h"
#include "sys/unixsock.h"

/* Only while a connection of ours is open is the index known to be true. */
static int keep_lock(struct store *store)
{
	struct flock lock = {
		.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = KEEP_BYTE, .l_len = 1
	};
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/hoy.db-shm", store->data_fd);
	fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && fcntl(fd, F_OFD_SETLK, &lock) < 0)
		macros_close_fd(&fd);
	return fd;
}

int store_keep_fd(struct store *store)
{
	if (store->keep_fd < 0)
		store->keep_fd = keep_lock(store);
	return store->keep_fd < 0 ? -1 : store->keep_fd;
}

static _Noreturn void keep_child(const char *data_root, int socket_fd)
{
	struct store store;
	int64_t n;
	int fd;

	/* A first read makes the index. */
	if (store_open(data_root, &store, NULL) < 0 ||
	    store_exec(&store, &n, NULL, "SELECT count(*) FROM events WHERE id < 0", "") < 0)
		_exit(1);
	fd = keep_lock(&store);
	_exit(fd >= 0 && unixsock_send_fd(socket_fd, "k", 1, fd) >= 0 ? 0 : 1);
}

int store_keep(const char *data_root, int *ret_fd, struct error *err)
{
	cleanup_fd int fd = -1, pidfd = -1;
	int pair[2], status;
	char byte;
	pid_t pid;
	ssize_t n;

	(void)sqlite3_initialize(); /* once, before the workers fork */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, ERR_SYSTEM, errno, "create a socket pair");
	pid = fork();
	if (pid == 0) {
		(void)close(pair[0]);
		keep_child(data_root, pair[1]);
	}
	(void)close(pair[1]);
	n = pid < 0 ? -errno : unixsock_recv_fd(pair[0], &byte, 1, &fd);
	(void)close(pair[0]);
	if (pid > 0) {
		pidfd = process_pidfd(pid);
		if (pidfd >= 0 && process_wait(pidfd, &status) < 0)
			status = 1;
	}
	if (n <= 0 || fd < 0)
		return error_set(err, ERR_SYSTEM, n < 0 ? (int)-n : EIO,
				 "keep the database's index");
	*ret_fd = take_fd(&fd);
	return 0;
}
