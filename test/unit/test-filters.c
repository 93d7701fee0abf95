/* SPDX-License-Identifier: Apache-2.0 */
/* wire/filters.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/strv.h"
#include "wire/filters.h"

static void test_parse(void **state)
{
	static const char *const good[] = {
		"{\"name\":[\"a\",\"b\"],\"dangling\":[\"true\"]}",
		"{\"name\":{\"a\":true,\"b\":true,\"c\":false},\"dangling\":{\"true\":true}}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct filters filters = FILTERS_INIT;
		bool dangling = false;

		assert_int_equal(filters_parse(good[i], &filters, NULL), 0);
		assert_int_equal(strv_len(filters_get(&filters, "name")), 2);
		assert_true(filters_match(&filters, "name", "b"));
		assert_false(filters_match(&filters, "name", "c"));
		assert_true(filters_match(&filters, "other", "x"));
		assert_int_equal(filters_get_bool(&filters, "dangling", &dangling, NULL), 0);
		assert_true(dangling);
		filters_release(&filters);
	}
}

static void test_refuse(void **state)
{
	static const char *const bad[] = {
		"[]", "x", "{\"a\":1}", "{\"a\":[1]}", "{\"a\":{\"b\":1}}", "{\"a\":[\"b\"]"
	};
	struct filters filters = FILTERS_INIT;
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_true(filters_parse(bad[i], &filters, &err) < 0);
		assert_int_equal(err.kind, ERR_INVALID);
		error_release(&err);
	}
	assert_int_equal(filters_parse(NULL, &filters, NULL), 0);
	assert_int_equal(filters_parse("", &filters, NULL), 0);
	assert_int_equal(filters.n, 0);
}

static void test_check(void **state)
{
	static const char *const allowed[] = { "name", NULL };
	struct filters filters = FILTERS_INIT;
	struct error err = ERROR_INIT;

	assert_int_equal(filters_parse("{\"names\":[\"a\"]}", &filters, NULL), 0);
	assert_true(filters_check(&filters, allowed, &err) < 0);
	assert_string_equal(error_text(&err), "invalid filter 'names'");
	error_release(&err);
	filters_release(&filters);
}

static void test_labels(void **state)
{
	struct filters filters = FILTERS_INIT;
	struct strmap labels = STRMAP_INIT;

	strmap_set(&labels, "a", "1");
	strmap_set(&labels, "b", "");
	assert_int_equal(filters_parse("{\"label\":[\"a=1\",\"b\"]}", &filters, NULL), 0);
	assert_true(filters_match_labels(&filters, "label", &labels));
	strmap_set(&labels, "a", "2");
	assert_false(filters_match_labels(&filters, "label", &labels));
	strmap_release(&labels);
	filters_release(&filters);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
