/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines as JSON; apart from log.c, for small programs have no JSON in them. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

void log_json(const char *program, enum log_level level, const char *text, struct strbuf *out)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };

	strbuf_addf(out, "{\"level\":\"%s\",\"msg\":", names[level]);
	json_quote(out, text, strlen(text));
	strbuf_addf(out, ",\"program\":\"%s\",\"time\":\"", program);
	clock_format(clock_now(), out);
	strbuf_adds(out, "\"}\n");
}
