/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the indexer that a whole archive does not reach easily: ACLs, arrays that spill. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "layer/index-internal.h"
#include "sys/file.h"

#define ACL(...)                                                                                   \
	{                                                                                          \
		2, 0, 0, 0, __VA_ARGS__                                                            \
	}
#define ENTRY(tag, rights, id) (tag), 0, (rights), 0, (id), 0, 0, 0

static void test_acl(void **state)
{
	static const struct {
		const char *what;
		uint8_t value[64];
		size_t len;
		uint16_t mode, want_mode;
		int want;
		bool keep;
	} rows[] = {
		{ "no entry", ACL(0), 4, 0640, 0640, 0, false },
		{ "what the mode says", ACL(ENTRY(1, 7, 0), ENTRY(4, 5, 0), ENTRY(32, 1, 0)), 28,
		  04000, 04751, 0, false },
		{ "a user and a mask",
		  ACL(ENTRY(1, 6, 0), ENTRY(2, 7, 9), ENTRY(4, 0, 0), ENTRY(16, 4, 0),
		      ENTRY(32, 0, 0)),
		  44, 0600, 0640, 0, true },
		{ "two users",
		  ACL(ENTRY(1, 6, 0), ENTRY(2, 7, 9), ENTRY(2, 7, 5), ENTRY(4, 0, 0),
		      ENTRY(16, 4, 0), ENTRY(32, 0, 0)),
		  52, 0600, 0640, 0, true },
		{ "a user without a mask",
		  ACL(ENTRY(1, 6, 0), ENTRY(2, 7, 9), ENTRY(4, 0, 0), ENTRY(32, 0, 0)), 36, 0600,
		  0600, -EINVAL, false },
		{ "no others", ACL(ENTRY(1, 6, 0), ENTRY(4, 0, 0)), 20, 0600, 0600, -EINVAL,
		  false },
		{ "out of order", ACL(ENTRY(4, 6, 0), ENTRY(1, 0, 0), ENTRY(32, 0, 0)), 28, 0600,
		  0600, -EINVAL, false },
		{ "unknown tag", ACL(ENTRY(3, 6, 0), ENTRY(4, 0, 0), ENTRY(32, 0, 0)), 28, 0600,
		  0600, -EINVAL, false },
		{ "rights beyond rwx", ACL(ENTRY(1, 8, 0), ENTRY(4, 0, 0), ENTRY(32, 0, 0)), 28,
		  0600, 0600, -EINVAL, false },
		{ "cut off", ACL(ENTRY(1, 7, 0), ENTRY(4, 5, 0), ENTRY(32, 1, 0)), 27, 0600, 0600,
		  -EINVAL, false },
		{ "another version", { 1, 0, 0, 0 }, 4, 0600, 0600, -EINVAL, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint16_t mode = rows[i].mode;
		bool keep = false;
		int r = acl_check(rows[i].value, rows[i].len, &mode, &keep);

		if (r != rows[i].want || (r == 0 && mode != rows[i].want_mode) ||
		    keep != rows[i].keep)
			fail_msg("%s: %d, mode %o, keep %d", rows[i].what, r, mode, keep);
	}
}

/* What was written stays, in memory and in the file, and no name is left. */
static void test_spill(void **state)
{
	char path[] = "/tmp/hoy-test-spill.XXXXXX";
	struct spill spill;
	struct stat st;
	int dirfd;

	assert_non_null(mkdtemp(path));
	dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	spill = (struct spill)SPILL_INIT(dirfd);
	for (uint32_t i = 0; i < 2000000; i++) {
		size_t offset;

		assert_int_equal(spill_add(&spill, sizeof(i), &offset), 0);
		assert_int_equal(*(uint32_t *)((char *)spill.data + offset), 0);
		*(uint32_t *)((char *)spill.data + offset) = i;
		if (i % 100000 == 0)
			spill_trim(&spill);
	}
	assert_true(spill.fd >= 0);
	assert_int_equal(fstat(spill.fd, &st), 0);
	assert_int_equal(st.st_nlink, 0);
	spill_trim(&spill);
	for (uint32_t i = 0; i < 2000000; i++)
		assert_int_equal(((uint32_t *)spill.data)[i], i);
	spill_release(&spill);
	spill_release(&spill);
	(void)close(dirfd);
	assert_int_equal(rmdir(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_acl),
		cmocka_unit_test(test_spill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
