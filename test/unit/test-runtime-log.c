/* SPDX-License-Identifier: Apache-2.0 */
/* The one error that is worth telling among the lines that an OCI runtime writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "wire/runtime-log.h"

static void test_last_error(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "", NULL },
		{ "no JSON at all\n", NULL },
		{ "{\"level\":\"warning\",\"msg\":\"w\"}\n", NULL },
		{ "{\"level\":\"error\"}\n", NULL },
		{ "{\"level\":\"error\",\"msg\":\"one\",\"time\":\"t\"}", "one" },
		{ "{\"msg\":\"a\\nb\",\"level\":\"fatal\"}\n", "a\nb" },
		{ "{\"level\":\"error\",\"msg\":\"one\"}\n{\"level\":\"info\",\"msg\":\"i\"}\n"
		  "{\"level\":\"error\",\"msg\":\"two\"}\n{\"level\":\"err",
		  "two" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *message = runtime_log_error(cases[i].text);

		if (cases[i].message)
			assert_string_equal(message, cases[i].message);
		else
			assert_null(message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_last_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
