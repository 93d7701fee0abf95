/* SPDX-License-Identifier: Apache-2.0 */
/* D-Bus: bytes of values and messages, hostile messages, and a peer that answers over a socket. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "sys/dbus.h"
#include "sys/fd.h"
#include "sys/unixsock.h"

static void assert_bytes(const struct strbuf *b, const char *want, size_t len)
{
	assert_int_equal(b->len, len);
	assert_memory_equal(b->data, want, len);
}

static void test_values(void **state)
{
	struct strbuf b = STRBUF_INIT;
	struct dbus_array array;

	(void)state;
	dbus_put_byte(&b, 7);
	dbus_put_u32(&b, 0x01020304); /* padded to 4 */
	dbus_put_string(&b, "ab");
	dbus_put_u64(&b, 5); /* padded from 15 to 16 */
	assert_bytes(&b, "\7\0\0\0\4\3\2\1\2\0\0\0ab\0\0\5\0\0\0\0\0\0\0", 24);
	strbuf_reset(&b);
	/* The length of an array is without the padding before its first element. */
	array = dbus_array_begin(&b, '(');
	dbus_put_struct(&b);
	dbus_put_signature(&b, "s");
	dbus_put_bool(&b, true);
	dbus_array_end(&b, &array);
	assert_bytes(&b, "\10\0\0\0\0\0\0\0\1s\0\0\1\0\0\0", 16);
	strbuf_reset(&b);
	array = dbus_array_begin(&b, '(');
	dbus_array_end(&b, &array);
	assert_bytes(&b, "\0\0\0\0\0\0\0\0", 8);
	strbuf_release(&b);
}

static const struct dbus_header call = {
	.type = DBUS_CALL,
	.serial = 9,
	.destination = "org.x",
	.path = "/org/x",
	.interface = "org.x.I",
	.member = "Do",
	.signature = "su",
};

/* A copy that ends where the message does, so that reading beyond is seen. */
static uint8_t *copy_of(const struct strbuf *b)
{
	uint8_t *data = xmalloc(b->len);

	memcpy(data, b->data, b->len);
	return data;
}

static void make_call(struct strbuf *out)
{
	struct strbuf body = STRBUF_INIT;

	dbus_put_string(&body, "hello");
	dbus_put_u32(&body, 42);
	dbus_put_message(out, &call, &body);
	strbuf_release(&body);
}

static void test_message(void **state)
{
	struct strbuf out = STRBUF_INIT;
	struct dbus_message m;
	const char *text;
	uint32_t number;

	(void)state;
	make_call(&out);
	assert_int_equal(dbus_message_length((uint8_t *)out.data), out.len);
	assert_int_equal(dbus_message_parse(copy_of(&out), out.len, &m), 0);
	assert_int_equal(m.header.type, DBUS_CALL);
	assert_int_equal(m.header.serial, 9);
	assert_string_equal(m.header.destination, "org.x");
	assert_string_equal(m.header.path, "/org/x");
	assert_string_equal(m.header.member, "Do");
	assert_string_equal(m.header.signature, "su");
	assert_null(m.header.error);
	assert_int_equal(dbus_get_string(&m.body, &text), 0);
	assert_string_equal(text, "hello");
	assert_int_equal(dbus_get_u32(&m.body, &number), 0);
	assert_int_equal(number, 42);
	assert_int_equal(dbus_get_u32(&m.body, &number), -EPROTO);
	dbus_message_release(&m);
	dbus_message_release(&m);
	strbuf_release(&out);
}

/* Every byte changed to each of some values: never a crash, and what is taken is within bounds. */
static void test_damaged(void **state)
{
	static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff };
	struct strbuf out = STRBUF_INIT;

	(void)state;
	make_call(&out);
	for (size_t i = 0; i < out.len * ARRAY_SIZE(values); i++) {
		uint8_t *data = copy_of(&out);
		struct dbus_message m = { 0 };
		const char *text;

		data[i / ARRAY_SIZE(values)] = values[i % ARRAY_SIZE(values)];
		if (dbus_message_parse(data, out.len, &m) < 0)
			continue;
		if (dbus_get_string(&m.body, &text) == 0)
			assert_true(strlen(text) < out.len);
		dbus_message_release(&m);
	}
	for (size_t len = 0; len < out.len; len++) {
		struct dbus_message m;
		uint8_t *data = xmalloc(len ? len : 1);

		memcpy(data, out.data, len);
		assert_int_equal(dbus_message_parse(data, len, &m), -EPROTO);
	}
	strbuf_release(&out);
}

static void test_bounds(void **state)
{
	uint8_t head[DBUS_HEAD] = { 'l', DBUS_SIGNAL, 0, 1 };

	(void)state;
	head[7] = 0x7f; /* two gigabytes of body */
	assert_int_equal(dbus_message_length(head), -EMSGSIZE);
	head[7] = 0;
	head[14] = 0x10; /* a megabyte of header fields */
	assert_int_equal(dbus_message_length(head), -EMSGSIZE);
	head[14] = 0;
	head[3] = 2;
	assert_int_equal(dbus_message_length(head), -EPROTO);
	head[3] = 1;
	head[0] = 'B';
	assert_int_equal(dbus_message_length(head), -EPROTO);
}

