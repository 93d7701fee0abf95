/* SPDX-License-Identifier: Apache-2.0 */
/* The parent's side of a start: one clone, then what only the host's side can do, then the result.
 */
#include "runtime/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "runtime/filter.h"
#include "runtime/rootless.h"
#include "runtime/userns.h"
#include "sys/file.h"
#include "sys/process.h"

void launch_init(struct launch *l)
{
	*l = (struct launch){
		.sync_fd = -1,
		.console_fd = -1,
		.listen_fd = -1,
		.start_fd = -1,
		.listener_fd = -1,
		.root_fd = -1,
		.links = { .netns_fd = -1 },
		.proc_fd = -1,
		.pidfd = -1,
	};
	for (int i = 0; i < NS_COUNT; i++)
		l->ns_fd[i] = l->own_fd[i] = -1;
}

static void release_mount_fds(const struct launch *l, int **fds)
{
	for (size_t i = 0; *fds && i < l->spec->n_mounts; i++) {
		if ((*fds)[i])
			(void)close((*fds)[i]);
	}
	free(*fds);
	*fds = NULL;
}

void launch_release(struct launch *l)
{
	int *const fds[] = { &l->sync_fd,  &l->console_fd,  &l->listen_fd,
			     &l->start_fd, &l->listener_fd, &l->root_fd,
			     &l->proc_fd,  &l->pidfd,	    &l->links.netns_fd };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		macros_close_fd(fds[i]);
	for (int i = 0; i < NS_COUNT; i++) {
		macros_close_fd(&l->ns_fd[i]);
		macros_close_fd(&l->own_fd[i]);
	}
	cgroup_release(&l->cgroup);
	filter_release(&l->filter);
	release_mount_fds(l, &l->mount_userns);
	release_mount_fds(l, &l->mount_tree);
	free(l->links.names);
	l->links = (struct moved_links){ .netns_fd = -1 };
	free(l->exec_path);
	strv_free(l->env);
	l->exec_path = NULL;
	l->env = NULL;
}

/* pid and time namespaces are entered by children only. And a child that is born into a user
 * namespace has no rights over the host's: what it is to join there, we join for it.
 * leave_for_child brings us back. */
static bool enters_before(const struct launch *l, int type)
{
	if (l->ns_fd[type] < 0)
		return false;
	return type == NS_PID || type == NS_TIME ||
	       ((l->ns_new[NS_USER] || userns_is_entered_first(l)) &&
		(type == NS_NETWORK || type == NS_IPC || type == NS_UTS || type == NS_CGROUP));
}

static int open_own(int type)
{
	char path[40];

	(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", namespace_table[type].file);
	return namespace_open(path, (enum namespace_type)type);
}

static int enter_for_child(struct launch *l, struct error *err)
{
	for (int type = 0; type < NS_COUNT; type++) {
		int r;

		if (!enters_before(l, type))
			continue;
		l->own_fd[type] = open_own(type);
		r = l->own_fd[type] < 0
			    ? l->own_fd[type]
			    : namespace_enter(l->ns_fd[type], (enum namespace_type)type);
		/* One that belongs to the user namespace that is joined: the child may, or for what
		 * only children enter, the helper that goes there first. */
		if (r == -EPERM && l->ns_fd[NS_USER] >= 0) {
			macros_close_fd(&l->own_fd[type]);
			l->userns_first |= type == NS_PID || type == NS_TIME;
			continue;
		}
		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "join the %s namespace",
					 namespace_table[type].name);
		l->ns_entered[type] = true;
	}
	return 0;
}

/* Offsets can be written only while nobody is in the namespace: it is made for our children before
 * the clone. */
