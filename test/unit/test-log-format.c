/* SPDX-License-Identifier: Apache-2.0 */
/* wire/log-config.c, wire/log-record.c, logging/: queue and formats; the formats' receivers are in
 * test/integration/log-drivers.bats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <zlib.h>

#include "logging/format.h"
#include "logging/queue.h"

static void add_options(struct strmap *opts, const char *text)
{
	char copy[256], *save = NULL;

	(void)snprintf(copy, sizeof(copy), "%s", text);
	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		char *value = strchr(word, '=');

		if (!value)
			continue;
		*value++ = '\0';
		strmap_set(opts, word, value);
	}
}

static void test_options(void **state)
{
	static const struct {
		const char *driver, *options;
		const char *error; /* NULL: good */
	} rows[] = {
		{ "json-file", "max-size=1k max-file=2 compress=true labels=a tag=x", NULL },
		{ "", "mode=non-blocking max-buffer-size=4m", NULL },
		{ "none", "a=b", NULL },
		{ "syslog", "syslog-address=tcp+tls://h syslog-facility=23", NULL },
		{ "syslog", "syslog-address=udp://[::1]:5514 cache-disabled=true", NULL },
		{ "syslog", "syslog-facility=24", "invalid syslog facility" },
		{ "syslog", "syslog-address=udp://h:99999",
		  "invalid syslog-address: udp://h:99999" },
		{ "gelf", "gelf-address=tcp://h:1 gelf-tcp-max-reconnect=5", NULL },
		{ "gelf", "gelf-address=udp://h:1 gelf-tcp-max-reconnect=5",
		  "gelf-tcp-max-reconnect option can only be used with TCP" },
		{ "gelf", "gelf-address=tcp://h:1 gelf-compression-type=gzip",
		  "compression is only supported on UDP" },
		{ "fluentd", "fluentd-address=tls://h fluentd-async=1", NULL },
		{ "fluentd", "fluentd-address=unix:///",
		  "invalid fluentd-address (unix:///): path is empty" },
		{ "fluentd", "fluentd-async=true fluentd-async-connect=true",
		  "conflicting options: cannot specify both 'fluentd-async' and "
		  "'fluentd-async-connect'" },
		{ "fluentd", "fluentd-async-reconnect-interval=20s",
		  "invalid value for fluentd-async-reconnect-interval: value (20s) must be between "
		  "100ms and 10s" },
		{ "splunk", "", "logger: no log driver named 'splunk' is registered" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct strmap opts cleanup(strmap_release) = STRMAP_INIT;
		struct error err cleanup(error_release) = ERROR_INIT;

		add_options(&opts, rows[i].options);
		assert_int_equal(log_options_check(rows[i].driver, &opts, &err),
				 rows[i].error ? -EINVAL : 0);
		assert_string_equal(error_text(&err), rows[i].error ? rows[i].error : "");
	}
}

static void test_endpoints(void **state)
{
	static const struct {
		enum log_driver driver;
		const char *option, *host, *port, *path;
		enum log_transport transport;
	} rows[] = {
		{ LOG_DRIVER_SYSLOG, "syslog-address=tcp://h", "h", "514", NULL, LOG_TCP },
		{ LOG_DRIVER_SYSLOG, "syslog-address=tcp+tls://h", "h", "6514", NULL, LOG_TLS },
		{ LOG_DRIVER_SYSLOG, "syslog-address=udp://[fe80::1]:1", "fe80::1", "1", NULL,
		  LOG_UDP },
		{ LOG_DRIVER_FLUENTD, "tag=x", "127.0.0.1", "24224", NULL, LOG_TCP },
		{ LOG_DRIVER_FLUENTD, "fluentd-address=:99", "localhost", "99", NULL, LOG_TCP },
		{ LOG_DRIVER_FLUENTD, "fluentd-address=unix:///a/b", NULL, NULL, "/a/b", LOG_UNIX },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct strmap opts cleanup(strmap_release) = STRMAP_INIT;
		struct log_endpoint to cleanup(log_endpoint_release) = { 0 };

		add_options(&opts, rows[i].option);
		assert_int_equal(log_endpoint_parse(rows[i].driver, &opts, &to, NULL), 0);
		assert_int_equal(to.transport, rows[i].transport);
		if (rows[i].host)
			assert_string_equal(to.host, rows[i].host);
		if (rows[i].port)
			assert_string_equal(to.port, rows[i].port);
		if (rows[i].path)
			assert_string_equal(to.path, rows[i].path);
	}
}

