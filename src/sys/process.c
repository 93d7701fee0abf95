/* SPDX-License-Identifier: Apache-2.0 */
/* Child processes by pidfd. The child of a spawn shares our memory until it execs (as vfork), so
 * starting one costs the same beside a large parent, and its failed step comes back through that
 * memory. */
#include "sys/process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/parse.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/rlimit.h"

enum { CHILD_STACK = 64 * 1024, SPAWN_FDS_MAX = 32, STAT_MAX = 4096 };

struct spawn_child {
	const struct spawn *spawn;
	/* positive errno of the step that failed; written by the child in our memory */
	int error;
};

/* Move every source above the highest target first, so that no dup2 overwrites one that is still
 * needed. */
static int map_fds(const struct spawn *spawn)
{
	int high = 3, from[SPAWN_FDS_MAX], to[SPAWN_FDS_MAX];
	bool have[3] = { false, false, false };

	for (size_t i = 0; i < spawn->n_fds; i++)
		if (spawn->fds[i].to >= high)
			high = spawn->fds[i].to + 1;
	for (size_t i = 0; i < spawn->n_fds; i++) {
		from[i] = fcntl(spawn->fds[i].from, F_DUPFD_CLOEXEC, high);
		if (from[i] < 0)
			return -errno;
	}
	for (size_t i = 0; i < spawn->n_fds; i++) {
		to[i] = spawn->fds[i].to;
		if (dup2(from[i], to[i]) < 0)
			return -errno;
		if (to[i] < 3)
			have[to[i]] = true;
	}
	for (int fd = 0; fd < 3; fd++) {
		int null = have[fd] ? -1 : open("/dev/null", O_RDWR | O_CLOEXEC);

		if (!have[fd] &&
		    (null < 0 || (null == fd ? fd_set_cloexec(fd, false) : dup2(null, fd)) < 0))
			return -errno;
	}
	return fd_cloexec_from(3, to, spawn->n_fds);
}

static int prepare_child(const struct spawn *spawn)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t none;
	int r;

	if (spawn->new_session && setsid() < 0)
		return -errno;
	if (spawn->death_signal && prctl(PR_SET_PDEATHSIG, spawn->death_signal) < 0)
		return -errno;
	if (spawn->dirfd > 0 && fchdir(spawn->dirfd) < 0)
		return -errno;
	(void)sigaction(SIGPIPE, &dfl, NULL); /* an ignored signal would stay ignored over exec */
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	r = map_fds(spawn);
	if (r == -EINVAL || r == -EMFILE) { /* numbers may be above our limit, or the child's */
		rlimit_raise_files();
		r = map_fds(spawn);
	}
	rlimit_restore_files();
	return r;
}

__attribute__((no_sanitize("address", "undefined"))) static int spawn_child_main(void *arg)
{
	struct spawn_child *child = arg;
	const struct spawn *spawn = child->spawn;
	int r = prepare_child(spawn);

	if (r == 0) {
		(void)execve(spawn->file, spawn->argv, spawn->env ? spawn->env : environ);
		r = -errno;
	}
	child->error = -r;
	_exit(127);
}

static int spawn_with_stack(struct spawn_child *child, int *ret_pidfd, pid_t *ret_pid)
{
	char *stack = mmap(NULL, CHILD_STACK, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	int pidfd = -1, saved;
	sigset_t all, old;
	pid_t pid;

	if (stack == MAP_FAILED)
		return -errno;
	sigfillset(&all); /* no handler of ours may run in the child while memory is shared */
	(void)sigprocmask(SIG_BLOCK, &all, &old);
	pid = clone(spawn_child_main, stack + CHILD_STACK,
		    CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, child, &pidfd);
	saved = errno;
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	(void)munmap(stack, CHILD_STACK);
	if (pid < 0)
		return -saved;
	*ret_pidfd = pidfd;
	*ret_pid = pid;
	return 0;
}

int process_spawn(const struct spawn *spawn, int *ret_pidfd, pid_t *ret_pid)
{
	struct spawn_child child = { .spawn = spawn };
	int pidfd cleanup_fd = -1;
	pid_t pid = 0;
	int r;

	if (spawn->n_fds > SPAWN_FDS_MAX)
		return -E2BIG;
	r = spawn_with_stack(&child, &pidfd, &pid);
	if (r < 0)
		return r;
	if (child.error) {
		int status;

		ignore_result(process_wait(pidfd, &status)); /* only to reap it */
		return -child.error;
	}
	*ret_pidfd = take_fd(&pidfd);
	if (ret_pid)
		*ret_pid = pid;
	return 0;
}

int process_wait(int pidfd, int *ret_status)
{
	siginfo_t si = { 0 };
	int r;

	do
		r = waitid(P_PIDFD, (id_t)pidfd, &si, WEXITED);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	*ret_status = si.si_code == CLD_EXITED ? si.si_status : 128 + si.si_status;
	return 0;
}

int process_signal(int pidfd, int sig)
{
	return syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0) < 0 ? -errno : 0;
}

int process_pidfd(pid_t pid)
{
	long fd = syscall(SYS_pidfd_open, pid, 0); /* always CLOEXEC */

	return fd < 0 ? -errno : (int)fd;
}

/* As our /proc numbers it, whichever pid namespace its maker was in (pidfd_open(2), "fdinfo"). */
int process_of_pidfd(int pidfd, pid_t *ret_pid)
{
	char path[40], *data cleanup_free = NULL, *field;
	uint32_t pid;
	int r;

	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	r = file_read_at(AT_FDCWD, path, STAT_MAX, &data, NULL);
	if (r < 0)
		return r;
	field = strstr(data, "\nPid:\t");
	if (!field)
		return -EBADF;
	field += strlen("\nPid:\t");
	field[strcspn(field, "\n")] = '\0';
	if (parse_u32(field, &pid) < 0 || pid == 0 || pid > INT32_MAX) /* "-1" */
		return -ESRCH;
	*ret_pid = (pid_t)pid;
	return 0;
}

int process_parse_start(char *stat, uint64_t *ret)
{
	char *field = strrchr(stat, ')'); /* the name in front may hold blanks and brackets */
	char *save = NULL;

	if (!field)
		return -EBADMSG;
	field = strtok_r(field + 1, " ", &save); /* field 3 */
	for (int i = 3; field && i < 22; i++)
		field = strtok_r(NULL, " ", &save);
	return field ? parse_u64(field, ret) : -EBADMSG;
}

/* Looked at after the pidfd is ours: from then on the pid cannot become another process. */
int process_find(pid_t pid, uint64_t start)
{
	cleanup_fd int pidfd = process_pidfd(pid);
	uint64_t found;
	int r = pidfd < 0 ? pidfd : process_start_time(pid, &found);

	if (r < 0)
		return r;
	return found == start ? take_fd(&pidfd) : -ESRCH;
}

int process_start_time(pid_t pid, uint64_t *ret)
{
	char path[32], *data cleanup_free = NULL;
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	r = file_read_at(AT_FDCWD, path, STAT_MAX, &data, NULL);
	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	return process_parse_start(data, ret);
}
