/* SPDX-License-Identifier: Apache-2.0 */
/* The table of endpoints: method and path to handler. */
#pragma once

#include "api/request.h"

/* 0: answered; -errno with err set: the dispatcher answers with it; -errno with err unset: the
 * client is gone. */
typedef int (*route_handler)(struct request *req, struct error *err);

enum {
	ROUTE_SLASHES = 1 << 0, /* '*' may hold '/': names of images */
	/* may be cut at any point by SIGTERM: it only reads, or waits */
	ROUTE_CANCELS = 1 << 1,
};

struct route {
	const char *method;
	const char *path; /* at most one '*': at least one character */
	route_handler handler;
	unsigned int flags;
};

/* *ret_arg (owned) is set when the path has a '*'. NULL: there is no such page. */
const struct route *route_find(const char *method, const char *path, char **ret_arg);
