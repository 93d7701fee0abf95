/* SPDX-License-Identifier: Apache-2.0 */
/* The tar writer, read back by the reader. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "layer/tar-write.h"
#include "tar-lab.h"

static int add_bytes(void *arg, const void *data, size_t len)
{
	strbuf_add(arg, data, len);
	return 0;
}

static char *repeat(const char *part, size_t n)
{
	struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < n; i++)
		strbuf_adds(&out, part);
	return strbuf_take(&out);
}

static void check_names(const struct tar_entry *want, const struct tar_entry *have)
{
	assert_int_equal(want->type, have->type);
	assert_string_equal(want->path, have->path);
	assert_string_equal(want->link ? want->link : "", have->link ? have->link : "");
}

static void check_same(const struct tar_entry *want, const struct tar_entry *have)
{
	check_names(want, have);
	assert_int_equal(want->mode, have->mode);
	assert_int_equal(want->uid, have->uid);
	assert_int_equal(want->gid, have->gid);
	assert_int_equal(want->major, have->major);
	assert_int_equal(want->minor, have->minor);
	assert_true(want->mtime == have->mtime && want->mtime_nsec == have->mtime_nsec);
	assert_int_equal(want->size, have->size);
	assert_int_equal(want->n_map, have->n_map);
	assert_int_equal(want->n_xattrs, have->n_xattrs);
	for (size_t i = 0; i < want->n_xattrs; i++) {
		assert_string_equal(want->xattrs[i].name, have->xattrs[i].name);
		assert_int_equal(want->xattrs[i].len, have->xattrs[i].len);
		assert_memory_equal(want->xattrs[i].value, have->xattrs[i].value,
				    want->xattrs[i].len);
	}
	for (size_t i = 0; i < want->n_map; i++)
		assert_memory_equal(&want->map[i], &have->map[i], sizeof(want->map[i]));
}

/* Written twice (the same bytes), read back. */
static void round_trip(const struct tar_entry *entries, size_t n)
{
	cleanup(strbuf_release) struct strbuf tar = STRBUF_INIT, again = STRBUF_INIT;
	struct strbuf *outs[] = { &tar, &again };
	struct chunks chunks = { NULL, 0, 1000 };
	struct tar_reader reader;

	for (size_t k = 0; k < 2; k++) {
		struct tar_writer writer;

		tar_writer_init(&writer, add_bytes, outs[k]);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(tar_write_entry(&writer, &entries[i], NULL), 0);
		assert_int_equal(tar_write_end(&writer, NULL), 0);
		tar_writer_release(&writer);
	}
	assert_int_equal(tar.len % TAR_BLOCK_SIZE, 0);
	assert_int_equal(tar.len, again.len);
	assert_memory_equal(tar.data, again.data, tar.len);
	chunks.data = tar.data;
	chunks.len = tar.len;
	tar_reader_init(&reader, next_chunk, &chunks);
	for (size_t i = 0; i < n; i++) {
		cleanup(tar_entry_release) struct tar_entry e = TAR_ENTRY_INIT;

		assert_int_equal(tar_next(&reader, &e, NULL), 1);
		check_same(&entries[i], &e);
	}
	assert_int_equal(tar_next(&reader, &(struct tar_entry)TAR_ENTRY_INIT, NULL), 0);
}

static void test_entries(void **state)
{
	cleanup_free char *just = repeat("a", 100), *split = repeat("dir45/", 30);
	cleanup_free char *longer = repeat("0123456789", 200), *deep = repeat("d/", 2000);
	char binary[] = { 0, 1, '\n', '=', 0 };
	struct tar_xattr xattrs[] = { { (char *)"security.capability", binary, sizeof(binary) },
				      { (char *)"user.empty", (char *)"", 0 } };
	const struct tar_entry entries[] = {
		{ .type = TAR_DIR, .path = (char *)"d/", .mode = 01777, .mtime = 5 },
		{ .type = TAR_FILE,
		  .path = (char *)"d/f",
		  .mode = 06755,
		  .uid = 4000000000U,
		  .gid = 2097151,
		  .size = 3,
		  .mtime = 1,
		  .mtime_nsec = 500000000 },
		{ .type = TAR_HARDLINK, .path = (char *)"h", .link = (char *)"d/f" },
		{ .type = TAR_SYMLINK, .path = just, .link = longer, .mode = 0777 },
		{ .type = TAR_CHAR, .path = (char *)"null", .major = 1, .minor = 3 },
		{ .type = TAR_BLOCK, .path = (char *)"sda", .major = 4095, .minor = 1048575 },
		{ .type = TAR_FIFO, .path = (char *)"p", .mtime = -2, .mtime_nsec = 250000000 },
		{ .type = TAR_DIR, .path = split, .mtime = -7, .n_xattrs = 2, .xattrs = xattrs },
		{ .type = TAR_FILE, .path = longer, .mtime = INT64_C(1) << 40, .mtime_nsec = 1 },
		{ .type = TAR_DIR, .path = deep },
		{ .type = TAR_FILE, .path = (char *)"odd\n\xff name" },
	};

	round_trip(entries, ARRAY_SIZE(entries));
}

static void test_sparse(void **state)
{
	cleanup_free char *name = repeat("long/", 60);
	struct tar_segment map[] = { { 4096, 10 }, { INT64_C(1) << 40, 513 } };
	const struct tar_entry entries[] = {
		{ .type = TAR_FILE,
		  .path = (char *)"s",
		  .size = UINT64_C(1) << 41,
		  .map = map,
		  .n_map = 2 },
		{ .type = TAR_FILE, .path = name, .size = 0, .mode = 0600 },
		{ .type = TAR_FILE, .path = (char *)"after", .size = 1 },
	};

	round_trip(entries, ARRAY_SIZE(entries));
}

/* Data that is short is filled up, data that is too long is cut. */
static void test_data(void **state)
{
	static const struct {
		const char *data;
		const char *want;
	} rows[] = { { "hello", "hello" }, { "hi", "hi\0\0\0" }, { "hello world", "hello" } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup(strbuf_release) struct strbuf tar = STRBUF_INIT;
		const struct tar_entry e = { .type = TAR_FILE, .path = (char *)"f", .size = 5 };
		struct tar_writer writer;

		tar_writer_init(&writer, add_bytes, &tar);
		assert_int_equal(tar_write_entry(&writer, &e, NULL), 0);
		assert_int_equal(tar_write_data(&writer, rows[i].data, strlen(rows[i].data), NULL),
				 0);
		assert_int_equal(tar_write_end(&writer, NULL), 0);
		tar_writer_release(&writer);
		assert_int_equal(tar.len, 4 * TAR_BLOCK_SIZE);
		assert_memory_equal(tar.data + TAR_BLOCK_SIZE, rows[i].want, 5);
		assert_int_equal(tar.data[TAR_BLOCK_SIZE + 5], 0);
	}
}

static int refuse(void *arg, const void *data, size_t len)
{
	return -EPIPE;
}

static void test_sink_fails(void **state)
{
	const struct tar_file file = { .path = "f", .data = "x", .len = 1 };
	cleanup(error_release) struct error err = ERROR_INIT;
	struct tar_writer writer;

	tar_writer_init(&writer, refuse, NULL);
	assert_int_equal(tar_write_file(&writer, &file, &err), 0);
	assert_int_equal(tar_write_end(&writer, &err), -EPIPE);
	assert_string_equal(error_text(&err), "write the archive: Broken pipe");
	tar_writer_release(&writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_sparse),
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_sink_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
