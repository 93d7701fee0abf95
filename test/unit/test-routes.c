/* SPDX-License-Identifier: Apache-2.0 */
/* api/routes.c and api/request.c: paths to handlers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/handlers.h"
#include "api/routes.h"

static void test_find(void **state)
{
	static const struct {
		const char *method, *path;
		route_handler handler; /* NULL: no such page */
		const char *arg;
	} cases[] = {
		{ "GET", "/_ping", system_ping, NULL },
		{ "HEAD", "/_ping", system_ping, NULL },
		{ "POST", "/_ping", NULL, NULL },
		{ "GET", "/containers/json", containers_list, NULL },
		{ "GET", "/containers/web/json", containers_inspect, "web" },
		{ "GET", "/containers//json", NULL, NULL },
		{ "GET", "/containers/a/b/json", NULL, NULL },
		{ "DELETE", "/containers/json", containers_remove, "json" },
		{ "POST", "/containers/create", containers_create, NULL },
		{ "GET", "/images/json", images_list, NULL },
		{ "GET", "/images/host:50/a/b:1/json", images_inspect, "host:50/a/b:1" },
		{ "DELETE", "/images/a/b", images_remove, "a/b" },
		{ "POST", "/images/create", images_create, NULL },
		{ "POST", "/exec/1/start", execs_start, "1" },
		{ "GET", "/", NULL, NULL },
		{ "GET", "", NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *arg = NULL;
		const struct route *route = route_find(cases[i].method, cases[i].path, &arg);

		assert_ptr_equal(route ? route->handler : NULL, cases[i].handler);
		assert_string_equal(arg ? arg : "-", cases[i].arg ? cases[i].arg : "-");
		free(arg);
	}
}

static int parse(const char *target, struct request *req, struct error *err)
{
	static struct http_server server;

	server.head.target = (char *)target;
	*req = (struct request)REQUEST_INIT;
	req->http = &server;
	return request_parse(req, err);
}

static void test_versions(void **state)
{
	static const struct {
		const char *target, *path; /* path NULL: refused */
		unsigned int minor;
		enum error_kind kind;
	} cases[] = {
		{ "/info", "/info", 55, ERR_NONE },
		{ "/v1.40/info", "/info", 40, ERR_NONE },
		{ "/v1.55/info?a=b", "/info", 55, ERR_NONE },
		{ "/v1.39/info", NULL, 0, ERR_INVALID },
		{ "/v1.56/info", NULL, 0, ERR_INVALID },
		{ "/v2.0/info", NULL, 0, ERR_INVALID },
		{ "/v1/info", NULL, 0, ERR_INVALID },
		{ "/v1.45x/info", NULL, 0, ERR_NOT_FOUND },
		{ "/volumes", "/volumes", 55, ERR_NONE },
		{ "/a%2Fb", "/a/b", 55, ERR_NONE },
		{ "/a%2", NULL, 0, ERR_INVALID },
		{ "/a?b=%2", NULL, 0, ERR_INVALID },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct request req;
		struct error err = ERROR_INIT;
		int r = parse(cases[i].target, &req, &err);

		assert_int_equal(err.kind, cases[i].kind);
		assert_int_equal(r == 0, cases[i].path != NULL);
		if (cases[i].path) {
			assert_string_equal(req.path, cases[i].path);
			assert_int_equal(req.minor, cases[i].minor);
		}
		request_release(&req);
		error_release(&err);
	}
}

static void test_parameters(void **state)
{
	struct opt_i64 t = { 0 };
	struct error err = ERROR_INIT;
	struct request req;
	uint32_t h = 0;

	assert_int_equal(parse("/x?a=1&b=0&c=False&d=&e=yes&t=-1&h=40&w=x&f=none", &req, NULL), 0);
	assert_true(request_bool(&req, "a"));
	assert_false(request_bool(&req, "b"));
	assert_false(request_bool(&req, "c"));
	assert_false(request_bool(&req, "d"));
	assert_true(request_bool(&req, "e"));
	assert_false(request_bool(&req, "f"));
	assert_false(request_bool(&req, "nope"));
	assert_int_equal(request_i64(&req, "t", &t, NULL), 0);
	assert_true(t.set && t.value == -1);
	assert_int_equal(request_u32(&req, "h", &h, NULL), 0);
	assert_int_equal(h, 40);
	assert_true(request_u32(&req, "w", &h, &err) < 0);
	assert_int_equal(err.kind, ERR_INVALID);
	error_release(&err);
	request_release(&req);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
