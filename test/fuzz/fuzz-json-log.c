/* SPDX-License-Identifier: Apache-2.0 */
/* A line of a log file as it comes; and any text as a record must be read back as the same text,
 * once it is UTF-8. */
#include <stdint.h>
#include <string.h>

#include "wire/json-log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(json_log_record_release) struct json_log_record rec = JSON_LOG_RECORD_INIT;
	cleanup(strbuf_release) struct strbuf line = STRBUF_INIT, again = STRBUF_INIT;
	const char *time = "2026-01-02T03:04:05Z";

	(void)!json_log_decode((const char *)data, size, &rec);
	if (size > JSON_LOG_PIECE_MAX)
		return 0;
	json_log_encode(&line, (const char *)data, size, true, 1, time, NULL);
	if (json_log_decode(line.data, line.len, &rec) < 0)
		abort();
	json_log_encode(&again, rec.log.data, rec.log.len, false, 1, time, NULL);
	if (json_log_decode(again.data, again.len, &rec) < 0)
		abort();
	strbuf_reset(&line);
	json_log_encode(&line, rec.log.data, rec.log.len, false, 1, time, NULL);
	if (line.len != again.len || memcmp(line.data, again.data, line.len) != 0)
		abort();
	return 0;
}
