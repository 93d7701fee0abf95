/* SPDX-License-Identifier: Apache-2.0 */
/* /etc/subuid: nothing that is read leads beyond the ids that there are. */
#include <stdint.h>

#include "base/strbuf.h"
#include "sys/subid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = xstrndup((const char *)data, size);
	struct subid_range ranges[SUBID_RANGES_MAX];
	size_t n = subid_parse(text, "hoy", "1000", ranges);

	if (n > SUBID_RANGES_MAX)
		abort();
	for (size_t i = 0; i < n; i++) {
		if (ranges[i].count == 0 ||
		    (uint64_t)ranges[i].start + ranges[i].count > UINT32_MAX)
			abort();
	}
	return 0;
}
