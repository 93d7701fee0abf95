/* SPDX-License-Identifier: Apache-2.0 */
/* http/input.c and http/server.c: requests on a socket pair. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include "http/server.h"
#include "sys/fd.h"

struct pair {
	int client;
	struct http_server server;
};

static struct pair pair_open(void)
{
	struct pair pair;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	pair.client = fds[0];
	http_server_init(&pair.server, fds[1]);
	return pair;
}

static void pair_close(struct pair *pair)
{
	http_server_release(&pair->server);
	close(pair->client);
}

static void say(const struct pair *pair, const char *text)
{
	assert_int_equal(fd_write_all(pair->client, text, strlen(text)), 0);
}

/* What the server has sent, after it closed. */
static char *heard(struct pair *pair)
{
	char *text = NULL;
	size_t len;

	assert_int_equal(shutdown(pair->server.fd, SHUT_WR), 0);
	assert_int_equal(fd_read_all(pair->client, 1 << 20, &text, &len), 0);
	return text;
}

static void test_request(void **state)
{
	struct pair pair = pair_open();
	struct strbuf body = STRBUF_INIT;

	say(&pair, "POST /a?b=c HTTP/1.1\r\nHost: x\r\nEmpty:\r\nX-Two: 1\r\nx-two: "
		   "2\r\nContent-Length: 5\r\n\r\nhello"
		   "GET /next HTTP/1.1\r\nConnection: close\r\n\r\n");
	assert_int_equal(http_server_next(&pair.server), 1);
	assert_string_equal(pair.server.head.method, "POST");
	assert_string_equal(pair.server.head.target, "/a?b=c");
	assert_string_equal(http_headers_get(&pair.server.head.headers, "empty"), "");
	assert_string_equal(http_headers_get(&pair.server.head.headers, "X-TWO"), "1");
	assert_true(pair.server.keep_alive);
	assert_int_equal(http_server_body_all(&pair.server, 100, &body), 0);
	assert_string_equal(strbuf_str(&body), "hello");
	assert_int_equal(http_server_next(&pair.server), 1);
	assert_string_equal(pair.server.head.target, "/next");
	assert_false(pair.server.keep_alive);
	strbuf_release(&body);
	pair_close(&pair);
}

static void test_chunked_body_in_bits(void **state)
{
	static const char text[] =
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
		"3\r\nabc\r\n5;ext=1\r\ndefgh\r\n0\r\nTrailer: x\r\n\r\nGET /2 HTTP/1.1\r\n\r\n";

	for (size_t cut = 1; cut < sizeof(text) - 1; cut++) {
		struct pair pair = pair_open();
		struct strbuf body = STRBUF_INIT;
		char head[sizeof(text)];

		memcpy(head, text, cut);
		head[cut] = '\0';
		say(&pair, head);
		if (cut > strcspn(text, "\n") && strstr(head, "\r\n\r\n"))
			assert_int_equal(http_server_next(&pair.server), 1);
		say(&pair, text + cut);
		if (!pair.server.head.method)
			assert_int_equal(http_server_next(&pair.server), 1);
		assert_int_equal(http_server_body_all(&pair.server, 100, &body), 0);
		assert_string_equal(strbuf_str(&body), "abcdefgh");
		assert_int_equal(http_server_next(&pair.server), 1);
		assert_string_equal(pair.server.head.target, "/2");
		strbuf_release(&body);
		pair_close(&pair);
	}
}

static void test_limits(void **state)
{
	struct pair pair = pair_open();
	struct strbuf big = STRBUF_INIT, body = STRBUF_INIT;
	char *answer;

	strbuf_adds(&big, "GET / HTTP/1.1\r\nX: ");
	for (int i = 0; i < HTTP_HEAD_MAX; i++)
		strbuf_addc(&big, 'a');
	strbuf_adds(&big, "\r\n\r\n");
	say(&pair, big.data);
	assert_int_equal(http_server_next(&pair.server), -E2BIG);
	answer = heard(&pair);
	assert_memory_equal(answer, "HTTP/1.1 431 ", 13);
	free(answer);
	pair_close(&pair);

	pair = pair_open();
	strbuf_reset(&big);
	strbuf_adds(&big, "GET / HTTP/1.1\r\n");
	for (int i = 0; i < HTTP_HEADERS_MAX + 2; i++)
		strbuf_adds(&big, "a: b\r\n");
	strbuf_adds(&big, "\r\n");
	say(&pair, big.data);
	assert_int_equal(http_server_next(&pair.server), -E2BIG);
	pair_close(&pair);

	pair = pair_open();
	say(&pair, "POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n");
	strbuf_reset(&big);
	for (int i = 0; i < 101; i++)
		strbuf_addc(&big, 'x');
	say(&pair, big.data);
	assert_int_equal(http_server_next(&pair.server), 1);
	assert_int_equal(http_server_body_all(&pair.server, 100, &body), -EFBIG);
	pair_close(&pair);
	strbuf_release(&big);
	strbuf_release(&body);
}

