/* SPDX-License-Identifier: Apache-2.0 */
/* The servers that are asked what nobody here knows: those that the engine named, or those of the
 * host's resolv.conf as it is at that time. */
#pragma once

#include <sys/socket.h>
#include <sys/stat.h>

#include "base/macros.h"

enum { UPSTREAM_MAX = 3 };

struct upstream {
	bool off;   /* nobody is asked */
	bool fixed; /* not from resolv.conf */
	struct sockaddr_storage addrs[UPSTREAM_MAX];
	size_t n;
	struct stat seen;
};

/* Also one with a zone, or brackets. -EINVAL. */
must_check int upstream_add(struct upstream *up, const char *server);
void upstream_refresh(struct upstream *up);
socklen_t upstream_addr_len(const struct sockaddr_storage *addr);
