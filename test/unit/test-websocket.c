/* SPDX-License-Identifier: Apache-2.0 */
/* http/websocket.c, and the digests of base that names and handshakes are made with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include "http/websocket.h"

struct seen {
	struct strbuf data, controls;
};

static int take_data(void *arg, const void *data, size_t len)
{
	struct seen *seen = arg;

	strbuf_add(&seen->data, data, len);
	return 0;
}

static int take_control(void *arg, enum websocket_opcode opcode, const void *data, size_t len)
{
	struct seen *seen = arg;

	strbuf_addf(&seen->controls, "%d:%.*s;", (int)opcode, (int)len, (const char *)data);
	return 0;
}

/* In pieces of each size: what comes out does not depend on them. */
static void check(const char *bytes, size_t len, int want, const char *data, const char *controls)
{
	for (size_t piece = 1; piece <= len; piece++) {
		struct seen seen = { STRBUF_INIT, STRBUF_INIT };
		const struct websocket_sink sink = { take_data, take_control, &seen };
		struct websocket_reader reader = { .head_len = 0 };
		uint8_t copy[512];
		int r = 0;

		memcpy(copy, bytes, len);
		for (size_t at = 0; r == 0 && at < len; at += piece)
			r = websocket_feed(&reader, copy + at, piece < len - at ? piece : len - at,
					   &sink);
		assert_int_equal(r, want);
		assert_string_equal(strbuf_str(&seen.data), data);
		assert_string_equal(strbuf_str(&seen.controls), controls);
		strbuf_release(&seen.data);
		strbuf_release(&seen.controls);
	}
}
#define CHECK(bytes, want, data, controls) check(bytes, sizeof(bytes) - 1, want, data, controls)

static void frames(void **state)
{
	/* RFC 6455, 5.7 */
	CHECK("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 0, "Hello", "");
	/* fragments with a ping between them, a close, and what follows it */
	CHECK("\x01\x81\0\0\0\0a\x89\x82\0\0\0\0hi\x80\x81\0\0\0\0b\x88\x80\0\0\0\0\x81\x81\0\0\0\0"
	      "z",
	      0, "ab", "9:hi;8:;");
	CHECK("\x82\xfe\x00\x02\0\0\0\0xy", 0, "xy", "");
	CHECK("\x82\xff\0\0\0\0\0\0\0\x01\0\0\0\0x", 0, "x", "");
	CHECK("\x82\x80\0\0\0\0\x8a\x80\0\0\0\0", 0, "", "10:;");
}

static void refused(void **state)
{
	CHECK("\x81\x01x", -EBADMSG, "", "");				/* not masked */
	CHECK("\xc1\x81\0\0\0\0x", -EBADMSG, "", "");			/* reserved bit */
	CHECK("\x83\x81\0\0\0\0x", -EBADMSG, "", "");			/* unknown opcode */
	CHECK("\x80\x81\0\0\0\0x", -EBADMSG, "", "");			/* continues nothing */
	CHECK("\x01\x81\0\0\0\0a\x81\x81\0\0\0\0b", -EBADMSG, "a", ""); /* begins twice */
	CHECK("\x09\x80\0\0\0\0", -EBADMSG, "", "");			/* a ping in fragments */
	CHECK("\x89\xfe\x00\x7e\0\0\0\0", -EBADMSG, "", "");		/* a long one */
	CHECK("\x82\xff\x80\0\0\0\0\0\0\0\0\0\0\0", -EBADMSG, "", "");	/* a negative length */
}

static void heads(void **state)
{
	uint8_t head[WEBSOCKET_HEADER_MAX];

	assert_int_equal(websocket_header(WEBSOCKET_BINARY, 125, head), 2);
	assert_memory_equal(head, "\x82\x7d", 2);
	assert_int_equal(websocket_header(WEBSOCKET_TEXT, 126, head), 4);
	assert_memory_equal(head, "\x81\x7e\x00\x7e", 4);
	assert_int_equal(websocket_header(WEBSOCKET_CLOSE, 65536, head), 10);
	assert_memory_equal(head, "\x88\x7f\0\0\0\0\0\x01\0\0", 10);
}

static void handshake(void **state)
{
	/* RFC 6455, 1.3 */
	char *answer = websocket_accept("dGhlIHNhbXBsZSBub25jZQ==");

	assert_string_equal(answer, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	free(answer);
	assert_null(websocket_accept("c2hvcnQ="));
	assert_null(websocket_accept("not base64!"));
}

static pid_t fork_pump(const int client[2], const int inner[2])
{
	const struct websocket_pump opts = { .fd = client[1],
					     .inner = inner[1],
					     .opcode = WEBSOCKET_BINARY };
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		close(client[0]);
		close(inner[0]);
		websocket_pump(&opts);
		_exit(0);
	}
	close(client[1]);
	close(inner[1]);
	return pid;
}

/* Asleep, soon: one that turns without pause never is. */
static bool falls_asleep(pid_t pid)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };

	for (int i = 0; i < 300; i++) {
		char path[32], stat[64] = "";
		FILE *file;

		(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
		file = fopen(path, "re");
		if (!file || !fgets(stat, sizeof(stat), file))
			return false;
		(void)fclose(file);
		if (strstr(stat, ") S"))
			return true;
		(void)nanosleep(&pause, NULL);
	}
	return false;
}

/* The container has ended, its last output waits for a client that does not read: so does the pump,
 * asleep; and what waited comes when the client reads, then the close frame. */
static void sleeps_when_nobody_reads(void **state)
{
	static char data[64 * 1024], last[4];
	int client[2], inner[2], status;
	size_t sent = 0, came = 0;
	ssize_t n;
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, client), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, inner), 0);
	pid = fork_pump(client, inner);
	for (struct pollfd pfd = { inner[0], POLLOUT, 0 }; poll(&pfd, 1, 300) > 0;) {
		n = send(inner[0], data, sizeof(data), MSG_DONTWAIT);
		sent += n > 0 ? (size_t)n : 0;
	}
	close(inner[0]);
	assert_true(falls_asleep(pid));
	while ((n = recv(client[0], data, sizeof(data), 0)) > 0) {
		came += (size_t)n;
		for (size_t i = n > 4 ? (size_t)n - 4 : 0; i < (size_t)n; i++) {
			memmove(last, last + 1, 3);
			last[3] = data[i];
		}
	}
	close(client[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(came > sent);
	assert_memory_equal(last, "\x88\x02\x03\xe8", 4);
}

/* All that the client said goes in, though it hung up while the other side took nothing. */
static void delivers_the_rest(void **state)
{
	/* a frame of 60000 bytes, its mask all 0 */
	static char frame[8 + 60000] = "\x82\xfe\xea\x60", data[64 * 1024];
	int client[2], inner[2], status, little = 8192;
	size_t came = 0;
	ssize_t n;
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, client), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, inner), 0);
	(void)setsockopt(inner[1], SOL_SOCKET, SO_SNDBUF, &little, sizeof(little));
	pid = fork_pump(client, inner);
	for (int i = 0; i < 3; i++)
		assert_int_equal(send(client[0], frame, sizeof(frame), 0), sizeof(frame));
	close(client[0]);
	while ((n = recv(inner[0], data, sizeof(data), 0)) > 0)
		came += (size_t)n;
	assert_int_equal(came, 3 * 60000);
	close(inner[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames),
		cmocka_unit_test(refused),
		cmocka_unit_test(heads),
		cmocka_unit_test(handshake),
		cmocka_unit_test(sleeps_when_nobody_reads),
		cmocka_unit_test(delivers_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
