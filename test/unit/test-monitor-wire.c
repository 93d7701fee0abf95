/* SPDX-License-Identifier: Apache-2.0 */
/* wire/monitor.c and wire/monitor-args.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "wire/monitor.h"

static void test_frames(void **state)
{
	static const struct {
		struct monitor_frame frame;
		size_t len;
		bool from_client;
		int result;
	} cases[] = {
		{ { MONITOR_HELLO, 0, MONITOR_HELLO_FLAGS, 0 }, 0, true, 0 },
		{ { MONITOR_HELLO, 0, MONITOR_NO_RESTART, 0 }, 0, true, -EBADMSG },
		{ { MONITOR_HELLO, 0, 0, 0 }, 1, true, -EBADMSG },
		{ { MONITOR_STDIN, 0, 0, 0 }, 1, true, 0 },
		{ { MONITOR_STDIN, 0, 0, 0 }, 0, true, -EBADMSG },
		{ { MONITOR_STDIN, 0, 0, 0 }, MONITOR_DATA_MAX + 1, true, -EBADMSG },
		{ { MONITOR_STDIN_EOF, 1, 0, 0 }, 0, true, -EBADMSG },
		{ { MONITOR_SIGNAL, 0, MONITOR_NO_RESTART, 15 }, 0, true, 0 },
		{ { MONITOR_SIGNAL, 0, 0, 65 }, 0, true, -EBADMSG },
		{ { MONITOR_RESIZE, 0, 0, ~0U }, 0, true, 0 },
		{ { MONITOR_POLICY, 0, 0, 3 }, 6, true, 0 },
		{ { MONITOR_POLICY, 0, 0, 3 }, 0, true, -EBADMSG },
		{ { MONITOR_POLICY, 0, 0, 3 }, 6, false, -EBADMSG },
		{ { MONITOR_RESOLVER, 0, 0, 0 }, 6, true, 0 },
		{ { MONITOR_RESOLVER, 0, 0, 0 }, 6, false, -EBADMSG },
		{ { MONITOR_OUTPUT, 1, 0, 0 }, 5, false, 0 },
		{ { MONITOR_OUTPUT, 3, 0, 0 }, 5, false, -EBADMSG },
		{ { MONITOR_OUTPUT, 1, 0, 0 }, 5, true, -EBADMSG },
		{ { MONITOR_EXIT, 0, MONITOR_OOM_KILLED | MONITOR_WILL_RESTART, 137 },
		  0,
		  false,
		  0 },
		{ { MONITOR_HELLO, 0, 0, 0 }, 0, false, -EBADMSG },
		{ { 0, 0, 0, 0 }, 0, true, -EBADMSG },
		{ { 255, 0, 0, 0 }, 0, false, -EBADMSG },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(
			monitor_frame_check(&cases[i].frame, cases[i].len, cases[i].from_client),
			cases[i].result);
}

static void test_socket(void **state)
{
	struct monitor_frame frame = { MONITOR_STDIN, 0, 0, 0 }, got;
	static char data[MONITOR_DATA_MAX + 8], back[MONITOR_DATA_MAX];
	size_t len;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	memset(data, 'x', sizeof(data));
	assert_int_equal(monitor_frame_send(fds[0], &frame, data, MONITOR_DATA_MAX, 0), 0);
	assert_int_equal(monitor_frame_recv(fds[1], true, &got, back, &len, 0), 1);
	assert_int_equal(len, MONITOR_DATA_MAX);
	assert_memory_equal(back, data, len);
	assert_int_equal(monitor_frame_recv(fds[1], true, &got, back, &len, MSG_DONTWAIT), -EAGAIN);
	assert_int_equal(monitor_frame_send(fds[0], &frame, data, sizeof(data), 0), -EMSGSIZE);
	assert_int_equal(send(fds[0], data, sizeof(data) + sizeof(frame) - 8, 0) > 0, 1);
	assert_int_equal(monitor_frame_recv(fds[1], true, &got, back, &len, 0), -EBADMSG);
	assert_int_equal(send(fds[0], data, 3, 0), 3);
	assert_int_equal(monitor_frame_recv(fds[1], true, &got, back, &len, 0), -EBADMSG);
	(void)close(fds[0]);
	assert_int_equal(monitor_frame_recv(fds[1], true, &got, back, &len, 0), 0);
	assert_int_equal(monitor_frame_send(fds[1], &frame, "x", 1, 0), -EPIPE);
	(void)close(fds[1]);
}

static void test_pending_names(void **state)
{
	static const char *const bad[] = { "",		 ".",	       "..",
					   "-1.sock",	 "f.sock",     "ffff-1.sock",
					   "1f-1",	 "xyz-1.sock", "fffff-1.sock",
					   "1f-1.socket" };
	char name[MONITOR_PENDING_NAME_MAX];
	unsigned int flags = 0;

	monitor_pending_name(MONITOR_WANT_STDOUT | MONITOR_WANT_EXIT, "77.1", name);
	assert_string_equal(name, "a-77.1.sock");
	assert_int_equal(monitor_pending_flags(name, &flags), 0);
	assert_int_equal(flags, MONITOR_WANT_STDOUT | MONITOR_WANT_EXIT);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(monitor_pending_flags(bad[i], &flags), -EINVAL);
}

static int temp_dir(char *path)
{
	assert_non_null(mkdtemp(path));
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void put(int dirfd, const char *text)
{
	int fd = openat(dirfd, "state", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
}

static void test_state(void **state)
{
	static const char *const bad[] = {
		"",
		"v1",
		"v2 running 1 2 3 4 5 0 0 1 9\n\n9\n",
		"v1 running 1 2 3 4 5 0 0 1 9\n\n9",
		"v1 walking 1 2 3 4 5 0 0 1 9\n\n9\n",
		"v1 running 1 2 3 4 5 0 0 1 9 9\n\n9\n",
		"v1 running -1 2 3 4 5 0 0 1 9\n\n9\n",
		"v1 running x 2 3 4 5 0 0 1 9\n\n9\n",
		"v1 running 1 2 3 4 5 0 0 1 9\n\n8\n", /* torn */
		"v1 running 1 2 3 4 5 0 0 1 9\n\n",
	};
	struct monitor_state in = { MONITOR_STOPPED,
				    0,
				    0,
				    1111111111111111111,
				    2222222222222222222,
				    137,
				    true,
				    7,
				    true,
				    (char *)"two\nlines" };
	struct monitor_state out = { 0 };
	char path[] = "/tmp/hoy-state.XXXXXX";
	int dirfd = temp_dir(path);

	assert_int_equal(monitor_state_read_at(dirfd, "state", &out), -ENOENT);
	assert_int_equal(monitor_state_write_at(dirfd, &in), 0);
	assert_int_equal(monitor_state_read_at(dirfd, "state", &out), 0);
	assert_int_equal(out.status, MONITOR_STOPPED);
	assert_int_equal(out.started, in.started);
	assert_int_equal(out.finished, in.finished);
	assert_int_equal(out.exit_code, 137);
	assert_true(out.oom_killed);
	assert_int_equal(out.restarts, 7);
	assert_true(out.cleaned);
	assert_string_equal(out.error, "two lines");
	monitor_state_release(&out);
	/* A shorter text over a longer one. */
	in.error = NULL;
	assert_int_equal(monitor_state_write_at(dirfd, &in), 0);
	assert_int_equal(monitor_state_read_at(dirfd, "state", &out), 0);
	assert_null(out.error);
	monitor_state_release(&out);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		put(dirfd, bad[i]);
		assert_int_equal(monitor_state_read_at(dirfd, "state", &out), -EBADMSG);
	}
	(void)unlinkat(dirfd, "state", 0);
	(void)close(dirfd);
	(void)rmdir(path);
}

