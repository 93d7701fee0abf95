/* SPDX-License-Identifier: Apache-2.0 */
/* Times as text and back, durations and sizes in words. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"

#define S 1000000000ll

static void test_format(void **state)
{
	static const struct {
		int64_t ns;
		const char *text, *fixed;
	} cases[] = {
		{ 0, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000000Z" },
		{ 1, "1970-01-01T00:00:00.000000001Z", "1970-01-01T00:00:00.000000001Z" },
		{ 951827696 * S + 500000000, "2000-02-29T12:34:56.5Z",
		  "2000-02-29T12:34:56.500000000Z" },
		{ 1709208000 * S, "2024-02-29T12:00:00Z", "2024-02-29T12:00:00.000000000Z" },
		{ -1, "1969-12-31T23:59:59.999999999Z", "1969-12-31T23:59:59.999999999Z" },
		{ INT64_MAX, "2262-04-11T23:47:16.854775807Z", "2262-04-11T23:47:16.854775807Z" },
		{ INT64_MIN, "1677-09-21T00:12:43.145224192Z", "1677-09-21T00:12:43.145224192Z" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct strbuf out = STRBUF_INIT;
		int64_t back = 77;

		clock_format(cases[i].ns, &out);
		assert_string_equal(out.data, cases[i].text);
		assert_int_equal(clock_parse_rfc3339(out.data, &back), 0);
		assert_true(back == cases[i].ns);
		strbuf_reset(&out);
		clock_format_fixed(cases[i].ns, &out);
		assert_string_equal(out.data, cases[i].fixed);
		strbuf_release(&out);
	}
}

static void test_duration(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} cases[] = {
		{ 0, "0s" },
		{ 1, "1ns" },
		{ 1100, "1.1\302\265s" },
		{ 20 * S / 1000, "20ms" },
		{ 2200 * S / 1000, "2.2s" },
		{ 30 * S, "30s" },
		{ 90 * S, "1m30s" },
		{ 60 * S + 1, "1m0.000000001s" },
		{ 3600 * S + S / 1000, "1h0m0.001s" },
		{ -90 * S, "-1m30s" },
		{ INT64_MAX, "2562047h47m16.854775807s" },
		{ INT64_MIN, "-2562047h47m16.854775808s" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct strbuf out = STRBUF_INIT;

		clock_duration(cases[i].ns, &out);
		assert_string_equal(out.data, cases[i].text);
		strbuf_release(&out);
	}
}

/* Every day of four centuries, against the C library. */
static void test_calendar(void **state)
{
	for (int64_t day = -100000; day < 100000; day += 7) {
		time_t seconds = (time_t)(day * 86400 + 3661);
		struct strbuf out = STRBUF_INIT;
		struct tm tm;
		char want[64];

		if (seconds == 0)
			continue;
		assert_non_null(gmtime_r(&seconds, &tm));
		assert_true(strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0);
		clock_format(seconds * S, &out);
		assert_string_equal(out.data, want);
		strbuf_release(&out);
	}
}

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		int r;
		int64_t ns;
	} cases[] = {
		{ "2024-02-29T12:00:00Z", 0, 1709208000 * S },
		{ "2024-02-29T13:30:00.25+01:30", 0, 1709208000 * S + 250000000 },
		{ "2024-02-29t07:00:00.123456789123-05:00", 0, 1709208000 * S + 123456789 },
		{ "0001-01-01T00:00:00Z", 0, 0 },
		{ "2023-02-29T12:00:00Z", -EINVAL, 0 },
		{ "2024-13-01T12:00:00Z", -EINVAL, 0 },
		{ "2024-02-29T24:00:00Z", -EINVAL, 0 },
		{ "2024-02-29T12:00:00", -EINVAL, 0 },
		{ "2024-02-29T12:00:00.Z", -EINVAL, 0 },
		{ "2024-02-29 12:00:00Z", -EINVAL, 0 },
		{ "2024-02-29T12:00:00Zx", -EINVAL, 0 },
		{ "0002-01-01T00:00:00Z", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t ns = 0;

		assert_int_equal(clock_parse_rfc3339(cases[i].text, &ns), cases[i].r);
		assert_true(ns == cases[i].ns);
	}
}

static void test_relative(void **state)
{
	static const int64_t now = 1709208000 * S;
	static const struct {
		const char *text;
		int r;
		int64_t ns;
	} cases[] = {
		{ "10m", 0, now - 600 * S },
		{ "1709208000", 0, now },
		{ "1709208000.000000005", 0, now + 5 },
		{ "2024-02-29", 0, now - 12 * 3600 * S },
		{ "2024-02-29T12:00", 0, now },
		{ "2024-02-29T12:00:00.5", 0, now + 500000000 },
		{ "2024-02-29T14:00:00+02:00", 0, now },
		{ "1709208000.", -EINVAL, 0 },
		{ "tomorrow", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ "99999999999999", -ERANGE, 0 },
	};

	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t ns = 0;

		assert_int_equal(clock_parse_relative(cases[i].text, now, &ns), cases[i].r);
		assert_true(ns == cases[i].ns);
	}
}

static void test_human(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = {
		{ 0, "Less than a second" },  { 1, "1 second" },
		{ 47, "47 seconds" },	      { 60, "About a minute" },
		{ 119, "About a minute" },    { 120, "2 minutes" },
		{ 59 * 60, "59 minutes" },    { 3600, "About an hour" },
		{ 89 * 60, "About an hour" }, { 90 * 60, "2 hours" },
		{ 47 * 3600, "47 hours" },    { 48 * 3600, "2 days" },
		{ 13 * 86400, "13 days" },    { 14 * 86400, "2 weeks" },
		{ 59 * 86400, "8 weeks" },    { 60 * 86400, "2 months" },
		{ 729 * 86400, "24 months" }, { 730 * 86400, "2 years" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct strbuf out = STRBUF_INIT;

		clock_human(cases[i].seconds * S, &out);
		assert_string_equal(out.data, cases[i].text);
		strbuf_release(&out);
	}
}

static void check_size(void (*fn)(double, struct strbuf *), double bytes, const char *want)
{
	struct strbuf out = STRBUF_INIT;

	fn(bytes, &out);
	assert_string_equal(out.data, want);
	strbuf_release(&out);
}

static void test_sizes(void **state)
{
	check_size(size_human, 0, "0B");
	check_size(size_human, 1000, "1kB");
	check_size(size_human, 1024, "1.024kB");
	check_size(size_human, 1500000000, "1.5GB");
	check_size(size_human, 3.42e15, "3.42PB");
	check_size(size_human_short, 187654321, "188MB");
	check_size(size_human_short, 1234, "1.23kB");
	check_size(size_human_binary, 536870912, "512MiB");
	check_size(size_human_binary, 1024, "1KiB");
	check_size(size_human_binary, 1234567, "1.177MiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),	 cmocka_unit_test(test_calendar),
		cmocka_unit_test(test_duration), cmocka_unit_test(test_parse),
		cmocka_unit_test(test_relative), cmocka_unit_test(test_human),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
