/* SPDX-License-Identifier: Apache-2.0 */
/* A pause that ends with who asked for it, however he ends. */
#pragma once

#include "engine/engine.h"

struct thaw {
	int fd, pidfd; /* -1: none */
};

#define THAW_INIT                                                                                  \
	{                                                                                          \
		-1, -1                                                                             \
	}

/* Before the container is paused: `hoyd --thaw ID` waits for our end, and unpauses it then. */
must_check int thaw_guard(struct engine *e, const char *id, struct thaw *ret, struct error *err);
/* It is unpaused: nobody has to wait any more. Safe twice. */
void thaw_done(struct thaw *thaw);
/* What that process does; fd 0 is a pipe. */
must_check int engine_thaw(struct engine *e, const char *id, struct error *err);
