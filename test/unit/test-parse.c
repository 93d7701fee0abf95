/* SPDX-License-Identifier: Apache-2.0 */
/* Small values: what is one, what is none, what does not fit. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/parse.h"

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		int u32, i64;
		int64_t value;
	} cases[] = {
		{ "0", 0, 0, 0 },
		{ "4294967295", 0, 0, 4294967295 },
		{ "4294967296", -ERANGE, 0, 4294967296 },
		{ "007", 0, 0, 7 },
		{ "", -EINVAL, -EINVAL, 0 },
		{ "-1", -EINVAL, 0, -1 },
		{ "-", -EINVAL, -EINVAL, 0 },
		{ "+1", -EINVAL, -EINVAL, 0 },
		{ " 1", -EINVAL, -EINVAL, 0 },
		{ "1 ", -EINVAL, -EINVAL, 0 },
		{ "0x10", -EINVAL, -EINVAL, 0 },
		{ "-9223372036854775808", -EINVAL, 0, INT64_MIN },
		{ "9223372036854775807", -ERANGE, 0, INT64_MAX },
		{ "9223372036854775808", -ERANGE, -ERANGE, 0 },
		{ "99999999999999999999999", -ERANGE, -ERANGE, 0 },
		{ "99999999999999999999999x", -EINVAL, -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t u = 77;
		int64_t v = 77;

		assert_int_equal(parse_u32(cases[i].text, &u), cases[i].u32);
		assert_int_equal(u, cases[i].u32 ? 77 : (uint32_t)cases[i].value);
		assert_int_equal(parse_i64(cases[i].text, &v), cases[i].i64);
		assert_true(v == (cases[i].i64 ? 77 : cases[i].value));
	}
}

static void test_u64(void **state)
{
	uint64_t v;

	assert_int_equal(parse_u64("18446744073709551615", &v), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(parse_u64("18446744073709551616", &v), -ERANGE);
}

static void test_size(void **state)
{
	static const struct {
		const char *text;
		int r;
		int64_t value;
	} cases[] = {
		{ "32", 0, 32 },
		{ "32b", 0, 32 },
		{ "32B", 0, 32 },
		{ "32k", 0, 32768 },
		{ "32K", 0, 32768 },
		{ "32kb", 0, 32768 },
		{ "32KiB", 0, 32768 },
		{ "512m", 0, 536870912 },
		{ "1.5g", 0, 1610612736 },
		{ "2GiB", 0, 2147483648 },
		{ "1t", 0, 1099511627776 },
		{ "32.5 kB", 0, 33280 },
		{ "0", 0, 0 },
		{ ".5k", 0, 512 },
		{ "", -EINVAL, 0 },
		{ "hello", -EINVAL, 0 },
		{ "-32", -EINVAL, 0 },
		{ " 32 ", -EINVAL, 0 },
		{ "32m b", -EINVAL, 0 },
		{ "32bb", -EINVAL, 0 },
		{ "32mk", -EINVAL, 0 },
		{ "99999999p", -ERANGE, 0 },
		{ "1e3", -EINVAL, 0 },
		{ "4kib1", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t v = 0;

		assert_int_equal(parse_size(cases[i].text, &v), cases[i].r);
		assert_true(v == cases[i].value);
	}
}

static void test_duration(void **state)
{
	static const struct {
		const char *text;
		int r;
		int64_t value;
	} cases[] = {
		{ "0", 0, 0 },
		{ "5s", 0, 5000000000 },
		{ "300ms", 0, 300000000 },
		{ "1h2m3.5s", 0, 3723500000000 },
		{ "-1.5h", 0, -5400000000000 },
		{ "1us", 0, 1000 },
		{ "1\xc2\xb5s", 0, 1000 },
		{ "2ns", 0, 2 },
		{ "+5s", 0, 5000000000 },
		{ "1.5ns", 0, 1 },
		{ ".5s", 0, 500000000 },
		{ "5", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ "s", -EINVAL, 0 },
		{ "5 s", -EINVAL, 0 },
		{ "5x", -EINVAL, 0 },
		{ "1h2", -EINVAL, 0 },
		{ "9999999h", -ERANGE, 0 },
		{ "-", -EINVAL, 0 },
		{ ".s", -EINVAL, 0 },
		{ "1m30s", 0, 90000000000 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t v = 0;

		assert_int_equal(parse_duration(cases[i].text, &v), cases[i].r);
		assert_true(v == cases[i].value);
	}
}

static void test_signals(void **state)
{
	static const struct {
		const char *text;
		int r, signal;
	} cases[] = {
		{ "KILL", 0, SIGKILL },	      { "SIGKILL", 0, SIGKILL },
		{ "sigterm", 0, SIGTERM },    { "9", 0, 9 },
		{ "RTMIN", 0, 34 },	      { "SIGRTMIN+3", 0, 37 },
		{ "RTMAX-1", 0, 63 },	      { "64", 0, 64 },
		{ "CLD", 0, SIGCHLD },	      { "0", -ERANGE, 0 },
		{ "65", -ERANGE, 0 },	      { "-1", -EINVAL, 0 },
		{ "RTMIN-1", -EINVAL, 0 },    { "RTMIN+31", -ERANGE, 0 },
		{ "SIG", -EINVAL, 0 },	      { "", -EINVAL, 0 },
		{ "SIGSIGKILL", -EINVAL, 0 }, { "KILLX", -EINVAL, 0 },
		{ "RTMIN+", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int sig = 0;

		assert_int_equal(parse_signal(cases[i].text, &sig), cases[i].r);
		assert_int_equal(sig, cases[i].signal);
	}
	assert_string_equal(signal_name(SIGCHLD), "SIGCHLD");
	assert_string_equal(signal_name(36), "SIGRTMIN+2");
	assert_null(signal_name(0));
	assert_null(signal_name(65));
}

static void test_ports(void **state)
{
	static const struct {
		const char *text;
		int r;
		uint16_t first, last;
	} cases[] = {
		{ "80", 0, 80, 80 },
		{ "8000-8010", 0, 8000, 8010 },
		{ "1-65535", 0, 1, 65535 },
		{ "0", -ERANGE, 0, 0 },
		{ "65536", -ERANGE, 0, 0 },
		{ "9-8", -EINVAL, 0, 0 },
		{ "-8", -EINVAL, 0, 0 },
		{ "8-", -EINVAL, 0, 0 },
		{ "1-2-3", -EINVAL, 0, 0 },
		{ "", -EINVAL, 0, 0 },
		{ "123456789-1", -EINVAL, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint16_t first = 0, last = 0;

		assert_int_equal(parse_port_range(cases[i].text, &first, &last), cases[i].r);
		assert_int_equal(first, cases[i].first);
		assert_int_equal(last, cases[i].last);
	}
}

static void test_bool(void **state)
{
	bool b = false;

	assert_int_equal(parse_bool("T", &b), 0);
	assert_true(b);
	assert_int_equal(parse_bool("FALSE", &b), 0);
	assert_false(b);
	assert_int_equal(parse_bool("yes", &b), -EINVAL);
	assert_int_equal(parse_bool("", &b), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_u64),
		cmocka_unit_test(test_size),	cmocka_unit_test(test_duration),
		cmocka_unit_test(test_signals), cmocka_unit_test(test_ports),
		cmocka_unit_test(test_bool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
