/* SPDX-License-Identifier: Apache-2.0 */
/* monitor/health-timer.c: when a container's health is checked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "monitor/health-timer.h"

#define S INT64_C(1000000000)

static void test_never(void **state)
{
	struct health_timer timer = { 0 };

	health_timer_begin(&timer, 100 * S);
	assert_true(health_timer_due(&timer) == 0);
}

static void test_intervals(void **state)
{
	struct health_timer timer = { .interval = 30 * S,
				      .start_interval = 5 * S,
				      .start_period = 20 * S };

	health_timer_begin(&timer, 100 * S);
	assert_true(health_timer_due(&timer) == 105 * S);
	timer.probe = 7;
	assert_true(health_timer_due(&timer) == 0); /* one at a time */
	health_timer_probed(&timer, false, 106 * S);
	assert_true(health_timer_due(&timer) == 111 * S);
	health_timer_probed(&timer, false, 120 * S); /* the start period is over */
	assert_true(health_timer_due(&timer) == 150 * S);
	health_timer_end(&timer);
	assert_true(health_timer_due(&timer) == 0);
}

static void test_settled(void **state)
{
	struct health_timer timer = { .interval = 30 * S,
				      .start_interval = 5 * S,
				      .start_period = 1000 * S };

	health_timer_begin(&timer, 100 * S);
	health_timer_probed(&timer, true, 106 * S);
	assert_true(health_timer_due(&timer) == 136 * S);
	health_timer_begin(&timer, 200 * S); /* another run: from the beginning */
	assert_true(health_timer_due(&timer) == 205 * S);
}

/* What the last run's probe found says nothing of this one. */
static void test_outdated(void **state)
{
	struct health_timer timer = { .interval = 30 * S,
				      .start_interval = 5 * S,
				      .start_period = 1000 * S };

	health_timer_begin(&timer, 100 * S);
	timer.probe = 7;
	health_timer_end(&timer);
	health_timer_begin(&timer, 110 * S);
	health_timer_probed(&timer, true, 111 * S);
	assert_true(health_timer_due(&timer) == 116 * S);
	timer.probe = 8;
	health_timer_end(&timer);
	health_timer_probed(&timer, true, 120 * S); /* between two runs */
	assert_true(health_timer_due(&timer) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_intervals),
		cmocka_unit_test(test_settled),
		cmocka_unit_test(test_outdated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
