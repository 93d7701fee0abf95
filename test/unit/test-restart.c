/* SPDX-License-Identifier: Apache-2.0 */
/* monitor/restart.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "monitor/restart.h"

#define SECOND INT64_C(1000000000)

static void test_policies(void **state)
{
	static const struct {
		const char *policy;
		unsigned int max;
		int code;
		bool first, second;
	} cases[] = {
		{ "no", 0, 1, false, false },
		{ NULL, 0, 1, false, false },
		{ "", 0, 0, false, false },
		{ "always", 0, 0, true, true },
		{ "unless-stopped", 0, 0, true, true },
		{ "on-failure", 0, 0, false, false },
		{ "on-failure", 0, 1, true, true },
		{ "on-failure", 1, 1, true, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct restart restart;
		int64_t delay;

		assert_int_equal(restart_init(&restart, cases[i].policy, cases[i].max), 0);
		assert_int_equal(restart_next(&restart, cases[i].code, 0, &delay), cases[i].first);
		assert_int_equal(restart_next(&restart, cases[i].code, 0, &delay), cases[i].second);
	}
}

static void test_delays(void **state)
{
	struct restart restart;
	int64_t delay = 0, want = SECOND / 10;

	assert_int_equal(restart_init(&restart, "always", 0), 0);
	for (int i = 0; i < 15; i++) {
		assert_true(restart_next(&restart, 0, SECOND, &delay));
		assert_int_equal(delay, want);
		want = want * 2 > 60 * SECOND ? 60 * SECOND : want * 2;
	}
	assert_true(restart_next(&restart, 0, 10 * SECOND, &delay));
	assert_int_equal(delay, SECOND / 10);
	restart.cancelled = true;
	assert_false(restart_next(&restart, 0, SECOND, &delay));
}

static void test_unknown(void **state)
{
	struct restart restart;

	assert_int_equal(restart_init(&restart, "sometimes", 0), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_delays),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
