/* SPDX-License-Identifier: Apache-2.0 */
/* Points in time as typed -> query values. */
#include "cli/times.h"

#include "base/clock.h"
#include "http/url.h"

int times_add(struct strbuf *target, const char *name, const char *text, struct error *err)
{
	int64_t ns;

	if (!text || !*text)
		return 0;
	if (clock_parse_relative(text, clock_now(), &ns) < 0)
		return error_set(err, ERR_INVALID, 0,
				 "invalid value for \"%s\": failed to parse value as time or "
				 "duration: \"%s\"",
				 name, text);
	url_addf(target, name, "%lld.%09lld", (long long)(ns / 1000000000),
		 (long long)(ns % 1000000000));
	return 0;
}
