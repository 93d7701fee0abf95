/* SPDX-License-Identifier: Apache-2.0 */
/* What is left to a process in the sandbox, tried out in children. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "sys/caps.h"
#include "sys/sandbox.h"

static char work_dir[] = "/tmp/hoy-sandbox.XXXXXX";

static int setup(void **state)
{
	return mkdtemp(work_dir) && chmod(work_dir, 0777) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/file", work_dir);
	(void)unlink(path);
	return rmdir(work_dir);
}

/* Each returns 0 when the thing was refused with @want (or done, for 0), else a number that says
 * what. */
static int try_things(const struct sandbox *sandbox, int dir)
{
	char *argv[] = { (char *)(uintptr_t) "true", NULL };
	int fd = openat(dir, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, "x", 1) != 1)
		return 1;
	if (sandbox_has_landlock() &&
	    (open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0 || errno != EACCES))
		return 2;
	if (open("/etc/hoy-sandbox-test", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0)
		return 3;
	if (mount("x", work_dir, "tmpfs", 0, NULL) == 0 || errno != EPERM)
		return 4;
	if (unshare(CLONE_NEWUSER) == 0 || errno != EPERM)
		return 5;
	if (execve("/bin/true", argv, argv) == 0 || errno != EPERM)
		return 6;
	if ((socket(AF_INET, SOCK_STREAM, 0) >= 0) != sandbox->network)
		return 7;
	if (socket(AF_PACKET, SOCK_RAW, 0) >= 0)
		return 8;
	if (chroot("/") == 0 || kill(getppid(), 0) == 0)
		return 9;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || prctl(PR_GET_DUMPABLE) != 0)
		return 10;
	return 0;
}

static int ids_and_caps(const struct sandbox *sandbox)
{
	struct stat st;
	uint64_t have;

	if (sandbox->uid &&
	    (getuid() != sandbox->uid || geteuid() != sandbox->uid || getgroups(0, NULL) != 0))
		return 20;
	if (sandbox->gid && getegid() != sandbox->gid)
		return 21;
	if (caps_permitted(&have) < 0 || have & ~sandbox->keep_caps)
		return 22;
	if (sandbox->keep_caps & 1ULL << CAP_CHOWN) {
		char path[64];

		(void)snprintf(path, sizeof(path), "%s/file", work_dir);
		if (chown(path, 4321, 4321) < 0 || stat(path, &st) < 0 || st.st_uid != 4321)
			return 23;
	}
	return prctl(PR_CAPBSET_READ, CAP_CHOWN, 0, 0, 0) == 0 ? 0 : 24;
}

static int in_child(const struct sandbox *sandbox)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int dir = open(work_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
		struct sandbox mine = *sandbox;
		int r;

		mine.writable_dirs = &dir;
		mine.n_writable_dirs = 1;
		r = sandbox_enter(&mine);
		if (r < 0)
			_exit(100 - r);
		r = try_things(&mine, dir);
		_exit(r ? r : ids_and_caps(&mine));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void test_sandbox(void **state)
{
	static const struct sandbox cases[] = {
		{ .uid = 65534, .gid = 65534 },
		{ .uid = 65534, .gid = 65534, .network = true },
		{ .keep_caps = 1ULL << CAP_CHOWN | 1ULL << CAP_DAC_OVERRIDE },
	};

	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char path[64];
		int r = in_child(&cases[i]);

		if (r)
			fail_msg("case %zu: %d", i, r);
		(void)snprintf(path, sizeof(path), "%s/file", work_dir);
		assert_int_equal(unlink(path), 0);
	}
}

static void test_readable(void **state)
{
	static const char *const readable[] = { "/etc/passwd", "/no/such/file", NULL };
	int status;
	pid_t pid;

	if (geteuid() != 0 || !sandbox_has_landlock())
		skip();
	pid = fork();
	if (pid == 0) {
		const struct sandbox sandbox = { .uid = 65534, .readable_paths = readable };

		if (sandbox_enter(&sandbox) < 0)
			_exit(1);
		if (open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0)
			_exit(2);
		_exit(open("/etc/hostname", O_RDONLY | O_CLOEXEC) >= 0 ? 3 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sandbox),
		cmocka_unit_test(test_readable),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
