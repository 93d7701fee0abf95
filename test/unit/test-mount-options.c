/* SPDX-License-Identifier: Apache-2.0 */
/* Words of a mount to attributes: the table is sorted, the later word wins, strangers are the file
 * system's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>

#include <cmocka.h>

#include "base/strv.h"
#include "runtime/mount-options.h"

static void test_table(void **state)
{
	static const struct {
		const char *words;
		uint64_t set, clear, rec_set, propagation;
		bool bind, recursive;
		const char *data;
	} cases[] = {
		{ "ro", MOUNT_ATTR_RDONLY, 0, 0, 0, false, false, "" },
		{ "ro,rw", 0, MOUNT_ATTR_RDONLY, 0, 0, false, false, "" },
		{ "rw,ro", MOUNT_ATTR_RDONLY, 0, 0, 0, false, false, "" },
		{ "nosuid,nodev,noexec", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
		  0, 0, 0, false, false, "" },
		{ "rbind,rprivate", 0, 0, 0, MS_PRIVATE, true, true, "" },
		{ "bind,slave", 0, 0, 0, MS_SLAVE, true, false, "" },
		{ "rro,rnosuid", 0, 0, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0, false, false, "" },
		{ "noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME, 0, 0, false, false, "" },
		{ "strictatime,relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME, 0, 0, false,
		  false, "" },
		{ "mode=755,size=1k", 0, 0, 0, 0, false, false, "mode=755,size=1k" },
		{ "defaults,,sync", 0, 0, 0, 0, false, false, "sync" },
		{ "", 0, 0, 0, 0, false, false, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mount_options o;
		char **words = strv_split(cases[i].words, ',');
		cleanup_free char *data = NULL;

		mount_options_parse(words, &o);
		data = strv_join(o.data, ",");
		if (o.set != cases[i].set || o.clear != cases[i].clear ||
		    o.rec_set != cases[i].rec_set || o.propagation != cases[i].propagation ||
		    o.bind != cases[i].bind || o.recursive != cases[i].recursive ||
		    strcmp(data, cases[i].data))
			fail_msg("%s: set %llx clear %llx rec %llx prop %llx data %s",
				 cases[i].words, (unsigned long long)o.set,
				 (unsigned long long)o.clear, (unsigned long long)o.rec_set,
				 (unsigned long long)o.propagation, data);
		mount_options_release(&o);
		strv_free(words);
	}
}

static void test_sorted(void **state)
{
	const char *const *names = mount_options_known();

	for (size_t i = 1; names[i]; i++)
		assert_true(strcmp(names[i - 1], names[i]) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
