/* SPDX-License-Identifier: Apache-2.0 */
/* --mount and -v, and the comma-separated fields that both options and networks use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/strv.h"
#include "cli/csv.h"
#include "cli/mount-spec.h"

struct mount_case {
	const char *spec, *expect, *error;
};

static const struct mount_case mount_cases[] = {
	{ "type=bind,src=/a,dst=/b", "{\"Type\":\"bind\",\"Source\":\"/a\",\"Target\":\"/b\"}",
	  NULL },
	{ "TYPE=BIND,source=/a,target=/b,ro",
	  "{\"Type\":\"bind\",\"Source\":\"/a\",\"Target\":\"/b\",\"ReadOnly\":true}", NULL },
	{ "type=bind,src=/a,dst=/b,readonly=false",
	  "{\"Type\":\"bind\",\"Source\":\"/a\",\"Target\":\"/b\"}", NULL },
	{ "target=/b", "{\"Type\":\"volume\",\"Target\":\"/b\"}", NULL },
	{ "type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=1770",
	  "{\"Type\":\"tmpfs\",\"Target\":\"/"
	  "t\",\"TmpfsOptions\":{\"SizeBytes\":1048576,\"Mode\":1016}}",
	  NULL },
	{ "", NULL, "value is empty" },
	{ "type=bind,src=/a", NULL, "target is required" },
	{ "type=,dst=/a", NULL, "type is required" },
	{ "type=bind,dst=/a,foo=1", NULL, "unexpected key 'foo' in 'foo=1'" },
	{ "type=bind,dst=/a,foo", NULL, "invalid field 'foo' must be a key=value pair" },
	{ "type=bind,dst=/a,ro=maybe", NULL, "invalid value for ro: maybe" },
	{ "type=tmpfs,dst=/a,tmpfs-mode=9", NULL, "invalid value for tmpfs-mode: 9" },
	{ "type=tmpfs,dst=/a,tmpfs-mode=777777777777", NULL,
	  "invalid value for tmpfs-mode: 777777777777" },
	{ "type=bind,dst=/a,tmpfs-size=1", NULL,
	  "cannot mix 'tmpfs-*' options with mount type 'bind'" },
	{ "type=bind,dst=/a,bind-recursive=writable", NULL,
	  "option 'bind-recursive=writable' requires 'readonly' to be specified in conjunction" },
	{ "type=bind,dst=\"/a", NULL, "bare \" in non-quoted field" },
};

static void test_mount(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(mount_cases); i++) {
		const struct mount_case *c = &mount_cases[i];
		cleanup(mount_release) struct mount m = { .type = NULL };
		cleanup(error_release) struct error err = ERROR_INIT;
		cleanup(strbuf_release) struct strbuf got = STRBUF_INIT;
		int r = mount_spec_parse(c->spec, &m, &err);

		print_message("%s\n", c->spec);
		assert_string_equal(error_text(&err), c->error ? c->error : "");
		assert_int_equal(r < 0, c->expect == NULL);
		if (r < 0)
			continue;
		json_encode(&mount_shape, &m, &got);
		assert_string_equal(strbuf_str(&got), c->expect);
	}
}

static const struct mount_case volume_cases[] = {
	{ "/a:/b", "/a:/b", NULL },
	{ "/a:/b:ro,z", "/a:/b:ro,z", NULL },
	{ "name:/b", "name:/b", NULL },
	{ "/b", "", NULL },
	{ "", NULL, "invalid empty volume spec" },
	{ ":/b", NULL, "invalid spec: :/b: empty section between colons" },
	{ "/a::ro", NULL, "invalid spec: /a::ro: empty section between colons" },
	{ "/a:/b:ro:x", NULL, "invalid spec: /a:/b:ro:x: too many colons" },
};

static void test_volume(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(volume_cases); i++) {
		const struct mount_case *c = &volume_cases[i];
		cleanup_free char *bind = NULL;
		cleanup(error_release) struct error err = ERROR_INIT;
		int r = volume_spec_parse(c->spec, &bind, &err);

		print_message("%s\n", c->spec);
		assert_string_equal(error_text(&err), c->error ? c->error : "");
		assert_int_equal(r < 0, c->expect == NULL);
		if (r == 0)
			assert_string_equal(bind ? bind : "", c->expect);
	}
}

static void test_relative(void **state)
{
	cleanup_free char *cwd = getcwd(NULL, 0), *bind = NULL, *expect = NULL;

	expect = xasprintf("%s/x:/b:ro", cwd);
	assert_int_equal(volume_spec_parse("./x:/b:ro", &bind, NULL), 0);
	assert_string_equal(bind, expect);
}

static void test_csv(void **state)
{
	static const char *const cases[][2] = {
		{ "a,b", "a|b" },	  { "", "" }, { "a,", "a|" }, { "\"a,b\",c", "a,b|c" },
		{ "\"a\"\"b\"", "a\"b" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup(strv_release) char **fields = NULL;
		cleanup_free char *joined = NULL;

		assert_int_equal(csv_split(cases[i][0], &fields, NULL), 0);
		joined = strv_join(fields, "|");
		assert_string_equal(joined, cases[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mount),
		cmocka_unit_test(test_volume),
		cmocka_unit_test(test_relative),
		cmocka_unit_test(test_csv),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
