/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that goes all at once: for trees that live exactly as long as the work that made them. */
#pragma once

#include "base/strbuf.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks;
	size_t total; /* bytes handed out: callers hold it below a limit */
};

#define ARENA_INIT                                                                                 \
	{                                                                                          \
		NULL, 0                                                                            \
	}

/* zero-filled, aligned for any type; aborts without memory */
void *arena_alloc(struct arena *arena, size_t size);
/* keeps NUL bytes, ends in one */
char *arena_strndup(struct arena *arena, const char *str, size_t len);
void arena_release(struct arena *arena);
