/* SPDX-License-Identifier: Apache-2.0 */
/* http/url.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "http/url.h"

static void test_decode(void **state)
{
	static const struct {
		const char *in, *out;
		bool plus;
	} cases[] = {
		{ "", "", false },
		{ "abc", "abc", false },
		{ "a%20b", "a b", false },
		{ "a+b", "a b", true },
		{ "a+b", "a+b", false },
		{ "%2F%2f", "//", false },
		{ "%", NULL, false },
		{ "%2", NULL, false },
		{ "%zz", NULL, false },
		{ "a%00b", NULL, false },
		{ "%C3%A4", "\xc3\xa4", false },
		{ "x%4", NULL, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *out = NULL;
		int r = url_decode(cases[i].in, strlen(cases[i].in), cases[i].plus, &out);

		assert_int_equal(r, cases[i].out ? 0 : -EINVAL);
		if (cases[i].out)
			assert_string_equal(out, cases[i].out);
		free(out);
	}
}

static void test_query(void **state)
{
	struct url_query query;

	assert_int_equal(url_query_parse("a=1&b=x%20y&&c&a=2&=e", &query), 0);
	assert_int_equal(query.n, 5);
	assert_string_equal(url_query_get(&query, "a"), "1");
	assert_string_equal(url_query_get(&query, "b"), "x y");
	assert_string_equal(url_query_get(&query, "c"), "");
	assert_null(url_query_get(&query, "d"));
	url_query_release(&query);
	assert_int_equal(url_query_parse(NULL, &query), 0);
	assert_int_equal(query.n, 0);
	assert_int_equal(url_query_parse("a=%g1", &query), -EINVAL);
}

static void test_add(void **state)
{
	struct strbuf target = STRBUF_INIT;

	strbuf_adds(&target, "/images/create");
	url_add(&target, "fromImage", "localhost:5000/a b");
	url_add(&target, "platform", NULL);
	url_addf(&target, "n", "%d", 7);
	assert_string_equal(target.data, "/images/create?fromImage=localhost%3A5000%2Fa%20b&n=7");
	strbuf_release(&target);
}

static void test_host(void **state)
{
	static const struct {
		const char *in;
		int scheme; /* -1: refused */
		const char *path, *host, *port;
	} cases[] = {
		{ "unix:///run/hoy.sock", HOST_UNIX, "/run/hoy.sock", NULL, NULL },
		{ "/run/hoy.sock", HOST_UNIX, "/run/hoy.sock", NULL, NULL },
		{ "unix://run/hoy.sock", -1, NULL, NULL, NULL },
		{ "unix://", -1, NULL, NULL, NULL },
		{ "fd://", HOST_FD, "", NULL, NULL },
		{ "tcp://h", HOST_TCP, NULL, "h", "2375" },
		{ "tcp://h:1/x", HOST_TCP, NULL, "h", "1" },
		{ "tcp://[::1]:2376", HOST_TCP, NULL, "::1", "2376" },
		{ "tcp://[::1", -1, NULL, NULL, NULL },
		{ "tcp://[::1]x", -1, NULL, NULL, NULL },
		{ "tcp://:2375", HOST_TCP, NULL, "localhost", "2375" },
		{ "h:12x", -1, NULL, NULL, NULL },
		{ "h:", -1, NULL, NULL, NULL },
		{ "h:123456", -1, NULL, NULL, NULL },
		{ "127.0.0.1:2375", HOST_TCP, NULL, "127.0.0.1", "2375" },
		{ "ssh://u@h", HOST_SSH, NULL, "u@h", NULL },
		{ "ssh://u@h:22/p", HOST_SSH, "/p", "u@h", "22" },
		{ "ssh://", -1, NULL, NULL, NULL },
		{ "npipe:////./pipe/x", -1, NULL, NULL, NULL },
		{ "", -1, NULL, NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct host_url url = { 0 };
		int r = host_url_parse(cases[i].in, &url);

		if (cases[i].scheme < 0) {
			assert_int_equal(r, -EINVAL);
			continue;
		}
		assert_int_equal(r, 0);
		assert_int_equal((int)url.scheme, cases[i].scheme);
		assert_string_equal(url.path ? url.path : "-", cases[i].path ? cases[i].path : "-");
		assert_string_equal(url.host ? url.host : "-", cases[i].host ? cases[i].host : "-");
		assert_string_equal(url.port ? url.port : "-", cases[i].port ? cases[i].port : "-");
		host_url_release(&url);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
