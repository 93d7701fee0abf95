/* SPDX-License-Identifier: Apache-2.0 */
/* An ordered string-to-string map for labels, options, annotations: small, insertion order kept,
 * linear look-up. */
#pragma once

#include "base/macros.h"

struct strmap_entry {
	char *key;
	char *value;
};

struct strmap {
	struct strmap_entry *entries;
	size_t n;
	bool present; /* an empty map that was there ({}) differs from one that was not (null) */
};

#define STRMAP_INIT                                                                                \
	{                                                                                          \
		NULL, 0, false                                                                     \
	}

void strmap_release(struct strmap *map);
/* copies; replaces */
void strmap_set(struct strmap *map, const char *key, const char *value);
/* NULL when absent */
const char *strmap_get(const struct strmap *map, const char *key);
/* dst is released first */
void strmap_copy(struct strmap *dst, const struct strmap *src);
