/* SPDX-License-Identifier: Apache-2.0 */
/* sys/: fds, files, paths inside a root, locks, processes, unix sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/path.h"
#include "sys/process.h"
#include "sys/unixsock.h"

/* execve(2) wants unqualified strings; nobody writes to these. */
#define ARGV(...) ((char *const *)(const char *const[]){ __VA_ARGS__, NULL })

static char dir_path[] = "/tmp/hoy-test-sys-XXXXXX";
static int dir_fd = -1;

static int setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir_path));
	dir_fd = open(dir_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir_fd < 0;
}

static int teardown(void **state)
{
	(void)state;
	close(dir_fd);
	return dir_remove_all_at(AT_FDCWD, dir_path);
}

static void test_path_clean(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "a//b/./../c", "a/c" },
		{ "/..", "/" },
		{ "/../../x", "/x" },
		{ "..", ".." },
		{ "../../a", "../../a" },
		{ "a/../..", ".." },
		{ "", "." },
		{ "/a/b/../../..", "/" },
		{ "./", "." },
		{ "/a/", "/a" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *got cleanup_free = path_clean(cases[i].in);

		assert_string_equal(got, cases[i].out);
	}
}

static void test_file_replace(void **state)
{
	char *data = NULL;
	size_t len;

	(void)state;
	assert_int_equal(file_replace_at(dir_fd, "f", "one", 3, 0600), 0);
	assert_int_equal(file_replace_at(dir_fd, "f", "second", 6, 0600), 0);
	assert_int_equal(file_read_at(dir_fd, "f", 6, &data, &len), 0);
	assert_int_equal(len, 6);
	assert_string_equal(data, "second");
	free(data);
	assert_int_equal(file_read_at(dir_fd, "f", 5, &data, &len), -EFBIG);
	assert_int_equal(symlinkat("f", dir_fd, "link"), 0);
	assert_int_equal(file_read_at(dir_fd, "link", 6, &data, &len), -ELOOP);
}

