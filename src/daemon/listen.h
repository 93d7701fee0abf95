/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets that hoyd accepts on. */
#pragma once

#include "daemon/config.h"

enum { LISTENERS_MAX = 16 };

enum listener_kind {
	LISTEN_UNIX,	/* the file's mode and group say who may */
	LISTEN_TLS,	/* who has a certificate */
	LISTEN_TCP,	/* whoever reaches it: told twice */
	LISTEN_METRICS, /* whoever reaches it, but only /metrics */
};

struct listener {
	int fd;
	enum listener_kind kind;
	char *path; /* the file to remove at the end; NULL: not ours (systemd's) */
};

struct listeners {
	struct listener items[LISTENERS_MAX];
	size_t n;
};

#define LISTENERS_INIT                                                                             \
	{                                                                                          \
		.n = 0                                                                             \
	}

must_check int listeners_open(const struct daemon_config *config, struct listeners *ret,
			      struct error *err);
/* Remove the files: nobody finds us any more. */
void listeners_unlink(struct listeners *listeners);
void listeners_release(struct listeners *listeners); /* closes, leaves the files */
