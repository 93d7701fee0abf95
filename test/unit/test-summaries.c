/* SPDX-License-Identifier: Apache-2.0 */
/* Kept summaries: beside the right container, away when the texts change or the container goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/strv.h"
#include "store/summaries.h"
#include "sys/file.h"

#include <fcntl.h>

static const char a[] = "aaaa111111111111111111111111111111111111111111111111111111111111";
static const char b[] = "bbbb222222222222222222222222222222222222222222222222222222222222";
static const char c[] = "cccc333333333333333333333333333333333333333333333333333333333333";

static char root[64];

static void insert(struct store *store, const char *id, const char *name, int64_t created)
{
	const struct container rec = {
		.id = (char *)id,
		.name = (char *)name,
		.image = (char *)"i",
		.image_id = (char *)"sha256:aa",
		.layers = (char *)"",
		.created = created,
		.path = (char *)"sh",
		.args = (char *)"[]",
		.config = (char *)"{}",
		.host = (char *)"{}",
		.networking = (char *)"{}",
	};

	assert_int_equal(container_insert(store, &rec, NULL), 0);
}

static void put(struct store *store, const char *id, const char *made, const char *text)
{
	const struct summary_record s = {
		.text = (char *)text,
		.rest = (char *)"r",
		.networks = (char *)"n",
		.exposed = (char *)"80/tcp",
		.links = (char *)"l",
		.checked = true,
	};

	assert_int_equal(summary_record_put(store, id, made, &s, NULL), 0);
}

static int setup(void **state)
{
	struct store *store = calloc(1, sizeof(*store));

	(void)snprintf(root, sizeof(root), "/tmp/test-summaries-XXXXXX");
	assert_non_null(mkdtemp(root));
	assert_int_equal(store_open(root, store, NULL), 0);
	insert(store, b, "middle", 2);
	insert(store, a, "oldest", 1);
	insert(store, c, "newest", 3);
	*state = store;
	return 0;
}

static int teardown(void **state)
{
	store_release(*state);
	free(*state);
	return dir_remove_all_at(AT_FDCWD, root);
}

static void get(struct store *store, const char *made, bool whole, struct container_row **rows,
		size_t *n)
{
	assert_int_equal(container_rows(store, rows, n, NULL), 0);
	assert_int_equal(container_rows_summaries(store, made, whole, *rows, *n, NULL), 0);
}

/* "oldest:text middle:- …", by id */
static void expect_rows(struct store *store, const char *made, const char *want)
{
	cleanup(strv_release) char **got = NULL;
	cleanup_free char *text = NULL;
	struct container_row *rows = NULL;
	size_t n = 0;

	get(store, made, true, &rows, &n);
	for (size_t i = 0; i < n; i++)
		strv_pushf(&got, "%s:%s", rows[i].rec.name,
			   rows[i].summary.text ? rows[i].summary.text : "-");
	text = strv_join(got, " ");
	assert_string_equal(text, want);
	container_rows_free(rows, n);
}

static void test_rows(void **state)
{
	struct container_row *rows = NULL;
	struct store *store = *state;
	size_t n = 0;

	expect_rows(store, "1 /d", "oldest:- middle:- newest:-");
	put(store, a, "1 /d", "A");
	put(store, c, "1 /d", "C");
	expect_rows(store, "1 /d", "oldest:A middle:- newest:C");
	put(store, a, "1 /d", "A again");
	expect_rows(store, "1 /d", "oldest:A again middle:- newest:C");
	/* made elsewhere, or otherwise */
	expect_rows(store, "2 /d", "oldest:- middle:- newest:-");
	get(store, "1 /d", true, &rows, &n);
	assert_int_equal(n, 3);
	assert_string_equal(rows[2].rec.id, c);
	assert_string_equal(rows[2].rec.image_id, "sha256:aa");
	assert_int_equal(rows[2].rec.created, 3);
	assert_string_equal(rows[2].summary.networks, "n");
	assert_string_equal(rows[2].summary.exposed, "80/tcp");
	assert_string_equal(rows[2].summary.links, "l");
	assert_true(rows[2].summary.checked);
	assert_string_equal(rows[2].summary.rest, "r");
	assert_null(rows[1].summary.networks);
	container_rows_free(rows, n);
	/* what only some ask for */
	get(store, "1 /d", false, &rows, &n);
	assert_string_equal(rows[2].summary.text, "C");
	assert_null(rows[2].summary.rest);
	assert_null(rows[2].summary.networks);
	container_rows_free(rows, n);
}

static void test_missing(void **state)
{
	cleanup(strv_release) char **ids = NULL, **none = NULL;
	struct store *store = *state;

	put(store, b, "1 /d", "B");
	put(store, c, "other", "C");
	assert_int_equal(summary_records_missing(store, "1 /d", &ids, NULL), 0);
	assert_int_equal(strv_len(ids), 2);
	assert_true(strv_contains(ids, a) && strv_contains(ids, c));
	put(store, a, "1 /d", "A");
	put(store, c, "1 /d", "C");
	assert_int_equal(summary_records_missing(store, "1 /d", &none, NULL), 0);
	assert_null(none);
}

static void test_gone_with_the_texts(void **state)
{
	const struct container_life life = { .status = CONTAINER_RUNNING, .pid = 7 };
	struct store *store = *state;

	put(store, a, "1 /d", "A");
	put(store, b, "1 /d", "B");
	put(store, c, "1 /d", "C");
	assert_int_equal(container_set_texts(store, b, NULL, "{\"EndpointsConfig\":{}}", NULL), 0);
	expect_rows(store, "1 /d", "oldest:A middle:- newest:C");
	assert_int_equal(container_set_texts(store, c, "{}", NULL, NULL), 0);
	expect_rows(store, "1 /d", "oldest:A middle:- newest:-");
	/* what is not in them leaves them */
	assert_int_equal(container_set_life(store, a, &life, NULL), 0);
	assert_int_equal(container_rename(store, a, "renamed", NULL), 0);
	expect_rows(store, "1 /d", "renamed:A middle:- newest:-");
	assert_int_equal(container_delete(store, a, NULL), 0);
	expect_rows(store, "1 /d", "middle:- newest:-");
	/* and a row for nobody cannot be made */
	put(store, a, "1 /d", "A");
	expect_rows(store, "1 /d", "middle:- newest:-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gone_with_the_texts, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