static int make_time_namespace(struct launch *l, struct error *err)
{
	const struct oci_time_offsets *off = l->init ? l->spec->linux_->time_offsets : NULL;
	struct strbuf text = STRBUF_INIT;
	int r;

	if (!off || !l->ns_new[NS_TIME])
		return 0;
	l->own_fd[NS_TIME] = open_own(NS_TIME);
	if (l->own_fd[NS_TIME] < 0 || unshare(namespace_table[NS_TIME].flag) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a time namespace");
	if (off->monotonic)
		strbuf_addf(&text, "monotonic %lld %u\n", (long long)off->monotonic->secs,
			    off->monotonic->nanosecs);
	if (off->boottime)
		strbuf_addf(&text, "boottime %lld %u\n", (long long)off->boottime->secs,
			    off->boottime->nanosecs);
	r = text.len ? file_put_at(AT_FDCWD, "/proc/self/timens_offsets", text.data) : 0;
	strbuf_release(&text);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "set time offsets");
	return 0;
}

/* So that hooks that we run are not in the container's namespaces. exec runs none, and root of a
 * user namespace may enter its containers' pid namespaces but not its own, which is of somebody
 * else: so it stays. */
static int leave_for_child(const struct launch *l, struct error *err)
{
	for (int type = 0; type < NS_COUNT; type++) {
		bool stays = !l->init && (type == NS_PID || type == NS_TIME);
		int r = l->own_fd[type] < 0 || stays
				? 0
				: namespace_enter(l->own_fd[type], (enum namespace_type)type);

		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "return to our %s namespace",
					 namespace_table[type].name);
	}
	return 0;
}

static uint64_t clone_flags(const struct launch *l)
{
	const struct oci_time_offsets *off = l->init ? l->spec->linux_->time_offsets : NULL;
	uint64_t flags = CLONE_PIDFD;

	for (int i = 0; i < NS_COUNT; i++) {
		/* A cgroup namespace is rooted where its maker is: made when the child is in its
		 * cgroup. */
		if (!l->ns_new[i] || i == NS_CGROUP || (i == NS_TIME && off))
			continue;
		flags |= (uint64_t)namespace_table[i].flag;
	}
	return flags;
}

static long clone_now(struct launch *l, const struct clone_args *args)
{
	long pid;

	if (userns_is_entered_first(l))
		return userns_clone(l, args);
	pid = syscall(SYS_clone3, args, sizeof(*args));
	return pid < 0 ? -errno : pid;
}

static int clone_child(struct launch *l, int child_sync, struct error *err)
{
	cleanup_fd int cgroup_fd = cgroup_open_unified(&l->cgroup);
	struct clone_args args = {
		.flags = clone_flags(l),
		.pidfd = (uint64_t)(uintptr_t)&l->pidfd,
		.exit_signal = SIGCHLD,
	};
	long pid = -1;
	int r = l->ns_new[NS_USER] ? rootless_expose(true) : 0;

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "become dumpable");
	/* With the host's rights over cgroupfs, the child can go where it belongs by itself. exec
	 * does so before it joins anything. */
	l->attach_self = l->cgroup.mode == CGROUP_V1 && !l->ns_new[NS_USER] &&
			 (!l->init || l->ns_fd[NS_USER] < 0);
	if (cgroup_fd >= 0) {
		l->in_unified = true;
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup_fd;
		pid = clone_now(l, &args);
	}
	if (pid < 0) {
		/* FALLBACK(CLONE_INTO_CGROUP: 5.7, and a group that takes no processes): moved
		 * afterwards. */
		l->in_unified = false;
		args.flags &= ~(uint64_t)CLONE_INTO_CGROUP;
		pid = clone_now(l, &args);
	}
	if (pid < 0)
		return error_set(err, ERR_SYSTEM, (int)-pid,
				 "clone with the container's namespaces");
	if (pid == 0) {
		(void)close(l->sync_fd);
		l->sync_fd = child_sync;
		child_main(l);
	}
	l->pid = (pid_t)pid;
	r = l->ns_new[NS_USER] ? rootless_expose(false) : 0;
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "become not dumpable") : 0;
}

static int send_order(struct launch *l, int32_t message)
{
	const struct launch_order order = { .message = message, .pid = l->pid };

	/* A child that is gone has left its reason behind: the wait for it tells. */
	if (send(l->sync_fd, &order, sizeof(order), MSG_NOSIGNAL) < 0 && errno != EPIPE &&
	    errno != ECONNRESET)
		return -errno;
	return 0;
}

