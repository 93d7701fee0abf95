/* SPDX-License-Identifier: Apache-2.0 */
/* engine/detach-keys.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "engine/detach-keys.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text, *keys;
		size_t n;
	} good[] = {
		{ NULL, "\x10\x11", 2 },
		{ "", "\x10\x11", 2 },
		{ "ctrl-a,x", "\x01x", 2 },
		{ "ctrl-@,ctrl-[,ctrl-\\", "\0\x1b\x1c", 3 },
		{ "ctrl-],ctrl-^,ctrl-_", "\x1d\x1e\x1f", 3 },
	};
	static const char *const bad[] = { "ctrl-",   "ctrl-A",
					   "ctrl-pp", "ab",
					   ",",	      "a,,b",
					   "ctrl-1",  "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct detach_keys keys;

		assert_int_equal(detach_keys_parse(good[i].text, &keys, NULL), 0);
		assert_int_equal(keys.n, good[i].n);
		assert_memory_equal(keys.keys, good[i].keys, keys.n);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct detach_keys keys;
		struct error err = ERROR_INIT;

		assert_true(detach_keys_parse(bad[i], &keys, &err) < 0);
		assert_int_equal(err.kind, ERR_INVALID);
		error_release(&err);
	}
}

static void test_filter(void **state)
{
	static const struct {
		const char *first, *second, *through;
		bool detached;
	} cases[] = {
		{ "abc", "def", "abcdef", false },
		{ "a\x10\x11", "", "a", true },
		{ "a\x10", "\x11zz", "a", true },
		{ "a\x10", "b",
		  "a\x10"
		  "b",
		  false },
		{ "\x10\x10\x11", "", "\x10", true },
		{ "\x11\x10", "", "\x11", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
		struct detach_keys keys;
		bool hit;

		assert_int_equal(detach_keys_parse(NULL, &keys, NULL), 0);
		hit = detach_keys_filter(&keys, cases[i].first, strlen(cases[i].first), &out);
		if (!hit)
			hit = detach_keys_filter(&keys, cases[i].second, strlen(cases[i].second),
						 &out);
		assert_int_equal(hit, cases[i].detached);
		assert_string_equal(strbuf_str(&out), cases[i].through);
	}
}

static void test_none(void **state)
{
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	struct detach_keys keys = { .n = 0 };

	assert_false(detach_keys_filter(&keys, "\x10\x11", 2, &out));
	assert_int_equal(out.len, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
