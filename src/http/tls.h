/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TCP connection inside TLS, by hoy-tls: a process of its own without rights holds the network's
 * end and gives us a socket with what is inside, half-closes included. So neither hoy nor hoyd has
 * OpenSSL in it, and what parses the network's bytes can do nothing else.
 *
 *	argv	hoy-tls server|client|check --ca FILE --cert FILE --key FILE [--name HOST]
 *		[--no-verify]
 *	fd 3	the connection (not of check)
 *	fd 4	our side
 *	fd 5	client and check: "ok\n" after the handshake, or a sentence; then it is closed
 */
#pragma once

#include "base/error.h"

enum { TLS_NETWORK_FD = 3, TLS_PLAIN_FD = 4, TLS_STATUS_FD = 5, TLS_STATUS_MAX = 4096 };

struct tls_files { /* PEM; NULL: none */
	const char *ca, *cert, *key;
};

/* Whether a server could serve with these: they are there, and belong to each other. */
must_check int tls_check(const char *program, const struct tls_files *files, struct error *err);
/* Serve conn (taken over): only clients whose certificate files->ca signed get through. *ret_fd is
 * readable when the first of them has said something; a failed handshake is its end. */
must_check int tls_accept(const char *program, const struct tls_files *files, int conn, int *ret_fd,
			  struct error *err);
struct tls_client {
	char *program;
	char *ca, *cert, *key; /* NULL: none */
	bool verify; /* the server's certificate must be good, by ca or what the machine trusts */
};

/* The handshake as a client of the server @name, over conn (taken over). */
must_check int tls_connect(const struct tls_client *tls, const char *name, int conn, int *ret_fd,
			   struct error *err);