static void test_args(void **state)
{
	char *const lower[] = { (char *)"/l2", (char *)"/l1", NULL };
	char *const command[] = { (char *)"/bin/hoyd", (char *)"--reap", (char *)"x", NULL };
	struct monitor_args in = MONITOR_ARGS_INIT, out = MONITOR_ARGS_INIT;
	char **argv, **again;
	const char *bad;

	in.id = "abc";
	in.dir = "/run/abc";
	in.bundle = "/run/abc";
	in.runtime = "/bin/runtime";
	in.lower = lower;
	in.upper = "/up";
	in.work = "/work";
	in.volatile_upper = true;
	in.log_driver = "json-file";
	in.log_path = "/log";
	in.log_max_size = 20 << 20;
	in.log_max_file = 5;
	in.restart = "on-failure";
	in.restart_max = 3;
	in.exit_command = command;
	in.ready_fd = 5;
	argv = monitor_args_to_argv(&in, "hoy-monitor");
	assert_int_equal(monitor_args_from_argv((int)strv_len(argv), argv, &out, &bad), 0);
	assert_string_equal(out.lower[1], "/l1");
	assert_string_equal(out.exit_command[1], "--reap");
	assert_int_equal(out.log_max_size, 20 << 20);
	assert_int_equal(out.ready_fd, 5);
	assert_int_equal(out.lock_fd, -1);
	again = monitor_args_to_argv(&out, "hoy-monitor");
	assert_int_equal(strv_len(again), strv_len(argv));
	for (size_t i = 0; argv[i]; i++)
		assert_string_equal(again[i], argv[i]);
	monitor_args_release(&out);
	strv_free(argv);
	strv_free(again);
}

static void test_bad_args(void **state)
{
	static const struct {
		const char *args, *bad;
	} cases[] = {
		{ "", "--id" },
		{ "--id a --dir d", "--bundle" },
		{ "--id a --dir d --bundle b --runtime runc", "--runtime" },
		{ "--id a --dir d --bundle b --runtime /r --upper u", "--work" },
		{ "--id a --dir d --bundle b --runtime /r --log-driver json-file", "--log-path" },
		{ "--id a --dir d --bundle b --runtime /r --resolver 1", "--resolver-arg" },
		{ "--id a --dir d --bundle b --runtime /r --ready-fd 2", "--ready-fd" },
		{ "--id a --dir d --bundle b --runtime /r --ready-fd x", "--ready-fd" },
		{ "--id a --dir d --bundle b --runtime /r --what", "--what" },
		{ "--id", "--id" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *line =
			xasprintf("prog%s%s", cases[i].args[0] ? " " : "", cases[i].args);
		char **argv = strv_split(line, ' ');
		struct monitor_args out = MONITOR_ARGS_INIT;
		const char *bad = NULL, *shown;

		assert_int_equal(monitor_args_from_argv((int)strv_len(argv), argv, &out, &bad),
				 -EINVAL);
		shown = bad;
		assert_string_equal(shown, cases[i].bad);
		strv_free(argv);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),	      cmocka_unit_test(test_socket),
		cmocka_unit_test(test_pending_names), cmocka_unit_test(test_state),
		cmocka_unit_test(test_args),	      cmocka_unit_test(test_bad_args),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
