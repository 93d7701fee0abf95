/* SPDX-License-Identifier: Apache-2.0 */
/* Limits: conversions from v1's terms to v2's, device rules, and what systemd is told. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "runtime/resources.h"
#include "runtime/systemd-unit.h"
#include "sys/device-bpf.h"

static void test_cpu_weight(void **state)
{
	static const struct {
		int64_t shares;
		uint64_t weight;
	} cases[] = {
		{ -5, 1 },
		{ 0, 1 },
		{ 2, 1 },
		{ 3, 2 },
		{ 102, 17 },
		{ 512, 59 },
		{ 1023, 100 },
		{ 1024, 100 },
		{ 1025, 101 },
		{ 2048, 174 },
		{ 262143, 10000 },
		{ 262144, 10000 },
		{ INT64_MAX, 10000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(resources_cpu_weight(cases[i].shares), cases[i].weight);
	for (int64_t shares = 3; shares < 300000; shares += 7)
		assert_true(resources_cpu_weight(shares) >= resources_cpu_weight(shares - 1));
}

static void test_swap(void **state)
{
	static const struct {
		int64_t limit, swap, want;
		int r;
	} cases[] = {
		{ 0, 0, 0, 0 },		 { -1, 0, -1, 0 },  { -1, -1, -1, 0 },
		{ 100, -1, -1, 0 },	 { 0, -1, -1, 0 },  { 100, 150, 50, 0 },
		{ 100, 100, 0, 0 },	 { -1, 50, 50, 0 }, { 0, 50, 0, -EINVAL },
		{ 100, 50, 0, -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t swap = -99;

		assert_int_equal(resources_swap(cases[i].limit, cases[i].swap, &swap, NULL),
				 cases[i].r);
		assert_int_equal(swap, cases[i].r ? -99 : cases[i].want);
	}
}

static void test_device_rules(void **state)
{
	struct oci_device_rule list[] = {
		{ .allow = true, .type = (char *)"c", .major = { true, 10 }, .minor = { true, 1 } },
		{ .allow = false },
		{ .allow = true, .type = (char *)"b", .access = (char *)"r" },
	};
	struct oci_resources res = { .devices = list, .n_devices = ARRAY_SIZE(list) };
	struct device_rule *rules;
	size_t n;

	(void)state;
	rules = device_rules_of(&res, &n);
	/* What comes before "nothing" is void; then the config's, then what all need. */
	assert_true(n > 2);
	assert_false(rules[0].allow);
	assert_int_equal(rules[0].type, 'a');
	assert_int_equal(rules[1].type, 'b');
	assert_int_equal(rules[1].major, -1);
	assert_string_equal(rules[1].access, "r");
	free(rules);
	list[1].allow = true;
	res.n_devices = 2;
	rules = device_rules_of(&res, &n);
	assert_int_equal(n, 1);
	assert_true(rules[0].allow);
	free(rules);
}

