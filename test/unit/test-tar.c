/* SPDX-License-Identifier: Apache-2.0 */
/* The tar reader on hand-made archives, given in chunks of every awkward size; and unpacking. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "layer/unpack.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "tar-lab.h"

static void read_all(struct tar_reader *reader, struct strbuf *out)
{
	const uint8_t *data;
	uint64_t offset;
	size_t len;

	while (tar_data(reader, &data, &len, &offset, NULL) > 0) {
		while (out->len < offset)
			strbuf_addc(out, '.');
		strbuf_add(out, data, len);
	}
}

static void test_entries(void **state)
{
	static const size_t sizes[] = { 1, 7, 511, 512, 513, 1 << 20 };
	static const char long_name[] =
		"a/very/long/name/that/does/not/fit/into/the/hundred/bytes/that/the/header/has/for/"
		"it/and/goes/on/and/on";
	cleanup(strbuf_release) struct strbuf tar = STRBUF_INIT;

	put_entry(&tar, '5', "dir/", NULL, "", 0);
	put_entry(&tar, '0', "dir/file", NULL, "hello", 5);
	put_entry(&tar, '1', "dir/hard", "dir/file", "", 0);
	put_entry(&tar, 'L', "././@LongLink", NULL, long_name, sizeof(long_name));
	put_entry(&tar, '2', "short", "target", "", 0);
	put_pax(&tar, "path", "pax/name", 8);
	put_entry(&tar, '0', "old", NULL, "x", 1);
	put_end(&tar);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct chunks chunks = { tar.data, tar.len, sizes[i] };
		static const char *const names[] = { "dir/", "dir/file", "dir/hard", long_name,
						     "pax/name" };
		struct tar_reader reader;

		tar_reader_init(&reader, next_chunk, &chunks);
		for (size_t n = 0; n < ARRAY_SIZE(names); n++) {
			cleanup(strbuf_release) struct strbuf data = STRBUF_INIT;
			cleanup(tar_entry_release) struct tar_entry e = TAR_ENTRY_INIT;

			assert_int_equal(tar_next(&reader, &e, NULL), 1);
			assert_string_equal(e.path, names[n]);
			assert_int_equal(e.mtime, 1000000000);
			if (n != 1) /* the others' data is skipped by tar_next */
				continue;
			read_all(&reader, &data);
			assert_string_equal(strbuf_str(&data), "hello");
		}
		assert_int_equal(tar_next(&reader, &(struct tar_entry){ 0 }, NULL), 0);
		assert_int_equal(tar_drain(&reader, NULL), 0);
		assert_int_equal(reader.n_read, tar.len);
	}
}

/* Opens the archive's first entry. */
static int first(const struct strbuf *tar, struct tar_reader *reader, struct chunks *chunks,
		 struct tar_entry *e, struct error *err)
{
	*chunks = (struct chunks){ tar->data, tar->len, 100 };
	tar_reader_init(reader, next_chunk, chunks);
	return tar_next(reader, e, err);
}

static void test_pax(void **state)
{
	cleanup(strbuf_release) struct strbuf tar = STRBUF_INIT;
	cleanup(tar_entry_release) struct tar_entry e = TAR_ENTRY_INIT;
	struct tar_reader reader;
	struct chunks chunks;

	put_pax(&tar, "mtime", "-1.25", 5);
	put_pax(&tar, "uid", "4294967295", 10);
	put_pax(&tar, "gid", "3000000000", 10);
	put_pax(&tar, "SCHILY.xattr.user.a=b", "v\0w", 3);
	put_pax(&tar, "comment", "ignored", 7);
	put_entry(&tar, '0', "f", NULL, "", 0);
	put_end(&tar);
	assert_int_equal(first(&tar, &reader, &chunks, &e, NULL), 1);
	assert_int_equal(e.mtime, -2);
	assert_int_equal(e.mtime_nsec, 750000000);
	assert_int_equal(e.uid, 4294967295);
	assert_int_equal(e.gid, 3000000000);
	assert_int_equal(e.n_xattrs, 1);
	assert_string_equal(e.xattrs[0].name, "user.a"); /* keys end at the first "=" */
	assert_int_equal(e.xattrs[0].len, 5);
}

