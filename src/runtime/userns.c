/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parent's work for a container in a user namespace: what only the host's rights can do.
 *
 * One that is joined has to be entered before the other namespaces are made, for these belong to
 * the user namespace of their maker; and nobody comes back from it. So a helper enters it and
 * clones the child from there, as a child of ours (CLONE_PARENT).
 */
#include "runtime/userns.h"

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "sys/fd.h"
#include "sys/idmap.h"
#include "sys/process.h"

bool userns_is_used(const struct launch *l)
{
	return l->ns_new[NS_USER] || l->ns_fd[NS_USER] >= 0;
}

bool userns_is_entered_first(const struct launch *l)
{
	return (l->init || l->userns_first) && l->ns_fd[NS_USER] >= 0;
}

static int enter_first(struct launch *l)
{
	static const enum namespace_type by_children[] = { NS_PID, NS_TIME };
	int r = namespace_enter(l->ns_fd[NS_USER], NS_USER);

	for (size_t i = 0; !r && i < ARRAY_SIZE(by_children); i++) {
		enum namespace_type type = by_children[i];

		if (l->ns_fd[type] < 0 || l->ns_entered[type])
			continue;
		r = namespace_enter(l->ns_fd[type], type);
		l->ns_entered[type] = true;
	}
	return r;
}

/* The helper's life; it shares our file descriptors, so the child's pidfd is ours too. Returns in
 * the child alone. */
static void helper(struct launch *l, const struct clone_args *args, int report)
{
	int pidfd = -1, r = enter_first(l);
	struct clone_args inner = *args;
	long pid = -1;

	inner.flags |= CLONE_PARENT | CLONE_PIDFD;
	inner.exit_signal = 0; /* clone3(2): the helper's is taken */
	inner.pidfd = (uint64_t)(uintptr_t)&pidfd;
	if (!r)
		pid = syscall(SYS_clone3, &inner, sizeof(inner));
	if (pid == 0)
		return;
	if (!r)
		r = pid < 0 ? -errno : pidfd;
	_exit(write(report, &r, sizeof(r)) != sizeof(r));
}

long userns_clone(struct launch *l, const struct clone_args *args)
{
	int helper_fd = -1, status, r = -ECHILD;
	struct clone_args outer = { .flags = CLONE_FILES | CLONE_PIDFD,
				    .pidfd = (uint64_t)(uintptr_t)&helper_fd,
				    .exit_signal = SIGCHLD };
	cleanup_fd int in = -1, out = -1;
	pid_t child;
	long pid;

	if (fd_pipe(&in, &out) < 0)
		return -errno;
	pid = syscall(SYS_clone3, &outer, sizeof(outer));
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		helper(l, args, out);
		return 0;
	}
	/* Not to the pipe's end: the child has it too. */
	ignore_result(process_wait(helper_fd, &status));
	(void)close(helper_fd);
	if (status == 0 && fd_read_full(in, &r, sizeof(r)) != sizeof(r))
		r = -EIO;
	if (r < 0)
		return r;
	l->pidfd = r;
	r = process_of_pidfd(l->pidfd, &child);
	return r < 0 ? r : child;
}

void userns_give_stdio(const struct launch *l)
{
	const struct oci_linux *lx = l->spec->linux_;
	uint32_t uid;

	if (!userns_is_used(l) || idmap_outside((const struct idmap *)lx->uid_mappings,
						lx->n_uid_mappings, l->process->user.uid, &uid) < 0)
		return;
	for (int fd = 0; fd < 3; fd++) {
		struct stat st;

		if (fstat(fd, &st) < 0 || st.st_uid == uid ||
		    !(S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
			continue;
		ignore_result(fchown(fd, uid, (gid_t)-1));
	}
}
