/* SPDX-License-Identifier: Apache-2.0 */
/* sys/pty.c, sys/signals.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/pty.h"
#include "sys/signals.h"

static void test_pair(void **state)
{
	unsigned int height = 0, width = 0;
	int master = -1, slave = -1;
	struct termios saved;
	char data[16];

	assert_int_equal(pty_open_at(AT_FDCWD, "/dev/ptmx", &master, &slave), 0);
	assert_true(fcntl(master, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(pty_set_size(master, 40, 132), 0);
	assert_int_equal(pty_get_size(slave, &height, &width), 0);
	assert_int_equal(height, 40);
	assert_int_equal(width, 132);
	assert_int_equal(pty_set_size(master, 70000, 1), -ERANGE);
	assert_int_equal(pty_make_raw(slave, &saved), 0);
	assert_int_equal(write(slave, "a\n", 2), 2);
	assert_int_equal(read(master, data, sizeof(data)), 2); /* raw: no "\r" */
	assert_int_equal(pty_restore(slave, &saved), 0);
	assert_int_equal(write(slave, "a\n", 2), 2);
	assert_int_equal(read(master, data, sizeof(data)), 3);
	(void)close(slave);
	assert_int_equal(read(master, data, sizeof(data)), -1);
	assert_int_equal(errno, EIO);
	(void)close(master);
}

static void test_controlling(void **state)
{
	int master = -1, slave = -1, status;
	pid_t pid;

	assert_int_equal(pty_open_at(AT_FDCWD, "/dev/ptmx", &master, &slave), 0);
	pid = fork();
	if (pid == 0)
		_exit(setsid() < 0 || pty_make_controlling(slave) < 0 ||
		      open("/dev/tty", O_RDWR) < 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	(void)close(master);
	(void)close(slave);
}

static void test_no_terminal(void **state)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC), master = -1, slave = -1;
	struct termios saved;

	assert_int_equal(pty_make_raw(fd, &saved), -ENOTTY);
	assert_int_equal(pty_set_size(fd, 1, 1), -ENOTTY);
	assert_int_equal(pty_open_at(AT_FDCWD, "/dev/null", &master, &slave), -ENOTTY);
	assert_int_equal(master, -1);
	(void)close(fd);
}

static void test_signals(void **state)
{
	static const int signals[] = { SIGUSR1, SIGUSR2 };
	sigset_t mask;
	int fd = signals_open(signals, ARRAY_SIZE(signals));

	assert_true(fd >= 0);
	assert_int_equal(signals_read(fd), 0);
	(void)raise(SIGUSR2);
	assert_int_equal(signals_read(fd), SIGUSR2);
	assert_int_equal(signals_read(fd), 0);
	signals_reset();
	(void)sigprocmask(SIG_SETMASK, NULL, &mask);
	assert_false(sigismember(&mask, SIGUSR1));
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pair),
		cmocka_unit_test(test_controlling),
		cmocka_unit_test(test_no_terminal),
		cmocka_unit_test(test_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
