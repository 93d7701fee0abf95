/* SPDX-License-Identifier: Apache-2.0 */
/* Times are int64_t nanoseconds since 1970 (UTC); 0 is Docker's "never", year 1. */
#pragma once

#include "base/strbuf.h"

int64_t clock_now(void);       /* CLOCK_REALTIME  */
int64_t clock_monotonic(void); /* CLOCK_MONOTONIC */

/* RFC 3339 with nanoseconds, trailing zeros cut as Go's RFC3339Nano, "Z". _fixed keeps all nine
 * digits (logs -t). */
void clock_format(int64_t ns, struct strbuf *out);
void clock_format_fixed(int64_t ns, struct strbuf *out);
must_check int clock_parse_rfc3339(const char *str, int64_t *ret);

/* What --since and --until take: RFC 3339 (date alone too), unix seconds with fraction, or a Go
 * duration before now. */
must_check int clock_parse_relative(const char *str, int64_t now, int64_t *ret);

/* "Less than a second", "5 seconds", "About a minute", "3 weeks" as docker/go-units
 * HumanDuration. */
void clock_human(int64_t duration_ns, struct strbuf *out);
/* As Go prints a time.Duration: "1m30s", "1.5s", "20ms", "0s". */
void clock_duration(int64_t duration_ns, struct strbuf *out);
/* "1.5GB" (powers of 1000, 4 significant digits, as go-units HumanSize) and "512MiB"
 * (BytesSize). */
void size_human(double bytes, struct strbuf *out);
void size_human_binary(double bytes, struct strbuf *out);
/* HumanSizeWithPrecision(bytes, 3): what `docker images` and `ps -s` show. */
void size_human_short(double bytes, struct strbuf *out);
