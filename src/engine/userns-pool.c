/* SPDX-License-Identifier: Apache-2.0 */
/* Where in somebody's subordinate ids a range is free. Pure. */
#include "engine/userns.h"

/* The first start >= @start whose @size ids no entry of @taken (sorted by start) meets. */
static uint64_t skip_taken(uint64_t start, uint32_t size, const struct subid_range *taken, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t end = (uint64_t)taken[i].start + taken[i].count;

		if (taken[i].start < start + size && end > start)
			start = end;
	}
	return start;
}

bool userns_pool_find(const struct subid_range *owned, size_t n_owned,
		      const struct subid_range *taken, size_t n_taken, uint32_t size,
		      uint32_t *ret_start)
{
	for (size_t i = 0; i < n_owned; i++) {
		uint64_t end = (uint64_t)owned[i].start + owned[i].count;
		uint64_t start = skip_taken(owned[i].start, size, taken, n_taken);

		if (start + size > end)
			continue;
		*ret_start = (uint32_t)start;
		return true;
	}
	return false;
}
