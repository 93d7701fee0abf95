/* SPDX-License-Identifier: Apache-2.0 */
/* Errors that an OCI runtime has logged: for the monitor, and the engine after a failed call. */
#include "wire/runtime-log.h"

#include <string.h>

#include "base/json-scan.h"
#include "base/strbuf.h"

static char *line_error(const char *line, size_t len)
{
	struct json_scan scan = JSON_SCAN_INIT(line, len);
	cleanup(strbuf_release) struct strbuf key = STRBUF_INIT, level = STRBUF_INIT,
					      msg = STRBUF_INIT;
	bool first = true;

	if (json_scan_enter(&scan, '{') < 0)
		return NULL;
	while (json_scan_next(&scan, '{', &first) > 0) {
		int r;

		strbuf_reset(&key);
		r = json_scan_key(&scan, &key);
		if (r == 0 && strcmp(strbuf_str(&key), "level") == 0)
			r = json_scan_string(&scan, &level);
		else if (r == 0 && strcmp(strbuf_str(&key), "msg") == 0)
			r = json_scan_string(&scan, &msg);
		else if (r == 0)
			r = json_scan_skip(&scan, NULL);
		if (r < 0)
			return NULL;
	}
	if (msg.len == 0 ||
	    (strcmp(strbuf_str(&level), "error") != 0 && strcmp(strbuf_str(&level), "fatal") != 0))
		return NULL;
	return strbuf_take(&msg);
}

char *runtime_log_error(const char *text)
{
	char *found = NULL;

	while (*text) {
		size_t len = strcspn(text, "\n");
		char *message = line_error(text, len);

		if (message) {
			free(found);
			found = message;
		}
		text += len + (text[len] == '\n');
	}
	return found;
}
