/* SPDX-License-Identifier: Apache-2.0 */
/* Durations and sizes as people read them, in the words that docker prints. */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"

void clock_human(int64_t duration_ns, struct strbuf *out)
{
	double exact_hours = (double)duration_ns / 3600e9;
	int64_t seconds = duration_ns / 1000000000, minutes = seconds / 60,
		hours = (int64_t)(exact_hours + 0.5);

	if (seconds < 1)
		strbuf_adds(out, "Less than a second");
	else if (seconds == 1)
		strbuf_adds(out, "1 second");
	else if (seconds < 60)
		strbuf_addf(out, "%jd seconds", (intmax_t)seconds);
	else if (minutes == 1)
		strbuf_adds(out, "About a minute");
	else if (minutes < 60)
		strbuf_addf(out, "%jd minutes", (intmax_t)minutes);
	else if (hours == 1)
		strbuf_adds(out, "About an hour");
	else if (hours < 48)
		strbuf_addf(out, "%jd hours", (intmax_t)hours);
	else if (hours < 24 * 7 * 2)
		strbuf_addf(out, "%jd days", (intmax_t)(hours / 24));
	else if (hours < 24 * 30 * 2)
		strbuf_addf(out, "%jd weeks", (intmax_t)(hours / 24 / 7));
	else if (hours < 24 * 365 * 2)
		strbuf_addf(out, "%jd months", (intmax_t)(hours / 24 / 30));
	else
		strbuf_addf(out, "%jd years", (intmax_t)(exact_hours / 24 / 365));
}

void clock_duration(int64_t duration_ns, struct strbuf *out)
{
	static const struct {
		uint64_t ns;
		const char *unit;
	} units[] = { { 1000000000, "s" }, { 1000000, "ms" }, { 1000, "\302\265s" }, { 1, "ns" } };
	uint64_t ns = duration_ns < 0 ? -(uint64_t)duration_ns : (uint64_t)duration_ns;
	uint64_t minutes = ns / (60 * units[0].ns);
	char text[32];
	size_t i = 0, len;

	strbuf_adds(out, duration_ns < 0 ? "-" : "");
	if (minutes >= 60)
		strbuf_addf(out, "%" PRIu64 "h", minutes / 60);
	if (minutes > 0)
		strbuf_addf(out, "%" PRIu64 "m", minutes % 60);
	ns -= minutes * 60 * units[0].ns;
	while (minutes == 0 && ns > 0 && ns < units[i].ns)
		i++;
	len = (size_t)snprintf(text, sizeof(text), "%" PRIu64 ".%09" PRIu64, ns / units[i].ns,
			       ns % units[i].ns * (units[0].ns / units[i].ns));
	while (text[len - 1] == '0')
		len--;
	len -= text[len - 1] == '.';
	strbuf_add(out, text, len);
	strbuf_adds(out, units[i].unit);
}

static void format_size(double bytes, double base, int digits, const char *const *units,
			struct strbuf *out)
{
	size_t i = 0;

	while (bytes >= base && units[i + 1]) {
		bytes /= base;
		i++;
	}
	strbuf_addf(out, "%.*g%s", digits, bytes, units[i]);
}

static const char *const decimal_units[] = { "B",  "kB", "MB", "GB", "TB",
					     "PB", "EB", "ZB", "YB", NULL };
static const char *const binary_units[] = { "B",   "KiB", "MiB", "GiB", "TiB",
					    "PiB", "EiB", "ZiB", "YiB", NULL };

void size_human(double bytes, struct strbuf *out)
{
	format_size(bytes, 1000, 4, decimal_units, out);
}

void size_human_short(double bytes, struct strbuf *out)
{
	format_size(bytes, 1000, 3, decimal_units, out);
}

void size_human_binary(double bytes, struct strbuf *out)
{
	format_size(bytes, 1024, 4, binary_units, out);
}