static void test_rotation(void **state)
{
	static const struct {
		enum log_driver driver;
		const char *options;
		int r;
		struct log_rotation want;
	} rows[] = {
		{ LOG_DRIVER_JSON_FILE, "tag=x", 0, { 20000000, 5, false } },
		{ LOG_DRIVER_JSON_FILE, "max-size=10k", 0, { 10000, 1, false } },
		{ LOG_DRIVER_JSON_FILE, "max-size=-1", 0, { -1, 1, false } },
		{ LOG_DRIVER_JSON_FILE,
		  "max-size=1k max-file=2 compress=true",
		  0,
		  { 1000, 2, true } },
		{ LOG_DRIVER_JSON_FILE, "max-file=1 compress=true", -EINVAL, { 0 } },
		{ LOG_DRIVER_JSON_FILE, "max-file=0", -EINVAL, { 0 } },
		{ LOG_DRIVER_JSON_FILE, "max-size=0", -EINVAL, { 0 } },
		{ LOG_DRIVER_LOCAL, "tag=x", 0, { 20000000, 5, true } },
		{ LOG_DRIVER_LOCAL, "max-file=1", 0, { 20000000, 1, false } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct strmap opts cleanup(strmap_release) = STRMAP_INIT;
		struct log_rotation got = { 0 };

		add_options(&opts, rows[i].options);
		assert_int_equal(log_rotation_parse(&opts, rows[i].driver, "", &got, NULL),
				 rows[i].r);
		assert_int_equal(got.max_size, rows[i].want.max_size);
		assert_int_equal(got.max_file, rows[i].want.max_file);
		assert_int_equal(got.compress, rows[i].want.compress);
	}
}

static void test_records(void **state)
{
	cleanup(strbuf_release) struct strbuf batch = STRBUF_INIT;
	struct log_record record;
	const char *text;
	size_t pos = 0;

	log_record_add(&batch, "one", 3, true, 1, 7);
	log_record_add(&batch, "", 0, false, 2, 8);
	assert_int_equal(log_record_next(batch.data, batch.len, &pos, &record, &text), 1);
	assert_memory_equal(text, "one", 3);
	assert_int_equal(record.flags, LOG_RECORD_ENDS);
	assert_int_equal(log_record_next(batch.data, batch.len, &pos, &record, &text), 1);
	assert_int_equal(record.time, 8);
	assert_int_equal(log_record_next(batch.data, batch.len, &pos, &record, &text), 0);
	pos = 0;
	assert_int_equal(log_record_next(batch.data, 10, &pos, &record, &text), -EBADMSG);
	pos = 0;
	assert_int_equal(log_record_next(batch.data, 17, &pos, &record, &text), -EBADMSG);
}

static void test_queue(void **state)
{
	struct log_queue queue cleanup(log_queue_release) = { .data = STRBUF_INIT, .limit = 200 };
	struct log_record record = { .stream = 1 };
	const char *text;
	uint32_t in = 0, out = 0;

	record.len = 300;
	assert_true(log_queue_push(&queue, &record, (char[300]){ 0 })); /* alone: any */
	log_queue_pop(&queue);
	record.len = sizeof(in);
	for (int round = 0; round < 50; round++) {
		while (log_queue_push(&queue, &record, (char *)&in))
			in++;
		assert_true(log_queue_size(&queue) <= 200);
		for (int i = 0; i < 1 + round % 7 && log_queue_peek(&queue, &record, &text); i++) {
			assert_memory_equal(text, &out, sizeof(out));
			out++;
			log_queue_pop(&queue);
		}
	}
	while (log_queue_peek(&queue, &record, &text)) {
		assert_memory_equal(text, &out, sizeof(out));
		out++;
		log_queue_pop(&queue);
	}
	assert_int_equal(in, out);
}

static void format_open(const char *driver, const char *options, struct log_forward *conf,
			struct log_format *format)
{
	*conf = (struct log_forward){
		.driver = xstrdup(driver),
		.container_id = xstrdup("0123456789abcdef"),
		.container_name = xstrdup("/name"),
		.image_id = xstrdup("sha256:1"),
		.image_name = xstrdup("image"),
		.command = xstrdup("sh -c x"),
		.created = xstrdup("2026-01-02T03:04:05Z"),
		.tag = xstrdup("tag"),
		.host_name = xstrdup("host"),
	};
	strmap_set(&conf->extra, "_my.Label", "v\nw");
	add_options(&conf->opts, options);
	assert_int_equal(log_format_init(conf, format, NULL), 0);
}

static void format_close(struct log_forward *conf, struct log_format *format, struct packets *out)
{
	packets_release(out);
	log_format_release(format);
	log_forward_release(conf);
}

static const struct log_message line = {
	.text = "te\"xt", .len = 5, .stream = 2, .time = 1767323045123456789, .last = true
};

static void test_gelf(void **state)
{
	static const char want[] =
		"{\"version\":\"1.1\",\"short_message\":\"te\\\"xt\",\"timestamp\":1767323045.123,"
		"\"level\":3,"
		"\"host\":\"host\",\"_command\":\"sh -c x\",\"_container_id\":\"0123456789abcdef\","
		"\"_container_name\":\"name\",\"_created\":\"2026-01-02T03:04:05Z\",\"_image_id\":"
		"\"sha256:1\","
		"\"_image_name\":\"image\",\"_tag\":\"tag\",\"_my.Label\":\"v\\nw\"}";
	struct packets out = { .data = STRBUF_INIT };
	struct log_forward conf;
	struct log_format format;
	char big[300 * 1024], text[1024];
	struct log_message message = line;
	z_stream z = { 0 };

	format_open("gelf", "gelf-address=tcp://h:1", &conf, &format);
	log_format_message(&format, &line, &out);
	assert_int_equal(out.data.len, sizeof(want)); /* with the zero byte */
	assert_string_equal(out.data.data, want);
	format_close(&conf, &format, &out);

	format_open("gelf", "gelf-address=udp://h:1", &conf, &format);
	log_format_message(&format, &line, &out);
	assert_int_equal(out.n, 1);
	z.next_in = (Bytef *)out.data.data;
	z.avail_in = (uInt)out.data.len;
	z.next_out = (Bytef *)text;
	z.avail_out = sizeof(text);
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_memory_equal(text, want, sizeof(want) - 1);
	(void)inflateEnd(&z);
	format_close(&conf, &format, &out);

	format_open("gelf", "gelf-address=udp://h:1 gelf-compression-type=none", &conf, &format);
	memset(big, 'x', sizeof(big));
	message.text = big;
	message.len = sizeof(big);
	log_format_message(&format, &message, &out);
	assert_int_equal(out.n, GELF_CHUNK_MAX);
	assert_int_equal(out.ends[0], 1420);
	assert_memory_equal(out.data.data, "\x1e\x0f", 2);
	format_close(&conf, &format, &out);
}

static void test_journald(void **state)
{
	struct packets out = { .data = STRBUF_INIT };
	struct log_message message = line;
	struct log_forward conf;
	struct log_format format;

	format_open("journald", "mode=blocking", &conf, &format);
	message.partial = true;
	message.last = false;
	message.ordinal = 2;
	message.id = "abc";
	log_format_message(&format, &message, &out);
	assert_non_null(strstr(out.data.data, "PRIORITY=3\nCONTAINER_ID=0123456789ab\n"
					      "CONTAINER_ID_FULL=0123456789abcdef\n"
					      "CONTAINER_NAME=name\nCONTAINER_TAG=tag\n"
					      "IMAGE_NAME=image\nSYSLOG_IDENTIFIER=tag\n"
					      "MY_LABEL\n\x03"));
	assert_memory_equal(out.data.data + out.data.len - 14, "MESSAGE=te\"xt\n", 14);
	assert_non_null(memmem(out.data.data, out.data.len, "CONTAINER_PARTIAL_ORDINAL=2\n", 28));
	assert_non_null(
		memmem(out.data.data, out.data.len, "CONTAINER_PARTIAL_MESSAGE=true\n", 31));
	format_close(&conf, &format, &out);
}

static void test_ack(void **state)
{
	static const char good[] = "\x81\xa3"
				   "ack\xa4wxyz";
	char chunk[CHUNK_ID + 1];

	for (size_t i = 0; i < sizeof(good) - 1; i++)
		assert_int_equal(fluentd_ack(good, i, chunk), 0);
	assert_int_equal(fluentd_ack(good, sizeof(good) - 1, chunk), sizeof(good) - 1);
	assert_string_equal(chunk, "wxyz");
	assert_int_equal(fluentd_ack("\x82\xa3", 2, chunk), -EBADMSG);
	assert_int_equal(fluentd_ack("\x81\xa3"
				     "nak\xa1x",
				     7, chunk),
			 -EBADMSG);
	assert_int_equal(fluentd_ack("\x81\x01", 2, chunk), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),	 cmocka_unit_test(test_endpoints),
		cmocka_unit_test(test_rotation), cmocka_unit_test(test_records),
		cmocka_unit_test(test_queue),	 cmocka_unit_test(test_gelf),
		cmocka_unit_test(test_journald), cmocka_unit_test(test_ack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
