/* SPDX-License-Identifier: Apache-2.0 */
/* Durations and sizes as people read them, in the words that docker prints. */
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
