/* SPDX-License-Identifier: Apache-2.0 */
/* Digest syntax, the small SHA-256 against libcrypto's, platforms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "oci/digest.h"
#include "oci/platform.h"
#include "transfer/hash.h"

static void test_known(void **state)
{
	char digest[DIGEST_SIZE];

	digest_of("", 0, digest);
	assert_string_equal(digest, "sha256:e3b0c44298fc1c149afbf4c8996fb924"
				    "27ae41e4649b934ca495991b7852b855");
	digest_of("abc", 3, digest);
	assert_string_equal(digest, "sha256:ba7816bf8f01cfea414140de5dae2223"
				    "b00361a396177a9cb410ff61f20015ad");
	assert_true(digest_is_valid(digest));
	assert_int_equal(strlen(digest), DIGEST_LEN);
}

/* Every length over three blocks: the padding has its edges at 55, 56, 63, 64. */
static void test_against_libcrypto(void **state)
{
	uint8_t data[200];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 37 + 11);
	for (size_t len = 0; len <= sizeof(data); len++) {
		char ours[DIGEST_SIZE], theirs[DIGEST_SIZE];
		struct hash hash;

		hash_init(&hash);
		hash_add(&hash, data, len);
		hash_finish(&hash, theirs);
		digest_of(data, len, ours);
		assert_string_equal(ours, theirs);
	}
}

static void test_syntax(void **state)
{
	static const char *const bad[] = {
		"",
		"sha256:",
		"sha256:abc",
		"sha256:../../../../etc/passwd",
		"sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
		"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde",
		"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0",
		"sha512:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		" sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	};

	assert_false(digest_is_valid(NULL));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(digest_is_valid(bad[i]));
}

static void test_platform(void **state)
{
	static const struct {
		const char *text, *printed;
	} good[] = {
		{ "linux/amd64", "linux/amd64" },   { "linux/x86_64", "linux/amd64" },
		{ "linux/arm/v6", "linux/arm/v6" }, { "aarch64", "linux/arm64" },
		{ "linux/armhf", "linux/arm/v7" },  { "windows/amd64", "windows/amd64" },
	};
	static const char *const bad[] = {
		"", "linux/", "linux/pdp11", "plan9/amd64", "linux/arm/v7/x", "foo"
	};
	struct platform p = PLATFORM_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;

		assert_int_equal(platform_parse(good[i].text, &p, NULL), 0);
		platform_format(&p, &out);
		assert_string_equal(strbuf_str(&out), good[i].printed);
		platform_release(&p);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (platform_parse(bad[i], &p, NULL) >= 0)
			fail_msg("'%s' was taken", bad[i]);
	}
}

static void test_score(void **state)
{
	const struct platform v7 = { (char *)"linux", (char *)"arm", (char *)"v7" };

	assert_int_equal(platform_score(&v7, "linux", "arm64", "v8"), 0);
	assert_int_equal(platform_score(&v7, "windows", "arm", "v7"), 0);
	assert_int_equal(platform_score(&v7, "linux", "arm", "v8"), 0);
	assert_int_equal(platform_score(&v7, NULL, NULL, NULL), 0);
	assert_true(platform_score(&v7, "linux", "arm", "v7") >
		    platform_score(&v7, "linux", "arm", "v6"));
	assert_true(platform_score(&v7, "linux", "arm", "v6") > 0);
	assert_true(platform_score(&v7, "linux", "arm", NULL) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),  cmocka_unit_test(test_against_libcrypto),
		cmocka_unit_test(test_syntax), cmocka_unit_test(test_platform),
		cmocka_unit_test(test_score),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
