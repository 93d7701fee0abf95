/* SPDX-License-Identifier: Apache-2.0 */
/* Server and client on one socket pair: every framing of a body arrives as it was written; and
 * http/hijack.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "http/client.h"
#include "http/hijack.h"
#include "http/server.h"

struct sides {
	struct http_client client;
	struct http_server server;
};

static struct sides sides_open(void)
{
	struct sides sides;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	http_client_adopt(fds[0], &sides.client);
	http_server_init(&sides.server, fds[1]);
	return sides;
}

static void sides_close(struct sides *sides)
{
	http_client_release(&sides->client);
	http_server_release(&sides->server);
}

static void ask(struct sides *sides, const char *method)
{
	struct http_client_request req = { .method = method, .target = "/x" };

	assert_int_equal(http_client_send(&sides->client, &req, NULL), 0);
	assert_int_equal(http_server_next(&sides->server), 1);
}

static void test_whole(void **state)
{
	struct sides sides = sides_open();
	struct http_response response = HTTP_RESPONSE_INIT;
	struct http_reply reply = {
		.status = 201, .content_type = "text/plain", .body = "hello", .body_len = 5
	};
	struct strbuf body = STRBUF_INIT;

	for (int i = 0; i < 3; i++) {
		ask(&sides, "GET");
		assert_int_equal(http_server_reply(&sides.server, &reply), 0);
		assert_int_equal(http_client_receive(&sides.client, &response, NULL), 0);
		assert_int_equal(response.status, 201);
		assert_string_equal(http_headers_get(&response.headers, "content-type"),
				    "text/plain");
		strbuf_reset(&body);
		assert_int_equal(http_client_read_all(&sides.client, 100, &body, NULL), 0);
		assert_string_equal(strbuf_str(&body), "hello");
		assert_true(sides.client.keep_alive);
		http_response_release(&response);
	}
	strbuf_release(&body);
	sides_close(&sides);
}

static void test_head(void **state)
{
	struct sides sides = sides_open();
	struct http_response response = HTTP_RESPONSE_INIT;
	struct http_reply reply = {
		.status = 200, .content_type = "text/plain", .body = "OK", .body_len = 2
	};
	char buf[8];

	ask(&sides, "HEAD");
	assert_int_equal(http_server_reply(&sides.server, &reply), 0);
	assert_int_equal(http_client_receive(&sides.client, &response, NULL), 0);
	assert_string_equal(http_headers_get(&response.headers, "content-length"), "2");
	assert_int_equal(http_client_read(&sides.client, buf, sizeof(buf), NULL), 0);
	http_response_release(&response);
	ask(&sides, "GET");
	sides_close(&sides);
}

static void test_stream(void **state)
{
	struct sides sides = sides_open();
	struct http_response response = HTTP_RESPONSE_INIT;
	struct http_reply reply = { .status = 200 };
	char buf[64];

	ask(&sides, "GET");
	assert_int_equal(http_server_begin(&sides.server, &reply), 0);
	assert_int_equal(http_client_receive(&sides.client, &response, NULL), 0);
	assert_int_equal(http_server_write(&sides.server, "one", 3), 0);
	assert_int_equal(http_client_read(&sides.client, buf, sizeof(buf), NULL), 3);
	assert_memory_equal(buf, "one", 3);
	assert_int_equal(http_server_write(&sides.server, "", 0), 0);
	assert_int_equal(http_server_write2(&sides.server, "tw", 2, "o!", 2), 0);
	assert_int_equal(http_client_read(&sides.client, buf, 2, NULL), 2);
	assert_int_equal(http_client_read(&sides.client, buf + 2, 62, NULL), 2);
	assert_memory_equal(buf, "two!", 4);
	assert_int_equal(http_server_end(&sides.server), 0);
	assert_int_equal(http_client_read(&sides.client, buf, sizeof(buf), NULL), 0);
	assert_true(sides.client.keep_alive);
	http_response_release(&response);
	sides_close(&sides);
}

static void test_cut_stream(void **state)
{
	struct sides sides = sides_open();
	struct http_response response = HTTP_RESPONSE_INIT;
	struct http_reply reply = { .status = 200 };
	struct error err = ERROR_INIT;
	char buf[64];

	ask(&sides, "GET");
	assert_int_equal(http_server_begin(&sides.server, &reply), 0);
	assert_int_equal(http_server_write(&sides.server, "part", 4), 0);
	http_server_release(&sides.server);
	assert_int_equal(http_client_receive(&sides.client, &response, NULL), 0);
	assert_int_equal(http_client_read(&sides.client, buf, sizeof(buf), NULL), 4);
	assert_true(http_client_read(&sides.client, buf, sizeof(buf), &err) < 0);
	assert_int_equal(err.kind, ERR_UNAVAILABLE);
	error_release(&err);
	http_response_release(&response);
	sides_close(&sides);
}

static void test_upload(void **state)
{
	struct sides sides = sides_open();
	struct http_client_request req = { .method = "POST", .target = "/x", .stream_body = true };
	struct strbuf body = STRBUF_INIT;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "some bytes", 10), 10);
	close(fds[1]);
	req.body_fd = fds[0];
	assert_int_equal(http_client_send(&sides.client, &req, NULL), 0);
	assert_int_equal(http_server_next(&sides.server), 1);
	assert_int_equal(http_server_body_all(&sides.server, 100, &body), 0);
	assert_string_equal(strbuf_str(&body), "some bytes");
	close(fds[0]);
	strbuf_release(&body);
	sides_close(&sides);
}

static void test_hijack(void **state)
{
	struct sides sides = sides_open();
	struct http_client_request req = { .method = "POST", .target = "/x", .upgrade = true };
	struct http_response response = HTTP_RESPONSE_INIT;
	struct strbuf server_rest = STRBUF_INIT, client_rest = STRBUF_INIT;
	int fd;

	assert_int_equal(http_client_send(&sides.client, &req, NULL), 0);
	assert_int_equal(http_server_next(&sides.server), 1);
	assert_int_equal(http_server_hijack(&sides.server, CONTENT_TYPE_RAW_STREAM, &server_rest),
			 0);
	assert_int_equal(http_server_raw2(&sides.server, "ear", 3, "ly", 2), 0);
	assert_int_equal(http_client_receive(&sides.client, &response, NULL), 0);
	assert_true(response.upgraded);
	fd = http_client_hijack(&sides.client, &client_rest);
	assert_true(fd >= 0);
	assert_string_equal(strbuf_str(&client_rest), "early");
	close(fd);
	strbuf_release(&client_rest);
	strbuf_release(&server_rest);
	http_response_release(&response);
	sides_close(&sides);
}

static int collect(void *arg, int stream, const void *data, size_t len)
{
	struct strbuf *out = arg;

	strbuf_add(&out[stream], data, len);
	return 0;
}

static void test_demux(void **state)
{
	static const char frames[] =
		"\1\0\0\0\0\0\0\3abc\2\0\0\0\0\0\0\2xy\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\1d"
		"\4\0\0\0\0\0\0\003255";
	const size_t len = sizeof(frames) - 1;

	for (size_t step = 1; step <= len; step++) {
		struct strbuf out[HIJACK_EXIT + 1] = { 0 };
		struct hijack_demux demux = HIJACK_DEMUX_INIT;

		for (size_t at = 0; at < len; at += step)
			assert_int_equal(hijack_demux_feed(&demux, frames + at,
							   len - at < step ? len - at : step,
							   collect, out),
					 0);
		assert_string_equal(strbuf_str(&out[1]), "abcd");
		assert_string_equal(strbuf_str(&out[2]), "xy");
		assert_string_equal(strbuf_str(&out[HIJACK_EXIT]), "255");
		strbuf_release(&out[1]);
		strbuf_release(&out[2]);
		strbuf_release(&out[HIJACK_EXIT]);
	}
}

static void test_demux_refuses(void **state)
{
	struct hijack_demux demux = HIJACK_DEMUX_INIT;

	assert_int_equal(hijack_demux_feed(&demux, "HTTP/1.1", 8, collect, NULL), -EBADMSG);
	demux = (struct hijack_demux)HIJACK_DEMUX_INIT;
	assert_int_equal(hijack_demux_feed(&demux, "\5\0\0\0\0\0\0\1", 8, collect, NULL), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),  cmocka_unit_test(test_head),
		cmocka_unit_test(test_stream), cmocka_unit_test(test_cut_stream),
		cmocka_unit_test(test_upload), cmocka_unit_test(test_hijack),
		cmocka_unit_test(test_demux),  cmocka_unit_test(test_demux_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