static void test_slices(void **state)
{
	static const struct {
		const char *slice, *path;
	} cases[] = {
		{ "a.slice", "/a.slice" },
		{ "a-b.slice", "/a.slice/a-b.slice" },
		{ "a-b-c.slice", "/a.slice/a-b.slice/a-b-c.slice" },
		{ "-.slice", "" },
		{ "", NULL },
		{ ".slice", NULL },
		{ "a", NULL },
		{ "-a.slice", NULL },
		{ "a-.slice", NULL },
		{ "a--b.slice", NULL },
		{ "--.slice", NULL },
		{ "a/b.slice", NULL },
		{ "a.slices", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *path = NULL;
		int r = systemd_slice_path(cases[i].slice, &path, NULL);

		assert_int_equal(r == 0, cases[i].path != NULL);
		if (!r)
			assert_string_equal(path, cases[i].path);
	}
}

static bool has(const struct strbuf *b, const char *text)
{
	return memmem(b->data, b->len, text, strlen(text)) != NULL;
}

static void test_properties(void **state)
{
	struct oci_memory memory = { .limit = { true, 1000 }, .swap = { true, 1000 } };
	struct oci_cpu cpu = { .shares = { true, 1024 },
			       .quota = { true, 5001 },
			       .cpus = (char *)"0-2,9" };
	struct oci_resources res = { .memory = &memory, .cpu = &cpu };
	struct strbuf v2 = STRBUF_INIT, v1 = STRBUF_INIT;

	(void)state;
	assert_int_equal(systemd_put_resources(&v2, CGROUP_V2, NULL, &res, NULL), 0);
	assert_true(has(&v2, "MemoryMax") && has(&v2, "MemorySwapMax") && has(&v2, "CPUWeight") &&
		    has(&v2, "CPUQuotaPerSecUSec") && has(&v2, "DeviceAllow"));
	assert_non_null(memmem(v2.data, v2.len, "\2\0\0\0\7\2", 6));	     /* cpus 0 1 2, 9 */
	assert_non_null(memmem(v2.data, v2.len, "\x60\xea\0\0\0\0\0\0", 8)); /* 6 %, from 5.001 */
	assert_int_equal(systemd_put_resources(&v1, CGROUP_V1, NULL, &res, NULL), 0);
	assert_true(has(&v1, "MemoryLimit") && has(&v1, "CPUShares"));
	assert_false(has(&v1, "MemoryMax") || has(&v1, "AllowedCPUs"));
	strbuf_reset(&v2);
	cpu.cpus = (char *)"0-";
	assert_int_equal(systemd_put_resources(&v2, CGROUP_V2, NULL, &res, NULL), -EINVAL);
	strbuf_reset(&v2);
	cpu.cpus = (char *)"99999";
	assert_int_equal(systemd_put_resources(&v2, CGROUP_V2, NULL, &res, NULL), -EINVAL);
	strbuf_release(&v1);
	strbuf_release(&v2);
}

static void test_annotations(void **state)
{
	static const struct {
		const char *name, *value, *want; /* NULL: refused */
		size_t len;
	} cases[] = {
		{ "DefaultDependencies", "true", "\1b\0\0\1\0\0\0", 8 },
		{ "CollectMode", "'inactive'", "\10\0\0\0inactive", 12 },
		{ "CollectMode", "\"in'active\"", "\11\0\0\0in'active", 14 },
		{ "After", "['a', 'b']", "\1\0\0\0a\0\0\0\1\0\0\0b", 13 },
		{ "After", "[]", "as\0", 3 },
		{ "TimeoutStopSec", "2", "TimeoutStopUSec", 16 },
		{ "TimeoutStopUSec", "uint64 2000000", "\x80\x84\x1e\0\0\0\0\0", 8 },
		{ "Nice", "-5", "\xfb\xff\xff\xff", 4 },
		{ "After", "['a'", NULL, 0 },
		{ "After", "['a'] x", NULL, 0 },
		{ "CollectMode", "'inactive", NULL, 0 },
		{ "CollectMode", "inactive", NULL, 0 },
		{ "TimeoutStopSec", "-2", NULL, 0 },
		{ "TimeoutStopUSec", "uint64 -1", NULL, 0 },
		{ "Nice", "5000000000", NULL, 0 },
		{ "nice", "5", NULL, 0 },
		{ "N", "5", NULL, 0 },
		{ "Nice.x", "5", NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *key = xasprintf("org.systemd.property.%s", cases[i].name);
		struct strmap map = { 0 };
		struct strbuf b = STRBUF_INIT;
		int r;

		strmap_set(&map, "other", "x");
		strmap_set(&map, key, cases[i].value);
		r = systemd_put_annotations(&b, &map, NULL);
		assert_int_equal(r == 0, cases[i].want != NULL);
		if (!r)
			assert_non_null(memmem(b.data, b.len, cases[i].want, cases[i].len));
		strbuf_release(&b);
		strmap_release(&map);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpu_weight),   cmocka_unit_test(test_swap),
		cmocka_unit_test(test_device_rules), cmocka_unit_test(test_slices),
		cmocka_unit_test(test_properties),   cmocka_unit_test(test_annotations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