static int write_maps(struct launch *l, struct error *err)
{
	const struct oci_linux *lx = l->spec->linux_;
	cleanup_fd int proc = -1;
	char path[32];
	int r;

	if (!l->ns_new[NS_USER])
		return 0;
	(void)snprintf(path, sizeof(path), "/proc/%d", (int)l->pid);
	proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0)
		return error_set(err, ERR_SYSTEM, errno, "open the child's /proc directory");
	r = rootless_write_maps(l->pid, proc, lx, err);
	if (!r && send_order(l, MSG_MAPPED) < 0)
		r = error_set(err, ERR_SYSTEM, EPIPE, "tell the container's process to go on");
	return r;
}

static int failure_to_error(struct launch_failure *f, struct error *err)
{
	f->text[sizeof(f->text) - 1] = '\0';
	(void)error_set(err, (enum error_kind)f->kind, 0, "%s", f->text);
	err->errnum = f->errnum;
	return f->errnum > 0 ? -f->errnum : -EINVAL;
}

int launch_wait_result(int fd, struct launch_failure *f, bool *executing, struct error *err)
{
	for (;;) {
		ssize_t n = recv(fd, f, sizeof(*f), 0);

		/* ECONNRESET: it ended before it read all that it was sent. What it said comes
		 * next. */
		if (n < 0 && (errno == EINTR || errno == ECONNRESET))
			continue;
		if (n < 0)
			return error_set(err, ERR_SYSTEM, errno,
					 "wait for the container's process");
		if (n == 0 && *executing)
			return 0;
		if (n == 0)
			return error_set(err, ERR_SYSTEM, 0,
					 "the container's process was killed while it was set up");
		if (f->message == MSG_FAILED)
			return failure_to_error(f, err);
		if (f->message != MSG_EXECUTING)
			return f->message;
		*executing = true;
	}
}

static int wait_result(struct launch *l, const struct launch_callbacks *cb, struct error *err)
{
	struct launch_failure f = { 0 };
	bool executing = false;

	for (;;) {
		int r = launch_wait_result(l->sync_fd, &f, &executing, err);

		if (r == MSG_CREATED)
			return 0;
		if (r <= 0)
			return r;
		r = cb->hooks(l, cb->arg, err);
		if (r < 0)
			return r;
		r = send_order(l, MSG_HOOKS);
		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r,
					 "tell the container's process to go on");
	}
}

void launch_kill(struct launch *l)
{
	int status;

	if (l->pidfd < 0)
		return;
	ignore_result(process_signal(l->pidfd, SIGKILL)); /* gone already is as good */
	ignore_result(process_wait(l->pidfd, &status));
	macros_close_fd(&l->pidfd);
}

static int launch_guided(struct launch *l, const struct launch_callbacks *cb, struct error *err)
{
	int r = leave_for_child(l, err);

	if (!r)
		r = userns_check_maps(l, err);
	if (!r)
		r = write_maps(l, err);
	if (!r)
		r = cb->prepare(l, cb->arg, err);
	if (!r && send_order(l, MSG_GO) < 0)
		r = error_set(err, ERR_SYSTEM, EPIPE, "tell the container's process to go on");
	return r < 0 ? r : wait_result(l, cb, err);
}

int launch_run(struct launch *l, const struct launch_callbacks *cb, struct error *err)
{
	int pair[2], r;
	cleanup_fd int child_sync = -1;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a socket pair");
	l->sync_fd = pair[0];
	child_sync = pair[1];
	userns_give_stdio(l);
	r = enter_for_child(l, err);
	if (!r)
		r = make_time_namespace(l, err);
	if (!r)
		r = clone_child(l, child_sync, err);
	if (r < 0)
		return r;
	macros_close_fd(&child_sync); /* or we would never see its end of file */
	r = launch_guided(l, cb, err);
	if (r < 0)
		launch_kill(l);
	return r;
}
