/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Engine API on one connection. A worker process serves one connection and nothing else:
 * what handlers open, change or leak goes with it. The engine (database and all) is opened by
 * the first request that needs it.
 */
#pragma once

#include <sys/socket.h>

#include "engine/engine.h"

#define API_VERSION "1.55"
#define API_MIN_VERSION "1.40"
enum { API_MINOR = 55, API_MIN_MINOR = 40 };

struct api_context {
	struct engine_config *config; /* borrowed */
	bool private_engine;	      /* only the user who started it may ask (and root) */
	uid_t owner;		      /* who that is */
	bool anyone;  /* a TCP port without TLS, which the administrator has asked for twice */
	bool metrics; /* nothing but /metrics, for whoever reaches the port */
	struct engine engine;
	bool engine_is_open;
};

/* Serve fd until the client goes or asks to close. fd is owned. While a request is served that
 * must not be cut in the middle, SIGTERM is blocked; else it ends the process. */
void api_serve(struct api_context *ctx, int fd);