static void test_path_in_root(void **state)
{
	int fd, root;

	(void)state;
	assert_int_equal(mkdirat(dir_fd, "root", 0755), 0);
	assert_int_equal(symlinkat("/etc", dir_fd, "root/abs"), 0);
	assert_int_equal(symlinkat("../../../../etc", dir_fd, "root/rel"), 0);
	root = openat(dir_fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(root >= 0);
	assert_int_equal(path_open(root, "abs/passwd", O_RDONLY, 0, LOOKUP_IN_ROOT), -ENOENT);
	assert_int_equal(path_open(root, "../f", O_RDONLY, 0, LOOKUP_BENEATH), -EXDEV);
	fd = path_mkdir_all(root, "/a/b/c", 0755);
	assert_true(fd >= 0);
	close(fd);
	/* the link's target is made inside the root, not on the host */
	fd = path_mkdir_all(root, "rel/made", 0755);
	assert_int_equal(fd, -ENOENT); /* "etc" is missing behind a dangling link: refused */
	assert_int_equal(mkdirat(root, "etc", 0755), 0);
	fd = path_mkdir_all(root, "rel/made/deep", 0755);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(faccessat(root, "etc/made/deep", F_OK, 0), 0);
	assert_int_not_equal(access("/etc/made", F_OK), 0);
	close(root);
}

static void test_dir_remove(void **state)
{
	(void)state;
	assert_int_equal(dir_make_all_at(dir_fd, "t/a/b", 0755), 0);
	assert_int_equal(symlinkat("/", dir_fd, "t/a/root"), 0);
	assert_int_equal(file_replace_at(dir_fd, "t/a/b/file", "x", 1, 0600), 0);
	assert_int_equal(dir_remove_all_at(dir_fd, "t"), 0);
	assert_int_not_equal(faccessat(dir_fd, "t", F_OK, 0), 0);
	assert_int_equal(dir_remove_all_at(dir_fd, "t"), 0);
	assert_int_equal(access("/etc", F_OK), 0);
}

static void test_lock(void **state)
{
	int a = lock_open_at(dir_fd, "lock"), b = lock_open_at(dir_fd, "lock");
	bool held = true;

	(void)state;
	assert_int_equal(lock_is_held(b, &held), 0);
	assert_false(held);
	assert_int_equal(lock_take(a), 0);
	assert_int_equal(lock_is_held(b, &held), 0);
	assert_true(held);
	assert_int_equal(lock_try(b), -EAGAIN);
	assert_int_equal(lock_drop(a), 0);
	assert_int_equal(lock_try(b), 0);
	close(a);
	close(b);
}

static void test_spawn(void **state)
{
	char *const *argv = ARGV("sh", "-c", "read x <&5; echo \"got $x\"; exit 7");
	int in[2], out[2], pidfd = -1, status = -1;
	struct spawn spawn = { .file = "/bin/sh", .argv = argv, .n_fds = 2, .dirfd = -1 };
	struct spawn missing = { .file = "/no/such/program", .argv = ARGV("none"), .dirfd = -1 };
	char text[32] = "";

	(void)state;
	assert_int_equal(fd_pipe(&in[0], &in[1]), 0);
	assert_int_equal(fd_pipe(&out[0], &out[1]), 0);
	spawn.fds = (struct fd_map[]){ { in[0], 5 }, { out[1], 1 } };
	assert_int_equal(process_spawn(&spawn, &pidfd, NULL), 0);
	close(out[1]);
	assert_int_equal(fd_write_all(in[1], "hello\n", 6), 0);
	assert_int_equal(fd_read_full(out[0], text, sizeof(text) - 1), 10);
	assert_string_equal(text, "got hello\n");
	assert_int_equal(process_wait(pidfd, &status), 0);
	assert_int_equal(status, 7);
	close(pidfd);
	close(in[0]);
	close(in[1]);
	close(out[0]);
	assert_int_equal(process_spawn(&missing, &pidfd, NULL), -ENOENT);
}

static void test_spawn_swapped_fds(void **state)
{
	char *const *argv = ARGV("sh", "-c", "echo a >&6; echo b >&7");
	int one[2], two[2], pidfd, status;
	char text[64] = "";

	(void)state;
	assert_int_equal(fd_pipe(&one[0], &one[1]), 0);
	assert_int_equal(fd_pipe(&two[0], &two[1]), 0);
	/* targets collide with sources: 6 and 7 may be any of these four */
	struct fd_map map[] = { { one[1], 6 }, { two[1], 7 } };
	struct spawn spawn = {
		.file = "/bin/sh", .argv = argv, .fds = map, .n_fds = 2, .dirfd = -1
	};

	assert_int_equal(process_spawn(&spawn, &pidfd, NULL), 0);
	close(one[1]);
	close(two[1]);
	assert_int_equal(process_wait(pidfd, &status), 0);
	assert_int_equal(status, 0);
	assert_int_equal(fd_read_full(one[0], text, sizeof(text) - 1), 2);
	assert_int_equal(strncmp(text, "a\n", 2), 0);
	close(one[0]);
	close(two[0]);
	close(pidfd);
}

static void test_wait_signal(void **state)
{
	struct spawn spawn = { .file = "/bin/sleep", .argv = ARGV("sleep", "100"), .dirfd = -1 };
	uint64_t start = 0;
	int pidfd, status;
	pid_t pid;

	(void)state;
	assert_int_equal(process_spawn(&spawn, &pidfd, &pid), 0);
	assert_int_equal(process_start_time(pid, &start), 0);
	assert_true(start > 0);
	assert_int_equal(process_signal(pidfd, SIGKILL), 0);
	assert_int_equal(process_wait(pidfd, &status), 0);
	assert_int_equal(status, 128 + SIGKILL);
	assert_int_equal(process_start_time(pid, &start), -ESRCH);
	close(pidfd);
}

static void test_unixsock(void **state)
{
	int listener = unixsock_listen_at(dir_fd, "s", SOCK_SEQPACKET, 0600);
	int client, server, passed = -1;
	struct ucred peer;
	struct stat st;
	char data[8];

	(void)state;
	assert_true(listener >= 0);
	assert_int_equal(fstatat(dir_fd, "s", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	client = unixsock_connect_at(dir_fd, "s", SOCK_SEQPACKET);
	assert_true(client >= 0);
	server = unixsock_accept(listener);
	assert_true(server >= 0);
	assert_int_equal(unixsock_peer(server, &peer), 0);
	assert_int_equal(peer.pid, getpid());
	assert_int_equal(unixsock_send_fd(client, "hi", 2, dir_fd), 0);
	assert_int_equal(unixsock_recv_fd(server, data, sizeof(data), &passed), 2);
	assert_true(passed >= 0);
	assert_int_equal(faccessat(passed, "s", F_OK, 0), 0);
	close(passed);
	assert_int_equal(unixsock_send_fd(server, "yo", 2, -1), 0);
	assert_int_equal(unixsock_recv_fd(client, data, sizeof(data), &passed), 2);
	assert_int_equal(passed, -1);
	close(client);
	close(server);
	close(listener);
}

static void test_strv(void **state)
{
	char **v = strv_split("a,b,,c", ','), **copy;
	char *joined;

	(void)state;
	assert_int_equal(strv_len(v), 4);
	copy = strv_copy(v);
	strv_push(&copy, "d");
	strv_push(&copy, "e");
	joined = strv_join(copy, "-");
	assert_string_equal(joined, "a-b--c-d-e");
	free(joined);
	strv_release(&v);
	strv_release(&copy);
	strv_env_set(&v, "A=1");
	strv_env_set(&v, "AB=2");
	strv_env_set(&v, "A=3");
	assert_string_equal(strv_env_get(v, "A"), "3");
	assert_string_equal(strv_env_get(v, "AB"), "2");
	assert_null(strv_env_get(v, "B"));
	strv_release(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path_clean),
		cmocka_unit_test(test_file_replace),
		cmocka_unit_test(test_path_in_root),
		cmocka_unit_test(test_dir_remove),
		cmocka_unit_test(test_lock),
		cmocka_unit_test(test_spawn),
		cmocka_unit_test(test_spawn_swapped_fds),
		cmocka_unit_test(test_wait_signal),
		cmocka_unit_test(test_unixsock),
		cmocka_unit_test(test_strv),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
