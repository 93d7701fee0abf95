/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that goes all at once. */
#include "base/arena.h"

#include <string.h>

enum { CHUNK_SIZE = 4096 };

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	_Alignas(max_align_t) char data[];
};

void *arena_alloc(struct arena *arena, size_t size)
{
	const size_t align = _Alignof(max_align_t);
	struct arena_chunk *chunk = arena->chunks;
	size_t rounded;
	char *ptr;

	if (__builtin_add_overflow(size, align - 1, &rounded))
		abort();
	rounded &= ~(align - 1);
	if (!chunk || chunk->size - chunk->used < rounded) {
		size_t room = rounded > CHUNK_SIZE ? rounded : CHUNK_SIZE;

		chunk = xmalloc(sizeof(*chunk) + room);
		*chunk = (struct arena_chunk){ .next = arena->chunks, .size = room };
		arena->chunks = chunk;
	}
	ptr = chunk->data + chunk->used;
	chunk->used += rounded;
	arena->total += rounded;
	return memset(ptr, 0, rounded);
}

char *arena_strndup(struct arena *arena, const char *str, size_t len)
{
	char *copy = arena_alloc(arena, len + 1);

	return len ? memcpy(copy, str, len) : copy;
}

void arena_release(struct arena *arena)
{
	struct arena_chunk *chunk = arena->chunks;

	while (chunk) {
		struct arena_chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
	*arena = (struct arena)ARENA_INIT;
}