static void test_sparse(void **state)
{
	static const char in_data[512 + 6] = "2\n2\n3\n10\n3\n";
	cleanup(strbuf_release) struct strbuf tar = STRBUF_INIT, data = STRBUF_INIT;
	cleanup(tar_entry_release) struct tar_entry e = TAR_ENTRY_INIT;
	struct tar_reader reader;
	struct chunks chunks;
	char body[sizeof(in_data)];

	memcpy(body, in_data, sizeof(body));
	memcpy(body + 512, "abcdef", 6);
	put_pax(&tar, "GNU.sparse.major", "1", 1);
	put_pax(&tar, "GNU.sparse.minor", "0", 1);
	put_pax(&tar, "GNU.sparse.name", "real", 4);
	put_pax(&tar, "GNU.sparse.realsize", "20", 2);
	put_entry(&tar, '0', "GNUSparseFile.1/real", NULL, body, sizeof(body));
	put_end(&tar);
	assert_int_equal(first(&tar, &reader, &chunks, &e, NULL), 1);
	assert_string_equal(e.path, "real");
	assert_int_equal(e.size, 20);
	read_all(&reader, &data);
	assert_string_equal(strbuf_str(&data), "..abc.....def");
	assert_int_equal(tar_next(&reader, &(struct tar_entry){ 0 }, NULL), 0);
}

