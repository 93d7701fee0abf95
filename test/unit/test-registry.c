/* SPDX-License-Identifier: Apache-2.0 */
/* The registry client's small syntax: challenges, base64, credentials, insecure registries,
 * frames. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "image/auth.h"
#include "registry/registry.h"
#include "sys/fd.h"

static void test_challenge(void **state)
{
	struct registry_challenge c;

	assert_int_equal(registry_challenge_parse(" Bearer realm=\"https://a/b?c=d\", "
						  "service=\"s \\\"x\\\"\",scope=x:y",
						  &c),
			 0);
	assert_string_equal(c.scheme, "Bearer");
	assert_string_equal(c.realm, "https://a/b?c=d");
	assert_string_equal(c.service, "s \"x\"");
	assert_string_equal(c.scope, "x:y");
	registry_challenge_release(&c);
	assert_int_equal(registry_challenge_parse("Basic", &c), 0);
	assert_null(c.realm);
	registry_challenge_release(&c);
	assert_int_equal(registry_challenge_parse("Basic realm=\"unterminated", &c), 0);
	registry_challenge_release(&c);
	assert_true(registry_challenge_parse("  ", &c) < 0);
}

static void test_headers(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} waits[] = { { "120", 120 },
		      { " 0", 0 },
		      { "-1", -1 },
		      { "soon", -1 },
		      { "", -1 },
		      { "99999999999999999999", -1 },
		      { "Thu, 01 Jan 1970 00:01:40 GMT", 90 },
		      { "Thu, 01 Jan 1970 00:00:01 GMT", 0 },
		      { "Thu, 01 Jan 1970", -1 } },
	  ends[] = { { "0-1023", 1023 }, { "bytes=0-5", 5 }, { "0-0", 0 },
		     { "5", -1 },	 { "0--5", -1 },     { "", -1 } };

	for (size_t i = 0; i < ARRAY_SIZE(waits); i++)
		assert_int_equal(registry_retry_after(waits[i].text, 10), waits[i].want);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		assert_int_equal(registry_range_end(ends[i].text), ends[i].want);
}

static void test_links(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = { { "</v2/_catalog?last=a>; rel=\"next\"", "/v2/_catalog?last=a" },
		     { "<a>; rel=prev, <b>; rel=next", "b" },
		     { "<a>; rel=prev", NULL },
		     { "<a", NULL },
		     { "", NULL } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *next = registry_link_next(rows[i].text);

		if (rows[i].want)
			assert_string_equal(next, rows[i].want);
		else
			assert_null(next);
	}
}

/* Where an answer may lead, and who is the registry itself. */
static void test_places(void **state)
{
	static const struct {
		const char *base, *text, *want;
	} rows[] = { { "https://a/v2/x", "/up/1?s=2", "https://a/up/1?s=2" },
		     { "https://a/v2/x", "https://b:1/y", "https://b:1/y" },
		     { "https://a/v2/x", "http://a/y", NULL },
		     { "http://a:5000/v2/x", "http://a:5000/y", "http://a:5000/y" },
		     { "http://a/v2/x", "file:///etc/passwd", NULL } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *url = registry_url_resolve(rows[i].base, rows[i].text);

		if (rows[i].want)
			assert_string_equal(url, rows[i].want);
		else
			assert_null(url);
	}
	assert_true(registry_url_same_origin("https://a/x", "https://A:443"));
	assert_false(registry_url_same_origin("https://a/x", "http://a"));
	assert_false(registry_url_same_origin("http://a:5000/x", "http://a:5001"));
	assert_false(registry_url_same_origin("http://a@b/x", "http://a"));
	assert_true(registry_url_same_host("http://a:1/x", "http://a:2"));
	assert_false(registry_url_same_host("http://localhost/x", "http://127.0.0.1"));
}

