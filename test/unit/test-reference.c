/* SPDX-License-Identifier: Apache-2.0 */
/* Image references: Docker's defaults, its grammar, its errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "oci/reference.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void check_parts(const char *text, const char *full, const char *familiar)
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	cleanup(strbuf_release) struct strbuf a = STRBUF_INIT, b = STRBUF_INIT;
	cleanup(error_release) struct error err = ERROR_INIT;

	if (reference_parse(text, &ref, &err) < 0)
		fail_msg("%s: %s", text, error_text(&err));
	reference_set_default_tag(&ref);
	reference_string(&ref, &a);
	reference_familiar(&ref, &b);
	assert_string_equal(strbuf_str(&a), full);
	assert_string_equal(strbuf_str(&b), familiar);
}

static void test_good(void **state)
{
	static const struct {
		const char *text, *full, *familiar;
	} cases[] = {
		{ "nginx", "docker.io/library/nginx:latest", "nginx:latest" },
		{ "nginx:1.25", "docker.io/library/nginx:1.25", "nginx:1.25" },
		{ "library/nginx", "docker.io/library/nginx:latest", "nginx:latest" },
		{ "docker.io/nginx", "docker.io/library/nginx:latest", "nginx:latest" },
		{ "index.docker.io/nginx", "docker.io/library/nginx:latest", "nginx:latest" },
		{ "user/app", "docker.io/user/app:latest", "user/app:latest" },
		{ "localhost/app", "localhost/app:latest", "localhost/app:latest" },
		{ "localhost:5000/a/b:x", "localhost:5000/a/b:x", "localhost:5000/a/b:x" },
		{ "[::1]:5000/a", "[::1]:5000/a:latest", "[::1]:5000/a:latest" },
		{ "reg.example/a", "reg.example/a:latest", "reg.example/a:latest" },
		{ "Reg/a", "Reg/a:latest", "Reg/a:latest" }, /* upper case: a domain */
		{ "a__b/c-d_e.f--g", "docker.io/a__b/c-d_e.f--g:latest", "a__b/c-d_e.f--g:latest" },
		{ "a@sha256:" HEX64, "docker.io/library/a@sha256:" HEX64, "a@sha256:" HEX64 },
		{ "a:t@sha256:" HEX64, "docker.io/library/a:t@sha256:" HEX64, "a:t@sha256:" HEX64 },
		{ "library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest" },
		{ "xn--n3h.com/a", "xn--n3h.com/a:latest", "xn--n3h.com/a:latest" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_parts(cases[i].text, cases[i].full, cases[i].familiar);
}

static void test_bad(void **state)
{
	static const char format[] = "invalid reference format";
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "", format },
		{ ":tag", format },
		{ "a:", format },
		{ "a//b", format },
		{ "a/", format },
		{ "/a", format },
		{ "-a", format },
		{ "a-", format },
		{ "a___b", format },
		{ "a..b", format },
		{ "a b", format },
		{ "a:b c", format },
		{ "a:-b", format },
		{ "../a", format },
		{ "a/../b", format },
		{ "a@sha256:abc", format },
		{ "a@" HEX64, format },
		{ "a@sha256:" HEX64 "0", format },
		{ "host:x/a", format },
		{ "-host.com/a", format },
		{ "a@sha512:" HEX64 HEX64, "unsupported digest algorithm" },
		{ "Nginx",
		  "invalid reference format: repository name (library/Nginx) must be lowercase" },
		{ "u/App:1",
		  "invalid reference format: repository name (u/App) must be lowercase" },
		{ HEX64, "invalid repository name (" HEX64
			 "), cannot specify 64-byte hexadecimal strings" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup(reference_release) struct reference ref = REFERENCE_INIT;
		cleanup(error_release) struct error err = ERROR_INIT;

		if (reference_parse(cases[i].text, &ref, &err) >= 0)
			fail_msg("%s was taken", cases[i].text);
		if (strcmp(error_text(&err), cases[i].error) != 0)
			fail_msg("%s: %s", cases[i].text, error_text(&err));
		assert_int_equal(err.kind, ERR_INVALID);
	}
}

static void test_lengths(void **state)
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;
	char text[400];

	memset(text, 'a', sizeof(text));
	text[REFERENCE_NAME_MAX - strlen("docker.io/library/")] = '\0';
	assert_int_equal(reference_parse(text, &ref, NULL), 0);
	reference_release(&ref);
	strcat(text, "a");
	assert_true(reference_parse(text, &ref, NULL) < 0);
	strcpy(text, "a:");
	memset(text + 2, 'b', REFERENCE_TAG_MAX);
	text[2 + REFERENCE_TAG_MAX] = '\0';
	assert_int_equal(reference_parse(text, &ref, NULL), 0);
	reference_release(&ref);
	strcat(text, "b");
	assert_true(reference_parse(text, &ref, NULL) < 0);
}

static void test_registry_host(void **state)
{
	cleanup(reference_release) struct reference hub = REFERENCE_INIT, own = REFERENCE_INIT;

	assert_int_equal(reference_parse("a", &hub, NULL), 0);
	assert_int_equal(reference_parse("x.org:1/a", &own, NULL), 0);
	assert_string_equal(reference_registry_host(&hub), "registry-1.docker.io");
	assert_string_equal(reference_registry_host(&own), "x.org:1");
}

/* What a name means, and how it is shown, where docker.io is not the default. */
static void test_default_registry(void **state)
{
	static const char *const rows[][3] = {
		/* typed, familiar, whether no domain was given */
		{ "nginx", "x.org:1/team/nginx", "y" },
		{ "a/nginx:1", "x.org:1/team/a/nginx:1", "y" },
		{ "docker.io/nginx", "docker.io/library/nginx", "" },
		{ "index.docker.io/a/b:1", "docker.io/a/b:1", "" },
		{ "other.org/a", "other.org/a", "" },
		{ "x.org:1/team/nginx", "x.org:1/team/nginx", "" },
	};
	cleanup(reference_release) struct reference docker = REFERENCE_INIT, bad = REFERENCE_INIT;

	reference_set_default_registry("x.org:1/team");
	assert_string_equal(reference_default_registry(), "x.org:1/team");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup(reference_release) struct reference ref = REFERENCE_INIT;
		cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;

		assert_int_equal(reference_parse(rows[i][0], &ref, NULL), 0);
		reference_familiar(&ref, &text);
		assert_string_equal(text.data, rows[i][1]);
		assert_int_equal(ref.implied, rows[i][2][0] == 'y');
	}
	assert_int_equal(reference_parse_docker("nginx", &docker, NULL), 0);
	assert_string_equal(docker.domain, "docker.io");
	assert_true(docker.implied);
	assert_true(reference_parse("Upper", &bad, NULL) < 0);
	assert_null(bad.path);
	reference_set_default_registry("");
	assert_null(reference_default_registry());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_registry_host),
		cmocka_unit_test(test_default_registry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
