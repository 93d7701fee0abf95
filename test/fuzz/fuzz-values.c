/* SPDX-License-Identifier: Apache-2.0 */
/* Small values: sizes, durations, times, signals, ports; and times that were read print as times
 * that read the same. */
#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "base/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_time(const char *text)
{
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	int64_t ns, again;

	if (clock_parse_rfc3339(text, &ns) < 0)
		return;
	clock_format(ns, &out);
	if (clock_parse_rfc3339(out.data, &again) < 0 || again != ns)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	cleanup_free char *text = xmalloc(size + 1);
	uint16_t first, last;
	int64_t value;
	int sig;

	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	check_time(text);
	(void)!clock_parse_relative(text, 1700000000000000000, &value);
	if (parse_duration(text, &value) == 0)
		clock_human(value, &out);
	if (parse_size(text, &value) == 0 && value < 0)
		abort();
	if (parse_port_range(text, &first, &last) == 0 && (first == 0 || first > last))
		abort();
	if (parse_signal(text, &sig) == 0 && (sig < 1 || sig > 64))
		abort();
	return 0;
}