static void test_bad_requests(void **state)
{
	static const char *const bad[] = {
		"\x16\x03\x01\x02",
		"GET\r\n\r\n",
		"BREW / HTTP/1.1\r\n\r\n",
		"GET / HTTP/1.1\r\na b: c\r\n\r\n",
		"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
		"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
		"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct pair pair = pair_open();
		char *answer;

		say(&pair, bad[i]);
		assert_int_equal(http_server_next(&pair.server), -EBADMSG);
		answer = heard(&pair);
		assert_memory_equal(answer, "HTTP/1.1 400 ", 13);
		assert_non_null(strstr(answer, "Connection: close\r\n"));
		free(answer);
		pair_close(&pair);
	}
}

static void test_cut_short(void **state)
{
	struct pair pair = pair_open();
	struct strbuf body = STRBUF_INIT;

	say(&pair, "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");
	assert_int_equal(shutdown(pair.client, SHUT_WR), 0);
	assert_int_equal(http_server_next(&pair.server), 1);
	assert_int_equal(http_server_body_all(&pair.server, 100, &body), -EBADMSG);
	pair_close(&pair);
	strbuf_release(&body);

	pair = pair_open();
	say(&pair, "GET / HT");
	assert_int_equal(shutdown(pair.client, SHUT_WR), 0);
	assert_int_equal(http_server_next(&pair.server), -ECONNRESET);
	pair_close(&pair);

	pair = pair_open();
	assert_int_equal(shutdown(pair.client, SHUT_WR), 0);
	assert_int_equal(http_server_next(&pair.server), 0);
	pair_close(&pair);
}

