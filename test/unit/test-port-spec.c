/* SPDX-License-Identifier: Apache-2.0 */
/* -p and --expose: what each form becomes, and which words a bad one gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "cli/port-spec.h"

struct port_case {
	const char *spec;
	const char *expect; /* "PORT IP HOSTPORT;…", or NULL: an error */
	const char *error;
};

static const struct port_case publish_cases[] = {
	{ "80", "80/tcp  ;", NULL },
	{ "8080:80", "80/tcp  8080;", NULL },
	{ "8080:80/udp", "80/udp  8080;", NULL },
	{ "127.0.0.1:8080:80", "80/tcp 127.0.0.1 8080;", NULL },
	{ "127.0.0.1::80/SCTP", "80/sctp 127.0.0.1 ;", NULL },
	{ "[::1]:8080:80", "80/tcp ::1 8080;", NULL },
	{ "::1:8080:80", "80/tcp ::1 8080;", NULL },
	{ "0:80", "80/tcp  0;", NULL },
	{ "8000-8001:90-91", "90/tcp  8000;91/tcp  8001;", NULL },
	{ "8000-8010:90", "90/tcp  8000-8010;", NULL },
	{ "90-91", "90/tcp  ;91/tcp  ;", NULL },
	{ "published=8080,target=80,protocol=udp", "80/udp  8080;", NULL },
	{ "", NULL, "no port specified: <empty>" },
	{ "8080:", NULL, "no port specified: 8080:<empty>" },
	{ "b", NULL, "invalid containerPort: b" },
	{ "70000", NULL, "invalid containerPort: 70000" },
	{ "91-90", NULL, "invalid containerPort: 91-90" },
	{ "-1", NULL, "invalid containerPort: -1" },
	{ "a:80", NULL, "invalid hostPort: a" },
	{ "80-82:90-91", NULL,
	  "invalid ranges specified for container and host Ports: 90-91 and 80-82" },
	{ "1.2.3:80:80", NULL, "invalid IP address: 1.2.3" },
	{ "[::1:80:80", NULL, "invalid IP address [::1: missing ']' in address" },
	{ "80/foo", NULL, "invalid proto: foo" },
	{ "published=1,x", NULL, "invalid publish opts format (should be name=value but got 'x')" },
};

static const struct port_case expose_cases[] = {
	{ "80", "80/tcp  ;", NULL },
	{ "80-81/udp", "80/udp  ;81/udp  ;", NULL },
	{ "80:90", NULL, "invalid port format for --expose: 80:90" },
	{ "a", NULL, "invalid range format for --expose: a, error: invalid port" },
};

static void check(const struct port_case *c,
		  int (*parse)(const char *, struct port_list *, struct error *))
{
	cleanup(port_list_release) struct port_list list = { NULL, 0 };
	cleanup(error_release) struct error err = ERROR_INIT;
	cleanup(strbuf_release) struct strbuf got = STRBUF_INIT;
	int r = parse(c->spec, &list, &err);

	print_message("%s\n", c->spec);
	for (size_t i = 0; i < list.n; i++)
		strbuf_addf(&got, "%s %s %s;", list.items[i].port, list.items[i].host_ip,
			    list.items[i].host_port);
	assert_int_equal(r < 0, c->expect == NULL);
	assert_string_equal(strbuf_str(&got), c->expect ? c->expect : "");
	assert_string_equal(error_text(&err), c->error ? c->error : "");
}

static void test_publish(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(publish_cases); i++)
		check(&publish_cases[i], port_spec_parse);
}

static void test_expose(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(expose_cases); i++)
		check(&expose_cases[i], expose_spec_parse);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_publish),
		cmocka_unit_test(test_expose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
