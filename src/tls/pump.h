/* SPDX-License-Identifier: Apache-2.0 */
/* Inside hoy-tls: bytes both ways between a TLS connection and a plain socket. */
#pragma once

#include <openssl/ssl.h>

/* Until both directions are over, or the connection breaks. Ends of one direction are passed on
 * (close_notify, shutdown). The handshake is done, both fds do not block. 0, or -errno. */
int tls_pump(SSL *ssl, int network_fd, int plain_fd);
