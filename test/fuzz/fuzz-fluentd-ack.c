/* SPDX-License-Identifier: Apache-2.0 */
/* What a fluentd server answers, and a batch of records, as they come. */
#include <stdint.h>
#include <string.h>

#include "logging/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char chunk[CHUNK_ID + 1];
	struct log_record record;
	const char *text;
	size_t pos = 0;
	int used = fluentd_ack((const char *)data, size, chunk);

	if (used > 0 && ((size_t)used > size || strlen(chunk) > CHUNK_ID))
		abort();
	while (log_record_next((const char *)data, size, &pos, &record, &text) > 0)
		if (pos > size || text + record.len > (const char *)data + size)
			abort();
	return 0;
}