static void say(int fd, const struct dbus_header *header, const struct strbuf *body)
{
	struct strbuf out = STRBUF_INIT;

	dbus_put_message(&out, header, body);
	(void)!write(fd, out.data, out.len);
	strbuf_release(&out);
}

/* A signal, the answer to somebody else, the answer, two signals. */
static void say_all(int fd)
{
	struct dbus_header signal = { .type = DBUS_SIGNAL,
				      .serial = 1,
				      .path = "/x",
				      .interface = "org.x.I",
				      .member = "Wanted" };
	const struct dbus_header stranger = { .type = DBUS_RETURN,
					      .serial = 2,
					      .reply_serial = 77 };
	const struct dbus_header answer = { .type = DBUS_ERROR,
					    .serial = 3,
					    .reply_serial = 1,
					    .error = "org.x.No",
					    .signature = "s" };
	struct strbuf body = STRBUF_INIT;

	say(fd, &signal, NULL);
	say(fd, &stranger, NULL);
	dbus_put_string(&body, "not today");
	say(fd, &answer, &body);
	signal.member = "Other";
	say(fd, &signal, NULL);
	signal.member = "Wanted";
	signal.signature = "s";
	say(fd, &signal, &body);
	strbuf_release(&body);
}

/* The peer: all lines of the authentication come at once, and nothing before their answer;
 * then messages. */
static void peer(int listen_fd, bool accepts)
{
	static const char lines[] = "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n";
	cleanup_fd int fd = unixsock_accept(listen_fd);
	char text[256];

	if (recv(fd, text, sizeof(text), 0) != sizeof(lines) - 1 ||
	    memcmp(text, lines, sizeof(lines) - 1) != 0)
		_exit(1);
	if (!accepts) {
		(void)!write(fd, "REJECTED EXTERNAL\r\n", 19);
		_exit(0);
	}
	(void)!write(fd, "DATA\r\nOK 0123\r\n", 15);
	if (read(fd, text, sizeof(text)) <= 0)
		_exit(4);
	say_all(fd);
	_exit(0);
}

static pid_t start_peer(char *address, size_t size, bool accepts)
{
	char path[64];
	int fd;
	pid_t pid;

	(void)snprintf(path, sizeof(path), "/tmp/hoy-dbus-%d", (int)getpid());
	(void)snprintf(address, size, "tcp:host=x;unix:path=/tmp/hoy%%2ddbus-%d,guid=1",
		       (int)getpid());
	fd = unixsock_listen_at(AT_FDCWD, path, SOCK_STREAM, 0600);
	assert_true(fd >= 0);
	pid = fork();
	if (pid == 0)
		peer(fd, accepts);
	(void)close(fd);
	return pid;
}

static void end_peer(pid_t pid)
{
	char path[64];
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	(void)snprintf(path, sizeof(path), "/tmp/hoy-dbus-%d", (int)getpid());
	(void)unlink(path);
}

static void test_connection(void **state)
{
	cleanup(dbus_close) struct dbus d = DBUS_INIT;
	struct dbus_message m = { 0 };
	const char *text;
	char address[128];
	pid_t pid = start_peer(address, sizeof(address), true);

	(void)state;
	assert_int_equal(dbus_connect(address, true, &d), 0);
	assert_int_equal(dbus_call(&d, &call, NULL, &m), 0);
	assert_int_equal(m.header.type, DBUS_ERROR);
	assert_string_equal(m.header.error, "org.x.No");
	assert_int_equal(dbus_get_string(&m.body, &text), 0);
	assert_string_equal(text, "not today");
	dbus_message_release(&m);
	assert_int_equal(dbus_wait_signal(&d, "org.x.I", "Wanted", &m), 0);
	assert_int_equal(dbus_get_string(&m.body, &text), 0);
	dbus_message_release(&m);
	/* Nobody is left to say more: an error, not a wait. */
	assert_int_equal(dbus_wait_signal(&d, "org.x.I", "Wanted", &m), -ECONNRESET);
	end_peer(pid);
}

static void test_refused(void **state)
{
	struct dbus d = DBUS_INIT;
	char address[128];
	pid_t pid = start_peer(address, sizeof(address), false);

	(void)state;
	assert_int_equal(dbus_connect(address, true, &d), -EACCES);
	end_peer(pid);
	assert_int_equal(dbus_connect(address, true, &d), -ENOENT);
	assert_int_equal(dbus_connect("tcp:host=x", true, &d), -EINVAL);
	assert_int_equal(dbus_connect("unix:path=/x%zz", true, &d), -EINVAL);
	assert_int_equal(dbus_connect("unix:path=/x%", true, &d), -EINVAL);
	assert_int_equal(dbus_connect("", true, &d), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),	   cmocka_unit_test(test_message),
		cmocka_unit_test(test_damaged),	   cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_connection), cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