static void test_expect_continue(void **state)
{
	struct pair pair = pair_open();
	char line[64] = "";
	struct strbuf body = STRBUF_INIT;

	say(&pair, "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
	assert_int_equal(http_server_next(&pair.server), 1);
	assert_true(pair.server.continue_due);
	say(&pair, "ok");
	assert_int_equal(http_server_body_all(&pair.server, 100, &body), 0);
	assert_string_equal(strbuf_str(&body), "ok");
	assert_int_equal(read(pair.client, line, 25), 25);
	assert_string_equal(line, "HTTP/1.1 100 Continue\r\n\r\n");
	strbuf_release(&body);
	pair_close(&pair);
}

static void test_unread_body_closes(void **state)
{
	struct http_reply reply = { .status = 204 };
	struct pair pair = pair_open();

	say(&pair, "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nokGET /2 HTTP/1.1\r\n\r\n");
	assert_int_equal(http_server_next(&pair.server), 1);
	assert_int_equal(http_server_reply(&pair.server, &reply), 0);
	assert_true(pair.server.keep_alive); /* it was all here: dropped */
	assert_int_equal(http_server_next(&pair.server), 1);
	assert_string_equal(pair.server.head.target, "/2");
	pair_close(&pair);

	pair = pair_open();
	say(&pair, "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nok");
	assert_int_equal(http_server_next(&pair.server), 1);
	assert_int_equal(http_server_reply(&pair.server, &reply), 0);
	assert_false(pair.server.keep_alive);
	pair_close(&pair);
}

static void test_hijack(void **state)
{
	struct pair pair = pair_open();
	struct strbuf rest = STRBUF_INIT, body = STRBUF_INIT;
	char *answer;

	say(&pair, "POST /exec/1/start HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: "
		   "tcp\r\nContent-Length: 2\r\n\r\n{}early");
	assert_int_equal(http_server_next(&pair.server), 1);
	assert_true(pair.server.head.upgrade);
	assert_int_equal(http_server_body_all(&pair.server, 100, &body), 0);
	assert_string_equal(strbuf_str(&body), "{}");
	assert_int_equal(http_server_hijack(&pair.server, "application/x", &rest), 0);
	assert_string_equal(strbuf_str(&rest), "early");
	answer = heard(&pair);
	assert_string_equal(
		answer,
		"HTTP/1.1 101 UPGRADED\r\nContent-Type: application/x\r\nConnection: Upgrade\r\n"
		"Upgrade: tcp\r\n\r\n");
	free(answer);
	strbuf_release(&rest);
	strbuf_release(&body);
	pair_close(&pair);
}

/* What only looks like a request: the status, and that nothing of it is served. */
static void test_refused(void **state)
{
	static const struct {
		const char *text, *status;
	} cases[] = {
		{ "GET / HTTP/9.9\r\n\r\n", "HTTP/1.1 505 " },
		{ "GET / HTTP/2.0\r\n\r\n", "HTTP/1.1 505 " },
		{ "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		  "HTTP/1.1 501 " },
		{ "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
		  "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		  "HTTP/1.1 501 " },
		{ "POST / HTTP/1.1\r\nExpect: more\r\nContent-Length: 1\r\n\r\nx",
		  "HTTP/1.1 417 " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pair pair = pair_open();
		char *answer;

		say(&pair, cases[i].text);
		assert_true(http_server_next(&pair.server) < 0);
		assert_true(pair.server.refused && !pair.server.keep_alive);
		answer = heard(&pair);
		assert_memory_equal(answer, cases[i].status, strlen(cases[i].status));
		free(answer);
		pair_close(&pair);
	}
}

static char *head_of(size_t len)
{
	static const char begin[] = "GET / HTTP/1.1\r\nX: ";
	char *head = xmalloc(len + 1);

	memset(head, 'a', len);
	memcpy(head, begin, sizeof(begin) - 1);
	memcpy(head + len - 4, "\r\n\r\n", 5);
	return head;
}

/* The largest head is served, one byte more is refused. */
static void test_head_limit(void **state)
{
	for (size_t more = 0; more < 2; more++) {
		struct pair pair = pair_open();
		cleanup_free char *head = head_of(HTTP_HEAD_MAX + more);

		say(&pair, head);
		assert_int_equal(http_server_next(&pair.server), more ? -E2BIG : 1);
		pair_close(&pair);
	}
}

/* Exactly as many bytes, in a body of either framing. */
static void test_body_limit(void **state)
{
	static const struct {
		const char *text;
		int result;
	} cases[] = {
		{ "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcd", 0 },
		{ "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabcde", -EFBIG },
		{ "POST / HTTP/1.1\r\nTransfer-Encoding: "
		  "chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n",
		  0 },
		{ "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n1\r\n", 1 },
		{ "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n1\r\ne\r\n",
		  -EFBIG },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pair pair = pair_open();
		struct strbuf body = STRBUF_INIT;
		int want = cases[i].result == 1 ? -ETIMEDOUT : cases[i].result;

		pair.server.times.stall = 30;
		say(&pair, cases[i].text);
		assert_int_equal(http_server_next(&pair.server), 1);
		assert_int_equal(http_server_body_all(&pair.server, 4, &body), want);
		strbuf_release(&body);
		pair_close(&pair);
	}
}

/* Says a byte each few milliseconds, for longer than anybody should wait. */
static pid_t drip(const struct pair *pair, const char *text)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	close(pair->server.fd);
	for (int i = 0; i < 2000; i++) {
		if (send(pair->client, *text ? text++ : "x", 1, MSG_NOSIGNAL) < 0)
			_exit(0);
		(void)nanosleep(&pause, NULL);
	}
	_exit(1);
}

/* A time is for the whole of a head, and of a body that is read whole: who says a byte now and then
 * does not get more of it. The server then hangs up. */
static void test_times(void **state)
{
	static const char head[] = "POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n";
	struct pair pair = pair_open();
	struct strbuf body = STRBUF_INIT;
	int status;
	pid_t pid;

	pair.server.times.idle = 30;
	assert_int_equal(http_server_next(&pair.server), 0); /* says nothing */
	pair_close(&pair);

	pair = pair_open();
	pair.server.times.head = 100;
	pid = drip(&pair, "GET / HTTP/1.1\r\nX: ");
	assert_int_equal(http_server_next(&pair.server), 0);
	pair_close(&pair);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);

	pair = pair_open();
	pair.server.times.stall = 100;
	say(&pair, head);
	pid = drip(&pair, "");
	assert_int_equal(http_server_next(&pair.server), 1);
	assert_int_equal(http_server_body_all(&pair.server, 100000, &body), -ETIMEDOUT);
	assert_true(body.len < 1000);
	pair_close(&pair);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	strbuf_release(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_chunked_body_in_bits),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_expect_continue),
		cmocka_unit_test(test_unread_body_closes),
		cmocka_unit_test(test_hijack),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_head_limit),
		cmocka_unit_test(test_body_limit),
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
