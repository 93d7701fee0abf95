/* SPDX-License-Identifier: Apache-2.0 */
/* Capability names and masks; id maps; rlimit names. */
#include <errno.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "sys/caps.h"
#include "sys/idmap.h"
#include "sys/rlimit.h"

static void test_names(void **state)
{
	char *names[] = { (char *)(uintptr_t) "CAP_CHOWN", (char *)(uintptr_t) "cap_sys_admin",
			  (char *)(uintptr_t) "CAP_NOT_YET", NULL };
	unsigned int unknown;
	uint64_t bit;

	assert_int_equal(caps_bit("CAP_CHOWN", &bit), 0);
	assert_int_equal(bit, 1ULL << CAP_CHOWN);
	assert_int_equal(caps_bit("CAP_CHECKPOINT_RESTORE", &bit), 0);
	assert_int_equal(bit, 1ULL << CAP_CHECKPOINT_RESTORE);
	assert_int_equal(caps_bit("CHOWN", &bit), -EINVAL);
	assert_int_equal(caps_bit("", &bit), -EINVAL);
	assert_string_equal(caps_name(CAP_BPF), "CAP_BPF");
	assert_null(caps_name(63));
	assert_int_equal(caps_from_names(names, &unknown),
			 1ULL << CAP_CHOWN | 1ULL << CAP_SYS_ADMIN);
	assert_int_equal(unknown, 1);
	assert_int_equal(caps_from_names(NULL, &unknown), 0);
	assert_true(caps_known() & 1ULL << CAP_CHOWN);
}

static void test_idmap(void **state)
{
	static const struct idmap map[] = { { 0, 1000, 1 }, { 1, 100000, 65535 } };
	uint32_t id = 7;

	assert_int_equal(idmap_outside(map, 2, 0, &id), 0);
	assert_int_equal(id, 1000);
	assert_int_equal(idmap_outside(map, 2, 65535, &id), 0);
	assert_int_equal(id, 165534);
	assert_int_equal(idmap_outside(map, 2, 65536, &id), -ERANGE);
	assert_int_equal(id, 165534);
}

static void test_rlimits(void **state)
{
	int resource = -1;

	assert_int_equal(rlimit_by_name("RLIMIT_NOFILE", &resource), 0);
	assert_int_equal(resource, RLIMIT_NOFILE);
	assert_int_equal(rlimit_by_name("NOFILE", &resource), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_idmap),
		cmocka_unit_test(test_rlimits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
