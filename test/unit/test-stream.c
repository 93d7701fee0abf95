/* SPDX-License-Identifier: Apache-2.0 */
/* transfer/stream.c: what a compressed layer may grow to. */
#include <errno.h>
#include <lzma.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "sys/fd.h"
#include "transfer/stream.h"

enum { MIB = 1024 * 1024, ZEROS = 100 * MIB };

/* That many zeros, compressed, in a file. */
static int zstd_file(void)
{
	cleanup_free char *zeros = xcalloc(1, ZEROS);
	size_t room = ZSTD_compressBound(ZEROS);
	cleanup_free char *data = xmalloc(room);
	size_t len = ZSTD_compress(data, room, zeros, ZEROS, 1);
	int fd;

	assert_false(ZSTD_isError(len));
	assert_true(ZEROS / len > 1100);
	assert_int_equal(fd_of_text(data, len, &fd), 0);
	return fd;
}

static int xz_file(void)
{
	cleanup_free uint8_t *zeros = xcalloc(1, ZEROS);
	size_t room = lzma_stream_buffer_bound(ZEROS), len = 0;
	cleanup_free uint8_t *data = xmalloc(room);
	int fd;

	assert_int_equal(
		lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL, zeros, ZEROS, data, &len, room),
		LZMA_OK);
	assert_true(ZEROS / len > 1100);
	assert_int_equal(fd_of_text(data, len, &fd), 0);
	return fd;
}

/* Bytes that came out; *ret_text: the refusal, "" none. */
static uint64_t drain(int fd, uint64_t room, char ret_text[256])
{
	cleanup(stream_release) struct stream *stream = stream_new(fd, NULL, false);
	cleanup(error_release) struct error err = ERROR_INIT;
	const uint8_t *data;
	uint64_t sum = 0;
	size_t len;
	int r;

	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	if (room)
		stream_limit(stream, room);
	while ((r = stream_next(stream, &data, &len, &err)) >= 0 && len > 0)
		sum += len;
	(void)snprintf(ret_text, 256, "%s", error_text(&err));
	return sum;
}

static void check_limits(int fd)
{
	char text[256];

	/* no disk to fill, or one that is large enough for an eighth of it */
	assert_int_equal(drain(fd, 0, text), ZEROS);
	assert_string_equal(text, "");
	assert_int_equal(drain(fd, UINT64_C(801) * MIB, text), ZEROS);
	assert_string_equal(text, "");
	/* an eighth is less */
	assert_in_range(drain(fd, UINT64_C(640) * MIB, text), 78 * MIB, 80 * MIB);
	assert_string_equal(text, "invalid compressed layer: it grows to more than 1,100 times its "
				  "size and beyond 83.89MB");
	/* a small disk: 64 MiB at least, and never more than there is */
	assert_in_range(drain(fd, UINT64_C(200) * MIB, text), 62 * MIB, 64 * MIB);
	assert_non_null(strstr(text, "1,100 times its size and beyond 67.11MB"));
	assert_in_range(drain(fd, UINT64_C(10) * MIB, text), 8 * MIB, 10 * MIB);
	assert_non_null(strstr(text, "more than the disk has left: No space left on device"));
}

static void test_zstd(void **state)
{
	cleanup_fd int fd = zstd_file();

	check_limits(fd);
}

static void test_xz(void **state)
{
	cleanup_fd int fd = xz_file();

	check_limits(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zstd),
		cmocka_unit_test(test_xz),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
