/* SPDX-License-Identifier: Apache-2.0 */
/* Subordinate ids, the search for a free range, and the records of mappings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/userns.h"
#include "store/containers.h"
#include "sys/file.h"

#include <fcntl.h>

static const struct {
	const char *what, *text, *name, *number;
	size_t n;
	struct subid_range first;
} subids[] = {
	{ "a line", "hoy:1000:10\n", "hoy", NULL, 1, { 1000, 10 } },
	{ "no end of line", "hoy:1000:10", "hoy", NULL, 1, { 1000, 10 } },
	{ "by number", "0:1000:10\n", "root", "0", 1, { 1000, 10 } },
	{ "two lines, others between", "hoy:5:1\nx:7:7\n\nhoy:9:2\n", "hoy", NULL, 2, { 5, 1 } },
	{ "a longer name", "hoyx:1000:10\nxhoy:1:1", "hoy", NULL, 0, { 0 } },
	{ "two fields", "hoy:1000\n", "hoy", NULL, 0, { 0 } },
	{ "four fields", "hoy:1000:10:5\n", "hoy", NULL, 0, { 0 } },
	{ "signs", "hoy:-1:10\nhoy:+1:10\nhoy: 1:10\n", "hoy", NULL, 0, { 0 } },
	{ "nothing in it", "hoy:1000:0\nhoy::\n", "hoy", NULL, 0, { 0 } },
	{ "up to the last id", "hoy:4294967294:1\n", "hoy", NULL, 1, { 4294967294U, 1 } },
	{ "beyond it", "hoy:4294967294:2\nhoy:4294967295:1\n", "hoy", NULL, 0, { 0 } },
	{ "too long", "hoy:00000000000000001000:10\n", "hoy", NULL, 0, { 0 } },
	{ "wraps", "hoy:4294967296:10\n", "hoy", NULL, 0, { 0 } },
};

static void test_subids(void **state)
{
	struct subid_range ranges[SUBID_RANGES_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(subids); i++) {
		size_t n = subid_parse(subids[i].text, subids[i].name, subids[i].number, ranges);

		if (n != subids[i].n)
			fail_msg("%s: %zu ranges", subids[i].what, n);
		if (n > 0 && (ranges[0].start != subids[i].first.start ||
			      ranges[0].count != subids[i].first.count))
			fail_msg("%s: %u:%u", subids[i].what, ranges[0].start, ranges[0].count);
	}
}

static void test_many_lines(void **state)
{
	struct subid_range ranges[SUBID_RANGES_MAX];
	struct strbuf text = STRBUF_INIT;

	(void)state;
	for (unsigned int i = 0; i < 2 * SUBID_RANGES_MAX; i++)
		strbuf_addf(&text, "hoy:%u:1\n", i);
	assert_int_equal(subid_parse(text.data, "hoy", NULL, ranges), SUBID_RANGES_MAX);
	strbuf_release(&text);
}

static const struct {
	const char *what;
	struct subid_range owned[2], taken[4];
	size_t n_owned, n_taken;
	uint32_t size;
	int64_t start; /* -1: none */
} pools[] = {
	{ "empty", { { 0 } }, { { 0 } }, 0, 0, 1, -1 },
	{ "all of it", { { 10, 5 } }, { { 0 } }, 1, 0, 5, 10 },
	{ "more than all", { { 10, 5 } }, { { 0 } }, 1, 0, 6, -1 },
	{ "behind one", { { 10, 10 } }, { { 10, 5 } }, 1, 1, 5, 15 },
	{ "before one", { { 10, 10 } }, { { 15, 5 } }, 1, 1, 5, 10 },
	{ "in a gap", { { 10, 30 } }, { { 10, 5 }, { 20, 5 } }, 1, 2, 5, 15 },
	{ "a gap too small", { { 10, 30 } }, { { 10, 5 }, { 19, 5 } }, 1, 2, 5, 24 },
	{ "others reach in", { { 10, 10 } }, { { 5, 7 } }, 1, 1, 5, 12 },
	{ "others cover it", { { 10, 10 } }, { { 5, 100 } }, 1, 1, 1, -1 },
	{ "ranges in each other", { { 10, 30 } }, { { 10, 20 }, { 12, 2 } }, 1, 2, 5, 30 },
	{ "the second line", { { 10, 5 }, { 100, 9 } }, { { 12, 1 } }, 2, 1, 5, 100 },
	{ "not across lines", { { 10, 5 }, { 15, 5 } }, { { 0 } }, 2, 0, 6, -1 },
	{ "at the end of all ids", { { 4294967290U, 5 } }, { { 4294967290U, 1 } }, 1, 1, 5, -1 },
	{ "taken up to the end", { { 4294967290U, 5 } }, { { 1, 4294967294U } }, 1, 1, 1, -1 },
};

static void test_pool(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pools); i++) {
		uint32_t start = 0;
		bool found = userns_pool_find(pools[i].owned, pools[i].n_owned, pools[i].taken,
					      pools[i].n_taken, pools[i].size, &start);

		if (found != (pools[i].start >= 0) || (found && start != pools[i].start))
			fail_msg("%s: %d %u", pools[i].what, found, start);
	}
}

static const struct container sample = {
	.id = (char *)"c1",
	.name = (char *)"one",
	.image = (char *)"i",
	.image_id = (char *)"",
	.layers = (char *)"",
	.path = (char *)"sh",
	.args = (char *)"[]",
	.config = (char *)"{}",
	.host = (char *)"{}",
	.networking = (char *)"{}",
};

/* They go with the record, in the same transaction. */
static void test_records(void **state)
{
	char root[] = "/tmp/test-userns-XXXXXX";
	struct idmap uids[] = { { 0, 100, 10 }, { 10, 300, 5 } }, gids[] = { { 0, 200, 15 } };
	struct idmaps in = { uids, gids, 2, 1 }, out = { 0 };
	struct subid_range *held = NULL;
	struct store store;
	size_t n = 9;

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_int_equal(store_open(root, &store, NULL), 0);
	assert_int_equal(store_begin(&store, NULL), 0);
	assert_int_equal(container_insert(&store, &sample, NULL), 0);
	assert_int_equal(idmaps_insert(&store, "c1", &in, NULL), 0);
	assert_int_equal(store_commit(&store, NULL), 0);
	assert_int_equal(idmaps_get(&store, "c1", &out, NULL), 0);
	assert_true(idmaps_equal(&in, &out));
	assert_int_equal(idmaps_held(&store, false, &held, &n, NULL), 0);
	assert_int_equal(n, 2);
	assert_int_equal(held[1].start, 300);
	free(held);
	assert_true(idmaps_insert(&store, "nobody", &in, NULL) < 0);
	assert_int_equal(container_delete(&store, "c1", NULL), 0);
	idmaps_release(&out);
	assert_int_equal(idmaps_get(&store, "c1", &out, NULL), 0);
	assert_int_equal(out.n_uids + out.n_gids, 0);
	held = NULL;
	assert_int_equal(idmaps_held(&store, true, &held, &n, NULL), 0);
	assert_int_equal(n, 0);
	store_release(&store);
	assert_int_equal(dir_remove_all_at(AT_FDCWD, root), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_subids),
		cmocka_unit_test(test_many_lines),
		cmocka_unit_test(test_pool),
		cmocka_unit_test(test_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
