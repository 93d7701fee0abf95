/* SPDX-License-Identifier: Apache-2.0 */
/* /etc/subuid and /etc/subgid: the ids that users may map, subuid(5). -errno idiom. */
#pragma once

#include <sys/types.h>

#include "base/macros.h"

struct subid_range {
	uint32_t start, count; /* never beyond the last id, 2^32 - 2; count is not 0 */
};

enum { SUBID_RANGES_MAX = 64, SUBID_FILE_MAX = 1 << 20 };

/* The ranges of the lines "NAME:START:COUNT" whose NAME is @name or @number (NULL: none), in their
 * order; lines that are malformed are not there. Returns how many, at most SUBID_RANGES_MAX. */
size_t subid_parse(const char *text, const char *name, const char *number,
		   struct subid_range ret[static SUBID_RANGES_MAX]);
/* The same of the file @path; 0 when there is no such file. */
must_check int subid_read(const char *path, const char *name, const char *number,
			  struct subid_range ret[static SUBID_RANGES_MAX], size_t *ret_n);
