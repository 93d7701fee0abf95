/* SPDX-License-Identifier: Apache-2.0 */
/* uid_map and gid_map, and user namespaces made for the sake of their maps. */
#include "sys/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/strbuf.h"
#include "sys/file.h"

static int write_map(int pid_proc, const char *file, const struct idmap *map, size_t n)
{
	struct strbuf text = STRBUF_INIT;
	int r;

	for (size_t i = 0; i < n; i++)
		strbuf_addf(&text, "%u %u %u\n", map[i].inside, map[i].outside, map[i].size);
	r = file_put_at(pid_proc, file, strbuf_str(&text));
	strbuf_release(&text);
	return r;
}

int idmap_write(int pid_proc, const struct idmap *uids, size_t n_uids, const struct idmap *gids,
		size_t n_gids)
{
	int r = write_map(pid_proc, "uid_map", uids, n_uids);

	if (r < 0)
		return r;
	/* user_namespaces(7): an unprivileged gid map is accepted only when setgroups is off. */
	if (geteuid() != 0)
		r = file_put_at(pid_proc, "setgroups", "deny");
	return r < 0 ? r : write_map(pid_proc, "gid_map", gids, n_gids);
}

int idmap_userns(const struct idmap *uids, size_t n_uids, const struct idmap *gids, size_t n_gids)
{
	int pidfd = -1, fd = -1, r;
	struct clone_args args = {
		.flags = CLONE_NEWUSER | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	cleanup_fd int proc = -1;
	char path[32];
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		(void)pause(); /* only a handle on the namespace; the parent kills it */
		_exit(0);
	}
	(void)snprintf(path, sizeof(path), "/proc/%ld", pid);
	proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = proc < 0 ? -errno : idmap_write(proc, uids, n_uids, gids, n_gids);
	if (!r) {
		fd = openat(proc, "ns/user", O_RDONLY | O_CLOEXEC);
		r = fd < 0 ? -errno : fd;
	}
	(void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	(void)waitid(P_PIDFD, (id_t)pidfd, &(siginfo_t){ 0 }, WEXITED);
	(void)close(pidfd);
	return r;
}

int idmap_outside(const struct idmap *map, size_t n, uint32_t inside, uint32_t *ret)
{
	for (size_t i = 0; i < n; i++) {
		if (inside < map[i].inside || inside - map[i].inside >= map[i].size)
			continue;
		*ret = map[i].outside + (inside - map[i].inside);
		return 0;
	}
	return -ERANGE;
}
