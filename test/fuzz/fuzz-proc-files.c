/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/PID/stat (a program chooses its name, which stands in it) and a container's /etc/passwd. */
#include <stdint.h>
#include <string.h>

#include "base/strbuf.h"
#include "runtime/passwd.h"
#include "sys/process.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t ids[] = { 0, 1, 1000, UINT32_MAX };
	cleanup_free char *text = xstrndup((const char *)data, size);
	uint64_t start = UINT64_MAX - 1;

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		cleanup_free char *home = passwd_home(text, ids[i]);

		/* What comes back is a field: never empty, never more than its line. */
		if (home && (!*home || strpbrk(home, ":\n") || !strstr(text, home)))
			abort();
	}
	if (process_parse_start(text, &start) < 0 && start != UINT64_MAX - 1)
		abort(); /* outputs are untouched on failure */
	return 0;
}
