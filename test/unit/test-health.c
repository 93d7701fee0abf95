/* SPDX-License-Identifier: Apache-2.0 */
/* How results change a container's health, and when the monitor looks next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/strv.h"
#include "engine/health.h"

#define S 1000000000ll

static void test_judge(void **state)
{
	/* start period 10 s, three failures in a row */
	static const struct {
		int64_t ran, exit_code;
		const char *status;
		int64_t streak;
		bool changed;
	} steps[] = {
		{ 1 * S, 1, "starting", 0, false },   { 9 * S, 1, "starting", 0, false },
		{ 10 * S, 1, "starting", 1, false },  { 11 * S, 2, "starting", 2, false },
		{ 12 * S, -1, "unhealthy", 3, true }, { 13 * S, 1, "unhealthy", 4, false },
		{ 14 * S, 0, "healthy", 0, true },    { 5 * S, 1, "healthy", 1, false },
		{ 5 * S, 1, "healthy", 2, false },    { 5 * S, 1, "unhealthy", 3, true },
	};
	const struct health_config config = { .start_period = 10 * S };
	struct health health = { .status = xstrdup("starting") };

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct healthcheck_result result = { .exit_code = steps[i].exit_code,
						     .start = (int64_t)i,
						     .output = xstrdup("x") };

		assert_int_equal(health_judge(&health, &config, &result, steps[i].ran),
				 steps[i].changed);
		assert_string_equal(health.status, steps[i].status);
		assert_int_equal(health.failing_streak, steps[i].streak);
		assert_int_equal(health.n_log, i < 5 ? i + 1 : 5);
		assert_int_equal(health.log[health.n_log - 1].start, i);
		assert_null(result.output);
	}
	assert_int_equal(health.log[0].start, ARRAY_SIZE(steps) - 5);
	health_release(&health);
}

static void test_retries(void **state)
{
	const struct health_config config = { .retries = 1 };
	struct health health = { .status = xstrdup("starting") };
	struct healthcheck_result result = { .exit_code = 1 };

	assert_true(health_judge(&health, &config, &result, 0));
	assert_string_equal(health.status, "unhealthy");
	health_release(&health);
}

static void test_checked(void **state)
{
	struct health_config check = { .test = NULL };
	const struct container_config without = { 0 }, with = { .healthcheck = &check };

	assert_false(health_is_checked(&without));
	assert_false(health_is_checked(&with)); /* "inherit", and nothing there to be inherited */
	strv_push(&check.test, "NONE");
	assert_false(health_is_checked(&with));
	strv_release(&check.test);
	strv_push(&check.test, "CMD");
	strv_push(&check.test, "true");
	assert_true(health_is_checked(&with));
	strv_release(&check.test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_retries),
		cmocka_unit_test(test_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
