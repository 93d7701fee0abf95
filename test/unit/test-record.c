/* SPDX-License-Identifier: Apache-2.0 */
/* An archive is made again byte by byte from what was unpacked, however odd it is; and gzip gives
 * the same bytes each time. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "sys/file.h"
#include "tar-lab.h"
#include "transfer/deflate.h"
#include "transfer/record.h"

struct layer {
	char path[64];
	int dirfd, diff_fd, replaced_fd, record_fd;
};

static void layer_open(struct layer *l)
{
	strcpy(l->path, "/tmp/hoy-test-record.XXXXXX");
	assert_non_null(mkdtemp(l->path));
	l->dirfd = open(l->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdirat(l->dirfd, "diff", 0755), 0);
	assert_int_equal(mkdirat(l->dirfd, RECORD_REPLACED, 0755), 0);
	l->diff_fd = openat(l->dirfd, "diff", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	l->replaced_fd = openat(l->dirfd, RECORD_REPLACED, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	l->record_fd = openat(l->dirfd, RECORD_NAME, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(l->record_fd >= 0);
}

static void layer_close(struct layer *l)
{
	close(l->record_fd);
	close(l->replaced_fd);
	close(l->diff_fd);
	close(l->dirfd);
	assert_int_equal(dir_remove_all_at(AT_FDCWD, l->path), 0);
}

static void unpack_into(struct layer *l, const struct strbuf *tar, size_t chunk)
{
	cleanup(recorder_release) struct recorder *recorder = NULL;
	cleanup(unpack_result_release) struct unpack_result result = { 0 };
	cleanup(error_release) struct error err = ERROR_INIT;
	struct chunks c = { tar->data, tar->len, chunk };
	struct tar_reader reader;

	assert_int_equal(recorder_new(l->record_fd, l->replaced_fd, &recorder, &err), 0);
	tar_reader_init(&reader, next_chunk, &c);
	if (unpack_tar(l->diff_fd, &reader, recorder_attach(recorder, &reader), &result, &err) < 0)
		fail_msg("%s", error_text(&err));
	assert_int_equal(recorder_finish(recorder, &err), 0);
}

static int take(void *arg, const void *data, size_t len, struct error *err)
{
	strbuf_add(arg, data, len);
	return 0;
}

/* Unpacked and made again, in chunks of several sizes. */
static void round_trip(const struct strbuf *tar)
{
	static const size_t chunks[] = { 100, 512, 1 << 20 };

	for (size_t i = 0; i < ARRAY_SIZE(chunks); i++) {
		cleanup(strbuf_release) struct strbuf again = STRBUF_INIT;
		cleanup(error_release) struct error err = ERROR_INIT;
		struct layer layer;

		layer_open(&layer);
		unpack_into(&layer, tar, chunks[i]);
		if (record_play(layer.dirfd, take, &again, &err) < 0)
			fail_msg("%s", error_text(&err));
		assert_int_equal(again.len, tar->len);
		assert_memory_equal(again.data, tar->data, tar->len);
		layer_close(&layer);
	}
}

static void put_big(struct strbuf *tar, const char *name, char what, size_t len)
{
	cleanup_free char *data = xcalloc(1, len + 1);

	memset(data, what, len);
	put_entry(tar, '0', name, NULL, data, len);
}

static void test_plain(void **state)
{
	cleanup(strbuf_release) struct strbuf tar = STRBUF_INIT;

	put_entry(&tar, '5', "./", NULL, "", 0);
	put_entry(&tar, '5', "./d/", NULL, "", 0);
	put_entry(&tar, '0', "./d/empty", NULL, "", 0);
	put_big(&tar, "./d/a", 'a', 300000);
	put_entry(&tar, '1', "./d/hard", "./d/a", "", 0);
	put_entry(&tar, '2', "./l", "d", "", 0);
	put_pax(&tar, "mtime", "1.5", 3);
	put_entry(&tar, '0', "./implied/parent/x", NULL, "x", 1);
	put_entry(&tar, '0', "./d/.wh.gone", NULL, "", 0);
	put_entry(&tar, '0', "./d/.wh..wh.plnk", NULL, "data of nobody", 14);
	put_end(&tar);
	strbuf_add(&tar, "what stands behind the end", 26);
	round_trip(&tar);
}

/* Later entries take the place of earlier ones, whose data is nowhere else. */
static void test_replaced(void **state)
{
	cleanup(strbuf_release) struct strbuf tar = STRBUF_INIT;

	put_big(&tar, "f", '1', 5000);
	put_big(&tar, "f", '2', 6000);
	put_entry(&tar, '5', "d", NULL, "", 0);
	put_big(&tar, "d/x", '3', 700);
	put_big(&tar, "d/sub/y", '4', 800);
	put_big(&tar, "d/x", '5', 900);
	put_big(&tar, "d", '6', 1000); /* a file where the directory was */
	put_entry(&tar, '2', "f", "d", "", 0);
	put_big(&tar, "f", '7', 11);
	put_entry(&tar, '5', "f", NULL, "", 0);
	put_big(&tar, "f/z", '8', 12);
	put_entry(&tar, '1', "h", "f/z", "", 0);
	put_big(&tar, "f/z", '9', 13);
	put_entry(&tar, '1', "f/z", "h", "", 0);
	put_end(&tar);
	round_trip(&tar);
}

