/* SPDX-License-Identifier: Apache-2.0 */
/* The ordered string-to-string map. */
#include "base/strmap.h"

#include <string.h>

#include "base/strbuf.h"

void strmap_release(struct strmap *map)
{
	for (size_t i = 0; i < map->n; i++) {
		free(map->entries[i].key);
		free(map->entries[i].value);
	}
	free(map->entries);
	*map = (struct strmap)STRMAP_INIT;
}

static struct strmap_entry *strmap_find(const struct strmap *map, const char *key)
{
	for (size_t i = 0; i < map->n; i++)
		if (!strcmp(map->entries[i].key, key))
			return &map->entries[i];
	return NULL;
}

void strmap_set(struct strmap *map, const char *key, const char *value)
{
	struct strmap_entry *entry = strmap_find(map, key);

	map->present = true;
	if (entry) {
		char *copy = xstrdup(value);

		free(entry->value);
		entry->value = copy;
		return;
	}
	if ((map->n & (map->n - 1)) == 0)
		map->entries =
			xrealloc(map->entries, map->n ? 2 * map->n : 1, sizeof(*map->entries));
	map->entries[map->n++] = (struct strmap_entry){ xstrdup(key), xstrdup(value) };
}

const char *strmap_get(const struct strmap *map, const char *key)
{
	const struct strmap_entry *entry = strmap_find(map, key);

	return entry ? entry->value : NULL;
}

void strmap_copy(struct strmap *dst, const struct strmap *src)
{
	strmap_release(dst);
	dst->present = src->present;
	for (size_t i = 0; i < src->n; i++)
		strmap_set(dst, src->entries[i].key, src->entries[i].value);
}