static void test_numbers(void **state)
{
	static const struct {
		char field[16];
		size_t len;
		int result;
		int64_t value;
	} cases[] = {
		{ "0000644", 8, 0, 0644 },
		{ "  644 ", 8, 0, 0644 },
		{ "", 8, 0, 0 },
		{ "77777777777", 12, 0, 077777777777 },
		{ "12345678", 8, -EINVAL, 0 },
		{ "\x80\0\0\0\x7f\xff\xff\xff", 8, 0, 0x7fffffff },
		{ "\xff\xff\xff\xff\xff\xff\xff\xfe", 8, 0, -2 },
		{ "\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12, 0, INT64_MAX },
		{ "\x80\0\0\0\x80\0\0\0\0\0\0\0", 12, -ERANGE, 0 },
		{ "\x80\x01\0\0\0\0\0\0\0\0\0\0", 12, -ERANGE, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char field[12] = { 0 };
		int64_t value = 0;

		memcpy(field, cases[i].field, cases[i].len);
		if (tar_number(field, cases[i].len, &value) != cases[i].result ||
		    value != cases[i].value)
			fail_msg("case %zu: %lld", i, (long long)value);
	}
}

static void put_raw_pax(struct strbuf *out, const char *text)
{
	put_entry(out, 'x', "pax", NULL, text, strlen(text));
	put_entry(out, '0', "f", NULL, "", 0);
}

static void test_broken(void **state)
{
	static const char *const pax[] = {
		"5 a=\n5",
		"x",
		"99 path=x\n",
		"3 =\n",
		"10 path=abc",
		"0 path=x\n",
		"12 uid=-123\n",
		"18 uid=4294967296\n",
		"14 mtime=1..2\n",
		"9 size=x\n",
		"24 GNU.sparse.map=1,2,3\n",
		"27 GNU.sparse.numbytes=123\n",
		"17 SCHILY.xattr.=x\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(pax); i++) {
		cleanup(strbuf_release) struct strbuf tar = STRBUF_INIT;
		cleanup(error_release) struct error err = ERROR_INIT;
		struct tar_entry e = TAR_ENTRY_INIT;
		struct tar_reader reader;
		struct chunks chunks;

		put_raw_pax(&tar, pax[i]);
		if (first(&tar, &reader, &chunks, &e, &err) >= 0)
			fail_msg("'%s' was taken", pax[i]);
		assert_int_equal(err.kind, ERR_INVALID);
	}
}

static void test_truncated(void **state)
{
	cleanup(strbuf_release) struct strbuf tar = STRBUF_INIT;

	put_pax(&tar, "path", "x", 1);
	put_entry(&tar, '0', "f", NULL, "0123456789", 10);
	for (size_t len = 1; len < tar.len; len += 13) {
		struct strbuf part = { tar.data, len, len };
		cleanup(tar_entry_release) struct tar_entry e = TAR_ENTRY_INIT;
		struct tar_reader reader;
		struct chunks chunks;
		int r = first(&part, &reader, &chunks, &e, NULL);

		if (r > 0)
			r = tar_next(&reader, &(struct tar_entry){ 0 }, NULL);
		if (r >= 0)
			fail_msg("%zu of %zu bytes were enough", len, tar.len);
	}
}

/* A fresh directory below /tmp, unpacked into; the caller removes it. */
struct place {
	char path[64];
	int fd;
};

static void place_make(struct place *place)
{
	strcpy(place->path, "/tmp/hoy-test-tar.XXXXXX");
	assert_non_null(mkdtemp(place->path));
	place->fd = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(place->fd >= 0);
}

static void place_remove(struct place *place)
{
	close(place->fd);
	assert_int_equal(dir_remove_all_at(AT_FDCWD, place->path), 0);
}

static int unpack_into(int fd, const struct strbuf *tar, struct unpack_result *ret,
		       struct error *err)
{
	struct chunks chunks = { tar->data, tar->len, 4096 };
	struct tar_reader reader;

	tar_reader_init(&reader, next_chunk, &chunks);
	return unpack_tar(fd, &reader, NULL, ret, err);
}

static void test_refused(void **state)
{
	static const struct {
		char type;
		const char *name, *link, *error;
	} cases[] = {
		{ '0', "../x", NULL, "it is outside of the layer" },
		{ '0', "a/../../x", NULL, "it is outside of the layer" },
		{ '5', "/../../tmp/x", NULL, "it is outside of the layer" },
		{ '1', "a", "../../etc/passwd", "a hard link out of the layer" },
		{ '1', "a", "/etc/passwd", "its parent is not a directory" },
		{ '1', "a", "nope", "a hard link to what is not in the layer" },
		{ '0', "./", NULL, "the root must be a directory" },
		{ '0', ".wh..", NULL, "a whiteout of no file" },
		{ '0', ".wh...", NULL, "a whiteout of no file" },
		{ '0', ".wh.", NULL, "a whiteout of no file" },
		{ '0', "etc/x", NULL, "its parent is not a directory" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup(strbuf_release) struct strbuf tar = STRBUF_INIT;
		cleanup(error_release) struct error err = ERROR_INIT;
		struct unpack_result result = { 0 };
		struct place place;

		put_entry(&tar, '0', "etc", NULL, "a file", 6);
		put_entry(&tar, cases[i].type, cases[i].name, cases[i].link, "", 0);
		put_end(&tar);
		place_make(&place);
		if (unpack_into(place.fd, &tar, &result, &err) >= 0)
			fail_msg("%s was taken", cases[i].name);
		if (!strstr(error_text(&err), cases[i].error))
			fail_msg("%s: %s", cases[i].name, error_text(&err));
		place_remove(&place);
	}
}

/* A symbolic link out of the layer is kept, and nothing is written through it to the outside. */
static void test_links_stay_inside(void **state)
{
	cleanup(strbuf_release) struct strbuf tar = STRBUF_INIT;
	cleanup(unpack_result_release) struct unpack_result result = { 0 };
	struct place outside, place;
	struct stat st;

	place_make(&outside);
	place_make(&place);
	put_entry(&tar, '5', "tmp", NULL, "", 0);
	put_entry(&tar, '2', "out", outside.path, "", 0);
	put_entry(&tar, '2', "up", "../../../../../../../../tmp", "", 0);
	put_entry(&tar, '0', "up/inside", NULL, "x", 1);
	put_end(&tar);
	assert_int_equal(unpack_into(place.fd, &tar, &result, NULL), 0);
	assert_int_equal(fstatat(place.fd, "tmp/inside", &st, 0), 0);
	strbuf_reset(&tar);
	put_entry(&tar, '0', "out/evil", NULL, "x", 1);
	put_end(&tar);
	(void)!unpack_into(place.fd, &tar, &result, NULL);
	assert_int_equal(fstatat(outside.fd, "evil", &st, 0), -1);
	place_remove(&place);
	place_remove(&outside);
}

static void test_replaced(void **state)
{
	cleanup(strbuf_release) struct strbuf tar = STRBUF_INIT;
	cleanup(unpack_result_release) struct unpack_result result = { 0 };
	struct place place;
	struct stat st;

	put_entry(&tar, '5', "d", NULL, "", 0);
	put_entry(&tar, '0', "d/x", NULL, "1", 1);
	put_entry(&tar, '0', "d", NULL, "now a file", 10);
	put_entry(&tar, '2', "l", "d", "", 0);
	put_entry(&tar, '0', "l", NULL, "not through the link", 20);
	put_entry(&tar, '0', "a/b/c", NULL, "no parents", 10);
	put_entry(&tar, '1', "a/b/c", "a/b/c", "", 0);
	put_entry(&tar, '0', "d/", NULL, "", 0);
	put_end(&tar);
	place_make(&place);
	assert_int_equal(unpack_into(place.fd, &tar, &result, NULL), 0);
	assert_int_equal(fstatat(place.fd, "l", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_size, 20);
	assert_int_equal(fstatat(place.fd, "a/b", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	place_remove(&place);
}

static void test_whiteouts(void **state)
{
	cleanup(strbuf_release) struct strbuf tar = STRBUF_INIT;
	cleanup(unpack_result_release) struct unpack_result result = { 0 };
	struct place place;
	struct stat st;

	if (geteuid() != 0)
		skip(); /* chown */
	put_entry(&tar, '0', "d/.wh.gone", NULL, "", 0);
	put_entry(&tar, '0', "d/.wh..wh..opq", NULL, "", 0);
	put_entry(&tar, '0', ".wh..wh.plnk", NULL, "", 0);
	put_entry(&tar, '0', "both", NULL, "stays", 5);
	put_entry(&tar, '0', ".wh.both", NULL, "", 0);
	put_entry(&tar, '0', ".wh.again", NULL, "", 0);
	put_entry(&tar, '5', "again", NULL, "", 0);
	put_end(&tar);
	place_make(&place);
	assert_int_equal(unpack_into(place.fd, &tar, &result, NULL), 0);
	assert_int_equal(fstatat(place.fd, "d/gone", &st, 0), 0);
	assert_true(S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0));
	assert_int_equal(fstatat(place.fd, "both", &st, 0), 0);
	assert_int_equal(st.st_size, 5);
	assert_int_equal(fstatat(place.fd, "again", &st, 0), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(strv_len(result.opaque), 2);
	assert_string_equal(result.opaque[0], "d");
	assert_string_equal(result.opaque[1], "again");
	assert_int_equal(fstatat(place.fd, ".wh..wh.plnk", &st, 0), -1);
	place_remove(&place);
}

static void test_clean_path(void **state)
{
	static const struct {
		const char *path, *clean;
	} cases[] = {
		{ "", "" },
		{ "/", "" },
		{ "./", "" },
		{ "a/b/", "a/b" },
		{ "//a//./b", "a/b" },
		{ "a/../b", "b" },
		{ "a/..", "" },
		{ "..a/...", "..a/..." },
		{ "..", NULL },
		{ "a/../..", NULL },
		{ "/../a", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *clean = NULL;
		int r = unpack_clean_path(cases[i].path, &clean);

		assert_int_equal(r, cases[i].clean ? 0 : -EXDEV);
		if (cases[i].clean)
			assert_string_equal(clean, cases[i].clean);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),	   cmocka_unit_test(test_pax),
		cmocka_unit_test(test_sparse),	   cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_broken),	   cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_refused),	   cmocka_unit_test(test_links_stay_inside),
		cmocka_unit_test(test_replaced),   cmocka_unit_test(test_whiteouts),
		cmocka_unit_test(test_clean_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