/* Names that go over links, and links that go elsewhere later. */
static void test_links(void **state)
{
	cleanup(strbuf_release) struct strbuf tar = STRBUF_INIT;

	put_entry(&tar, '5', "a", NULL, "", 0);
	put_entry(&tar, '5', "b", NULL, "", 0);
	put_entry(&tar, '2', "link", "/a", "", 0);
	put_big(&tar, "link/f", '1', 1000);
	put_big(&tar, "link/new/dir/f", '2', 1000);
	put_entry(&tar, '2', "link", "../../b", "", 0);
	put_big(&tar, "link/f", '3', 1000);
	put_big(&tar, "link/f", '4', 1001);
	put_big(&tar, "a/f", '5', 1002);
	put_entry(&tar, '2', "a/new", "../b", "", 0); /* the directory goes */
	put_big(&tar, "a/new/f", '6', 7);
	put_end(&tar);
	round_trip(&tar);
}

static void test_refusals(void **state)
{
	cleanup(strbuf_release) struct strbuf tar = STRBUF_INIT, again = STRBUF_INIT;
	cleanup(error_release) struct error err = ERROR_INIT;
	struct layer layer;

	put_big(&tar, "f", '1', 5000);
	put_end(&tar);
	layer_open(&layer);
	assert_true(record_play(layer.dirfd, take, &again, &err) < 0); /* no record yet */
	error_release(&err);
	unpack_into(&layer, &tar, 512);
	assert_int_equal(unlinkat(layer.diff_fd, "f", 0), 0);
	assert_int_equal(symlinkat("/etc/passwd", layer.diff_fd, "f"), 0);
	assert_true(record_play(layer.dirfd, take, &again, &err) < 0);
	assert_non_null(strstr(error_text(&err), "/f"));
	error_release(&err);
	assert_int_equal(unlinkat(layer.diff_fd, "f", 0), 0);
	assert_int_equal(file_replace_at(layer.diff_fd, "f", "short", 5, 0600), 0);
	assert_true(record_play(layer.dirfd, take, &again, &err) < 0);
	assert_non_null(strstr(error_text(&err), "too short"));
	error_release(&err);
	assert_int_equal(ftruncate(layer.record_fd, 30), 0);
	assert_int_equal(pwrite(layer.record_fd, "garbage of nobody", 14, 16), 14);
	assert_true(record_play(layer.dirfd, take, &again, &err) < 0);
	assert_non_null(strstr(error_text(&err), "damaged"));
	layer_close(&layer);
}

/* Where nothing can be moved away the layer unpacks all the same, without a record. */
static void test_no_move(void **state)
{
	cleanup(strbuf_release) struct strbuf tar = STRBUF_INIT, again = STRBUF_INIT;
	cleanup(error_release) struct error err = ERROR_INIT;
	struct layer layer;
	struct stat st;

	put_big(&tar, "f", '1', 5000);
	put_big(&tar, "f", '2', 6000);
	put_end(&tar);
	layer_open(&layer);
	close(layer.replaced_fd);
	layer.replaced_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unpack_into(&layer, &tar, 512);
	assert_int_equal(fstatat(layer.diff_fd, "f", &st, 0), 0);
	assert_int_equal(st.st_size, 6000);
	assert_true(record_play(layer.dirfd, take, &again, &err) < 0);
	assert_non_null(strstr(error_text(&err), "without a record"));
	layer_close(&layer);
}

static void deflate_in(const struct strbuf *in, size_t piece, struct strbuf *out)
{
	cleanup(deflater_release) struct deflater *d = deflater_new(take, out);

	for (size_t i = 0; i < in->len; i += piece) {
		size_t n = in->len - i < piece ? in->len - i : piece;

		assert_int_equal(deflater_add(d, in->data + i, n, NULL), 0);
	}
	assert_int_equal(deflater_finish(d, NULL), 0);
}

static void test_gzip(void **state)
{
	cleanup(strbuf_release) struct strbuf in = STRBUF_INIT, a = STRBUF_INIT, b = STRBUF_INIT;
	cleanup_free uint8_t *back = NULL;
	z_stream z = { 0 };

	for (unsigned int i = 0; i < 600000; i++)
		strbuf_addf(&in, "%x ", i * 2654435761U >> 12);
	deflate_in(&in, 1 << 20, &a);
	deflate_in(&in, 12345, &b);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
	assert_memory_equal(a.data + 4, "\0\0\0\0", 4); /* no time */
	back = xcalloc(1, in.len + 1);
	assert_int_equal(inflateInit2(&z, 31), Z_OK);
	z.next_in = (uint8_t *)a.data;
	z.avail_in = (unsigned int)a.len;
	z.next_out = back;
	z.avail_out = (unsigned int)in.len + 1;
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.total_out, in.len);
	assert_memory_equal(back, in.data, in.len);
	(void)inflateEnd(&z);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),	cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_links),	cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_no_move), cmocka_unit_test(test_gzip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
