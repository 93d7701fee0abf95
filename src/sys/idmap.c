/* SPDX-License-Identifier: Apache-2.0 */
/* uid_map and gid_map, and user namespaces made for the sake of their maps. */
#include "sys/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/strbuf.h"
#include "sys/fd.h"
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

/* A process that is only a handle on its new namespaces. */
struct handle {
	int pidfd, proc; /* -1: none */
};

static void handle_release(struct handle *handle)
{
	macros_close_fd(&handle->proc);
	if (handle->pidfd < 0)
		return;
	(void)syscall(SYS_pidfd_send_signal, handle->pidfd, SIGKILL, NULL, 0);
	(void)waitid(P_PIDFD, (id_t)handle->pidfd, &(siginfo_t){ 0 }, WEXITED);
	macros_close_fd(&handle->pidfd);
}

static int handle_find(long pid, struct handle *ret)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%ld", pid);
	ret->proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return ret->proc < 0 ? -errno : 0;
}

static int handle_new(uint64_t flags, struct handle *ret)
{
	struct clone_args args = {
		.flags = flags | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&ret->pidfd,
		.exit_signal = SIGCHLD,
	};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		(void)pause(); /* the parent kills it */
		_exit(0);
	}
	return handle_find(pid, ret);
}

static int handle_open(const struct handle *handle, const char *name)
{
	int fd = openat(handle->proc, name, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int idmap_userns(const struct idmap *uids, size_t n_uids, const struct idmap *gids, size_t n_gids)
{
	cleanup(handle_release) struct handle handle = { -1, -1 };
	int r = handle_new(CLONE_NEWUSER, &handle);

	if (!r)
		r = idmap_write(handle.proc, uids, n_uids, gids, n_gids);
	return r < 0 ? r : handle_open(&handle, "ns/user");
}

int idmap_userns_and_net(const struct idmap *uids, size_t n_uids, const struct idmap *gids,
			 size_t n_gids, int *ret_userns, int *ret_netns)
{
	cleanup(handle_release) struct handle handle = { -1, -1 };
	cleanup_fd int userns = -1, netns = -1;
	int r = handle_new(CLONE_NEWUSER | CLONE_NEWNET, &handle);

	if (!r)
		r = idmap_write(handle.proc, uids, n_uids, gids, n_gids);
	if (r < 0)
		return r;
	userns = handle_open(&handle, "ns/user");
	netns = handle_open(&handle, "ns/net");
	if (userns < 0 || netns < 0)
		return userns < 0 ? userns : netns;
	*ret_userns = take_fd(&userns);
	*ret_netns = take_fd(&netns);
	return 0;
}

/* The child's first word, when it is where it should be. */
static int net_child(int userns_fd, int report)
{
	int r = 0;

	if (setns(userns_fd, CLONE_NEWUSER) < 0 || unshare(CLONE_NEWNET) < 0)
		r = -errno;
	if (fd_write_all(report, &r, sizeof(r)) < 0)
		return 1;
	return pause(); /* the parent kills it */
}

int idmap_net_of(int userns_fd)
{
	cleanup(handle_release) struct handle handle = { -1, -1 };
	cleanup_fd int in = -1, out = -1;
	struct clone_args args = {
		.flags = CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&handle.pidfd,
		.exit_signal = SIGCHLD,
	};
	int r = fd_pipe(&in, &out);
	long pid;

	if (r < 0)
		return r;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		return -errno;
	if (pid == 0)
		_exit(net_child(userns_fd, out));
	macros_close_fd(&out);
	if (fd_read_full(in, &r, sizeof(r)) != sizeof(r))
		return -ECHILD;
	if (r < 0)
		return r;
	r = handle_find(pid, &handle);
	return r < 0 ? r : handle_open(&handle, "ns/net");
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

int idmap_inside(const struct idmap *map, size_t n, uint32_t outside, uint32_t *ret)
{
	for (size_t i = 0; i < n; i++) {
		if (outside < map[i].outside || outside - map[i].outside >= map[i].size)
			continue;
		*ret = map[i].inside + (outside - map[i].outside);
		return 0;
	}
	return -ERANGE;
}
