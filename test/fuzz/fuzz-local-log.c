/* SPDX-License-Identifier: Apache-2.0 */
/* A record of a `local` log file as it comes; and any text as a record is read back as it was. */
#include <stdint.h>
#include <string.h>

#include "wire/local-log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(json_log_record_release) struct json_log_record rec = JSON_LOG_RECORD_INIT;
	const struct local_log_part part = { .id = "id", .ordinal = 3 };
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)!local_log_decode((const char *)data, size, &rec);
	(void)local_log_ends((const char *)data, size);
	if (size > JSON_LOG_PIECE_MAX)
		return 0;
	local_log_encode(&out, (const char *)data, size, false, 1, -1, &part, NULL);
	if (local_log_decode(out.data + LOCAL_LOG_LENGTH, local_log_length(out.data), &rec) < 0 ||
	    rec.log.len != size || (size && memcmp(rec.log.data, data, size) != 0))
		abort();
	return 0;
}
