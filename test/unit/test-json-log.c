/* SPDX-License-Identifier: Apache-2.0 */
/* wire/json-log.c, wire/local-log.c, monitor/output-log.c and engine/log-reader.c: what one writes
 * the other reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/strv.h"
#include "engine/log-reader.h"
#include "monitor/output-log.h"
#include "sys/file.h"
#include "wire/local-log.h"

#define STAMP "2026-01-02T03:04:05.123456789Z"

struct place {
	char dir[32], path[64];
	struct output_log log;
};

/* Each test of files runs with both formats. */
static const char *driver = "json-file";

static int use_local(void **state)
{
	driver = "local";
	return 0;
}

static int use_json(void **state)
{
	driver = "json-file";
	return 0;
}

static void place_open(struct place *p, int64_t max_size, unsigned int max_file)
{
	struct monitor_args args = MONITOR_ARGS_INIT;

	strcpy(p->dir, "/tmp/hoy-log.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	(void)snprintf(p->path, sizeof(p->path), "%s/c.log", p->dir);
	args.log_driver = driver;
	args.log_path = p->path;
	args.log_max_size = max_size;
	args.log_max_file = max_file;
	assert_int_equal(output_log_open(&args, NULL, &p->log, NULL), 0);
}

static void place_close(struct place *p)
{
	output_log_release(&p->log);
	assert_int_equal(dir_remove_all_at(AT_FDCWD, p->dir), 0);
}

static int place_read(const struct place *p, int64_t tail, struct log_reader *ret)
{
	return log_reader_open(&(struct log_source){ .dir = p->dir,
						     .name = "c.log",
						     .program = "/nowhere",
						     .local = strcmp(driver, "local") == 0 },
			       tail, ret);
}

static void test_encode(void **state)
{
	static const struct {
		const char *text, *json;
	} cases[] = {
		{ "plain", "plain" },
		{ "q\"b\\t\tcr\r", "q\\\"b\\\\t\\u0009cr\\r" },
		{ "<a&b>", "\\u003ca\\u0026b\\u003e" },
		{ "gr\xc3\xbc\xc3\x9f\x65", "gr\xc3\xbc\xc3\x9f\x65" },
		{ "bad\xff\xc3", "bad\\ufffd\\ufffd" },
		{ "\xe2\x80\xa8", "\\u2028" },
		{ "\x7f\x1b[0m", "\x7f\\u001b[0m" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
		cleanup_free char *want = xasprintf(
			"{\"log\":\"%s\\n\",\"stream\":\"stderr\",\"time\":\"" STAMP "\"}\n",
			cases[i].json);

		json_log_encode(&out, cases[i].text, strlen(cases[i].text), true, 2, STAMP, NULL);
		assert_string_equal(out.data, want);
	}
}

static void test_decode(void **state)
{
	static const char *const bad[] = { "",
					   "{",
					   "{}",
					   "[]",
					   "null",
					   "{\"log\":1,\"stream\":\"stdout\"}",
					   "{\"log\":\"x\",\"stream\":\"stdin\"}",
					   "{\"log\":\"x\",\"stream\":\"stdout\",\"time\":\"now\"}",
					   "{\"log\":\"x\",\"stream\":\"stdout\"}x" };
	struct json_log_record rec = JSON_LOG_RECORD_INIT;
	const char *good = "{\"log\":\"a\\u0000b\\n\",\"stream\":\"stdout\",\"attrs\":{\"k\":\"v\"}"
			   ",\"time\":\"" STAMP "\"}\n";

	assert_int_equal(json_log_decode(good, strlen(good), &rec), 0);
	assert_int_equal(rec.log.len, 4);
	assert_memory_equal(rec.log.data, "a\0b\n", 4);
	assert_int_equal(rec.stream, 1);
	assert_int_equal(rec.time % 1000000000, 123456789);
	assert_string_equal(rec.attrs.data, "{\"k\":\"v\"}");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(json_log_decode(bad[i], strlen(bad[i]), &rec), -EBADMSG);
	json_log_record_release(&rec);
}

/* All text that a reader gives, and the number of records. */
static size_t read_all(const struct place *p, int64_t tail, struct strbuf *out)
{
	struct log_reader reader = LOG_READER_INIT;
	size_t n = 0;

	strbuf_reset(out);
	assert_int_equal(place_read(p, tail, &reader), 0);
	while (log_reader_next(&reader) > 0) {
		strbuf_add(out, reader.record.log.data, reader.record.log.len);
		n++;
	}
	log_reader_release(&reader);
	return n;
}

static void test_lines_and_pieces(void **state)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT, all = STRBUF_INIT;
	struct place p;

	place_open(&p, -1, 1);
	output_log_write(&p.log, 1, "one\ntw", 6);
	output_log_write(&p.log, 2, "err\n", 4);
	output_log_write(&p.log, 1, "o\nthree", 7);
	assert_int_equal(read_all(&p, -1, &text), 3);
	assert_string_equal(strbuf_str(&text), "one\nerr\ntwo\n");
	output_log_flush(&p.log);
	assert_int_equal(read_all(&p, -1, &text), 4);
	assert_string_equal(strbuf_str(&text), "one\nerr\ntwo\nthree");
	assert_int_equal(read_all(&p, 2, &text), 2);
	assert_string_equal(strbuf_str(&text), "two\nthree");
	output_log_write(&p.log, 1, "\n", 1);
	/* A line of 40,000 bytes: 16384, 16384, 7232. */
	for (size_t i = 0; i < 40000; i++)
		strbuf_addc(&all, (char)('a' + i % 26));
	strbuf_addc(&all, '\n');
	for (size_t i = 0; i < all.len; i += 1000)
		output_log_write(&p.log, 1, all.data + i, all.len - i < 1000 ? all.len - i : 1000);
	assert_int_equal(read_all(&p, 1, &text), 3);
	assert_string_equal(strbuf_str(&text), all.data);
	assert_int_equal(read_all(&p, 0, &text), 0);
	place_close(&p);
}

static void test_piece_borders(void **state)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT, line = STRBUF_INIT;

	/* Exactly full, and with a sequence of three bytes across the border. */
	for (int extra = -3; extra <= 3; extra++) {
		struct place p;

		place_open(&p, -1, 1);
		strbuf_reset(&line);
		while (line.len < (size_t)(JSON_LOG_PIECE_MAX + extra))
			strbuf_addc(&line, 'x');
		strbuf_adds(&line, "\xe2\x82\xac\n");
		output_log_write(&p.log, 1, line.data, line.len);
		(void)read_all(&p, -1, &text);
		assert_string_equal(strbuf_str(&text), line.data);
		place_close(&p);
	}
}