static void test_base64(void **state)
{
	static const char *const texts[] = { "", "a", "ab", "abc", "abcd", "user:pass\xff\xfe>?" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
		cleanup_free char *back = NULL;
		size_t len;

		base64_encode(texts[i], strlen(texts[i]), false, &out);
		back = base64_decode(strbuf_str(&out), &len);
		assert_non_null(back);
		assert_int_equal(len, strlen(texts[i]));
		assert_string_equal(back, texts[i]);
	}
	assert_null(base64_decode("a", &(size_t){ 0 }));
	assert_null(base64_decode("ab=c", &(size_t){ 0 }));
	assert_null(base64_decode("a b c", &(size_t){ 0 }));
}

static void test_credentials(void **state)
{
	cleanup(auth_config_release) struct auth_config auth = { 0 };

	/* {"username":"u","password":"p?>"} in the URL alphabet, unpadded */
	assert_int_equal(
		auth_config_decode("eyJ1c2VybmFtZSI6InUiLCJwYXNzd29yZCI6InA_PiJ9", &auth, NULL), 0);
	assert_string_equal(auth.username, "u");
	assert_string_equal(auth.password, "p?>");
	auth_config_release(&auth);
	/* {"auth":"dTpw"} */
	assert_int_equal(auth_config_decode("eyJhdXRoIjoiZFRwdyJ9", &auth, NULL), 0);
	assert_string_equal(auth.password, "p");
	auth_config_release(&auth);
	assert_true(auth_config_decode("!!", &auth, NULL) < 0);
	assert_int_equal(auth_config_decode(NULL, &auth, NULL), 0);
}

static void test_insecure(void **state)
{
	static char *list[] = { (char *)"10.0.0.0/8", (char *)"reg.lan:5000", (char *)"fd00::/8",
				(char *)"plain.lan", NULL };
	static const struct {
		const char *host;
		bool insecure;
	} cases[] = {
		{ "localhost", true },	     { "localhost:5000", true }, { "127.9.9.9:1", true },
		{ "[::1]:5", true },	     { "10.1.2.3", true },	 { "10.1.2.3:80", true },
		{ "11.1.2.3", false },	     { "reg.lan:5000", true },	 { "reg.lan", false },
		{ "plain.lan:77", true },    { "[fd12::1]:5", true },	 { "[fe80::1]:5", false },
		{ "localhost.evil", false }, { "docker.io", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (registry_is_insecure(cases[i].host, list) != cases[i].insecure)
			fail_msg("%s", cases[i].host);
	}
}

static void test_escape(void **state)
{
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;

	registry_url_escape("repository:a/b:pull&x=\r\n y", &out);
	assert_string_equal(strbuf_str(&out), "repository:a/b:pull%26x%3D%0D%0A%20y");
}

static void test_frames(void **state)
{
	cleanup(transfer_reader_release) struct transfer_reader reader = TRANSFER_READER_INIT;
	const struct transfer_frame evil = { TRANSFER_DONE, UINT32_MAX };
	enum transfer_type type;
	const char *data;
	int rd, wr;
	size_t len;

	assert_int_equal(fd_pipe(&rd, &wr), 0);
	assert_int_equal(transfer_send(wr, TRANSFER_OPAQUE, "a/b", 3), 0);
	assert_int_equal(transfer_send(wr, TRANSFER_PROGRESS, NULL, 0), 0);
	assert_true(transfer_read(&reader, rd) > 0);
	assert_int_equal(transfer_next(&reader, &type, &data, &len), 1);
	assert_int_equal(type, TRANSFER_OPAQUE);
	assert_memory_equal(data, "a/b", 3);
	assert_int_equal(transfer_next(&reader, &type, &data, &len), 1);
	assert_int_equal(len, 0);
	assert_int_equal(transfer_next(&reader, &type, &data, &len), 0);
	assert_int_equal(fd_write_all(wr, &evil, sizeof(evil)), 0);
	assert_true(transfer_read(&reader, rd) > 0);
	assert_true(transfer_next(&reader, &type, &data, &len) < 0);
	close(rd);
	close(wr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_challenge), cmocka_unit_test(test_headers),
		cmocka_unit_test(test_links),	  cmocka_unit_test(test_places),
		cmocka_unit_test(test_base64),	  cmocka_unit_test(test_credentials),
		cmocka_unit_test(test_insecure),  cmocka_unit_test(test_escape),
		cmocka_unit_test(test_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
