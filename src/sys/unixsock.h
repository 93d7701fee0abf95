/* SPDX-License-Identifier: Apache-2.0 */
/* Path-based unix sockets: listen, connect (long paths by /proc/self/fd of the directory), peer
 * credentials, fd passing. */
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include "base/macros.h"

/* type: SOCK_STREAM or SOCK_SEQPACKET. The socket file gets mode; an old file of that name is
 * removed first. */
must_check int unixsock_listen_at(int dirfd, const char *name, int type, mode_t mode);
must_check int unixsock_connect_at(int dirfd, const char *name, int type);
must_check int unixsock_accept(int listen_fd); /* CLOEXEC */
must_check int unixsock_peer(int fd, struct ucred *ret);
enum { UNIXSOCK_FDS_MAX = 16 }; /* with one message */
/* flags: MSG_DONTWAIT or 0 */
must_check int unixsock_send_fds(int fd, const void *data, size_t len, const int *fds, size_t n_fds,
				 int flags);
/* The fds are owned, CLOEXEC. Returns bytes read. */
must_check ssize_t unixsock_recv_fds(int fd, void *data, size_t len, int ret_fds[UNIXSOCK_FDS_MAX],
				     size_t *ret_n);
must_check int unixsock_send_fd(int fd, const void *data, size_t len, int passed_fd);
/* *ret_fd is -1 when none came. Returns bytes read. */
must_check ssize_t unixsock_recv_fd(int fd, void *data, size_t len, int *ret_fd);