static void write_lines(struct place *p, int from, int to)
{
	for (int i = from; i < to; i++) {
		char line[32];
		int n = snprintf(line, sizeof(line), "line %d\n", i);

		output_log_write(&p->log, 1, line, (size_t)n);
	}
}

static void test_rotation(void **state)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct log_reader reader = LOG_READER_INIT;
	struct place p;
	int seen = 0;

	place_open(&p, 1000, 3);
	write_lines(&p, 0, 5);
	assert_int_equal(place_read(&p, -1, &reader), 0);
	/* A reader that keeps up sees every line over many rotations. */
	for (int i = 5; i < 200; i++) {
		write_lines(&p, i, i + 1);
		while (log_reader_next(&reader) > 0) {
			char want[32];

			(void)snprintf(want, sizeof(want), "line %d\n", seen++);
			assert_string_equal(strbuf_str(&reader.record.log), want);
		}
	}
	assert_int_equal(seen, 200);
	log_reader_release(&reader);
	assert_int_equal(read_all(&p, 20, &text), 20);
	assert_memory_equal(text.data, "line 180\n", 9);
	assert_true(read_all(&p, -1, &text) < 100);
	place_close(&p);
}

static void test_single_file(void **state)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct log_reader reader = LOG_READER_INIT;
	struct place p;
	size_t n = 0;

	place_open(&p, 1000, 1);
	assert_int_equal(place_read(&p, -1, &reader), 0);
	for (int i = 0; i < 100; i++) {
		write_lines(&p, i, i + 1);
		while (log_reader_next(&reader) > 0)
			n++;
	}
	assert_int_equal(n, 100);
	log_reader_release(&reader);
	assert_true(p.log.file.size <= 1100);
	place_close(&p);
}

static void test_torn(void **state)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct monitor_args args = MONITOR_ARGS_INIT;
	struct place p;
	int fd;

	place_open(&p, -1, 1);
	output_log_write(&p.log, 1, "a\n", 2);
	fd = open(p.path, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, "{\"log\":\"ha", 10), 10); /* or half of anything */
	(void)close(fd);
	output_log_release(&p.log);
	args.log_driver = driver;
	args.log_path = p.path;
	assert_int_equal(output_log_open(&args, NULL, &p.log, NULL), 0);
	output_log_write(&p.log, 1, "b\n", 2);
	assert_int_equal(read_all(&p, -1, &text), 2);
	assert_string_equal(strbuf_str(&text), "a\nb\n");
	place_close(&p);
}

static void test_attributes(void **state)
{
	static const char attrs[] = "{\"a\":\"1\",\"b\":\"q\\\"\"}";
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT, encoded = STRBUF_INIT;
	struct json_log_record rec = JSON_LOG_RECORD_INIT;

	json_log_encode(&out, "x", 1, true, 1, STAMP, attrs);
	assert_string_equal(out.data,
			    "{\"log\":\"x\\n\",\"stream\":\"stdout\",\"attrs\":{\"a\":\"1\","
			    "\"b\":\"q\\\"\"},\"time\":\"" STAMP "\"}\n");
	strbuf_reset(&out);
	local_log_attrs(&encoded, attrs);
	local_log_encode(&out, "x", 1, true, 2, 5, NULL, &encoded);
	assert_int_equal(local_log_length(out.data), out.len - 8);
	assert_int_equal(local_log_decode(out.data + 4, out.len - 8, &rec), 0);
	assert_string_equal(strbuf_str(&rec.attrs), attrs);
	assert_string_equal(strbuf_str(&rec.log), "x\n");
	assert_int_equal(rec.stream, 2);
	assert_int_equal(rec.time, 5);
	json_log_record_release(&rec);
}

#define BOTH(test) cmocka_unit_test_setup(test, use_json), cmocka_unit_test_setup(test, use_local)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_attributes),
		BOTH(test_lines_and_pieces),
		BOTH(test_piece_borders),
		BOTH(test_rotation),
		BOTH(test_single_file),
		BOTH(test_torn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
