/* SPDX-License-Identifier: Apache-2.0 */
/* The container's hoy-dns: when it ends while the container runs, the engine starts another one
 * (engine/resolver.h), which is told to us as the first was. Times are clock_monotonic. */
#pragma once

#include "base/macros.h"

struct resolver_watch {
	int pidfd;	/* -1: none */
	int64_t told;	/* when we heard of it */
	int64_t due_at; /* ask for another one then; 0: not to be done */
	bool missing;	/* it has ended, and we have not heard of another */
};

#define RESOLVER_WATCH_INIT                                                                        \
	{                                                                                          \
		.pidfd = -1                                                                        \
	}

/* It is this one from now on: "PID START". -EINVAL: no such text. */
must_check int resolver_watch_set(struct resolver_watch *watch, const char *text, int64_t now);
/* It has ended. One that did so at once is not replaced at once. */
void resolver_watch_ended(struct resolver_watch *watch, int64_t now);
/* A run of the container begins: what could not be done in the last one is tried again. */
void resolver_watch_begin(struct resolver_watch *watch, int64_t now);
void resolver_watch_release(struct resolver_watch *watch);
