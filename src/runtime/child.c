/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child's side of a start: from the clone to the container's first instruction. A stage that
 * fails ends the child; the parent gets its words. All fds are CLOEXEC, nothing of the image is run
 * before the last stage.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "runtime/stages.h"
#include "sys/mountfd.h"

struct stage {
	const char *name;
	int (*run)(struct launch *l, struct error *err);
};

/* Rights: ours (host root) until "user"; in a new user namespace all capabilities over the new
 * namespaces only. */
static const struct stage init_stages[] = {
	{ "join namespaces",
	  stage_join }, /* user namespace first: it gives the rights for others */
	{ "root file system",
	  stage_root_early }, /* as we still own what leads to it: nobody else may look there */
	{ "user namespace", stage_user_namespace }, /* ids are valid from here on */
	{ "session", stage_session }, /* a terminal needs a session leader                    */
	{ "host name", stage_names },
	{ "loopback interface", stage_loopback },
	{ "root file system",
	  stage_root },		       /* still sees the host's tree                           */
	{ "mounts", stage_mounts },    /* sources are host paths; targets are fds in the root  */
	{ "devices", stage_devices },  /* after the mount of /dev                              */
	{ "terminal", stage_console }, /* after the mount of /dev/pts                          */
	{ "parent", stage_wait_go },   /* in its cgroup and limited from here on               */
	{ "cgroup namespace",
	  stage_cgroup_namespace }, /* rooted where we are now: after the cgroup          */
	{ "runtime hooks",
	  stage_hooks_runtime }, /* the parent runs them: all namespaces are there */
	{ "createContainer hooks", stage_hooks_create }, /* in our namespaces, host paths */
	{ "sysctl", stage_sysctl }, /* through a procfs of our own                          */
	{ "masked paths", stage_mask_paths }, /* sources are checked host files */
	{ "read-only paths", stage_readonly_paths },
	{ "make working directory", stage_make_directory }, /* on top of all mounts */
	{ "read-only root", stage_readonly_root },	    /* after every mkdir in it */
	{ "pivot root", stage_pivot }, /* host paths are gone from here on                     */
	{ "mount propagation", stage_propagation }, /* last change of the mount tree */
	{ "scheduling",
	  stage_scheduling }, /* needs CAP_SYS_NICE                                   */
	{ "resource limits", stage_rlimits }, /* raising needs CAP_SYS_RESOURCE */
	{ "session keyring", stage_keyring },
	{ "security labels", stage_labels }, /* take effect at execve */
	{ "user", stage_user }, /* capabilities are kept, effective ones now final      */
	{ "working directory", stage_working_directory }, /* as that user, inside the root */
	{ "personality", stage_personality },
	{ "home", stage_home },
	{ "program",
	  stage_find_program },	       /* a missing one fails create, not start                */
	{ "start", stage_wait_start }, /* created: wait here                                   */
	{ "startContainer hooks", stage_hooks_start },
	{ "file descriptors", stage_fds },
	{ "seccomp", stage_seccomp }, /* only capset, execve and the report must pass it      */
	{ "capabilities", stage_capabilities }, /* nothing is kept beyond what the config gives */
	{ "program", stage_execute },
};

/* exec: the container exists; join it and drop rights. */
static const struct stage exec_stages[] = {
	{ "parent", stage_wait_go }, /* in the container's cgroup from here on; still on the host */
	{ "join namespaces", stage_join },
	{ "user namespace", stage_user_namespace },
	{ "session", stage_session },
	{ "terminal", stage_console_exec },
	{ "scheduling", stage_scheduling },
	{ "resource limits", stage_rlimits },
	{ "session keyring", stage_keyring },
	{ "security labels", stage_labels },
	{ "user", stage_user },
	{ "working directory", stage_working_directory },
	{ "personality", stage_personality },
	{ "home", stage_home },
	{ "program", stage_find_program },
	{ "file descriptors", stage_fds },
	{ "seccomp", stage_seccomp },
	{ "capabilities", stage_capabilities },
	{ "program", stage_execute },
};

static int runtime_fd(const struct launch *l)
{
	return l->start_fd >= 0 ? l->start_fd : l->sync_fd;
}

static _Noreturn void child_fail(struct launch *l, const char *stage, const struct error *err)
{
	struct launch_failure failure = { .message = MSG_FAILED,
					  .kind = (int32_t)err->kind,
					  .errnum = err->errnum };
	const char *text = error_text(err);

	(void)snprintf(failure.text, sizeof(failure.text), "%s", *text ? text : stage);
	ignore_result(send(runtime_fd(l), &failure, sizeof(failure), MSG_NOSIGNAL));
	_exit(1);
}

void child_main(struct launch *l)
{
	const struct stage *stages = l->init ? init_stages : exec_stages;
	size_t n = l->init ? ARRAY_SIZE(init_stages) : ARRAY_SIZE(exec_stages);

	for (size_t i = 0; i < n; i++) {
		struct error err = ERROR_INIT;

		if (stages[i].run(l, &err) < 0)
			child_fail(l, stages[i].name, &err);
	}
	_exit(1); /* the last stage does not return 0 */
}

static int expect(struct launch *l, int32_t wanted, struct error *err)
{
	struct launch_order order = { 0 };
	ssize_t n;

	do
		n = recv(l->sync_fd, &order, sizeof(order), 0);
	while (n < 0 && errno == EINTR);
	if (n != sizeof(order) || order.message != wanted)
		return error_set(err, ERR_SYSTEM, ECONNRESET, "the runtime went away");
	l->pid = order.pid;
	return 0;
}

int child_wait_go(struct launch *l, struct error *err)
{
	int r;

	if (l->gone_ahead)
		return 0;
	r = expect(l, MSG_GO, err);
	if (r < 0)
		return r;
	l->gone_ahead = true;
	r = l->attach_self ? cgroup_attach_self(&l->cgroup, l->in_unified) : 0;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r,
				 "move the container's process into its cgroup");
	return 0;
}

int stage_wait_go(struct launch *l, struct error *err)
{
	return child_wait_go(l, err);
}

int child_tell(struct launch *l, int32_t message, struct error *err)
{
	if (send(runtime_fd(l), &message, sizeof(message), MSG_NOSIGNAL) < 0)
		return error_set(err, ERR_SYSTEM, errno, "tell the runtime");
	return 0;
}

int child_ask_hooks(struct launch *l, struct error *err)
{
	int r = child_tell(l, MSG_HOOKS, err);

	return r < 0 ? r : expect(l, MSG_HOOKS, err);
}

int child_wait_mapped(struct launch *l, struct error *err)
{
	return expect(l, MSG_MAPPED, err);
}

int child_proc(struct launch *l, struct error *err)
{
	if (l->proc_fd >= 0)
		return 0;
	l->proc_fd = mount_private_proc();
	if (l->proc_fd < 0)
		return error_set(err, ERR_SYSTEM, -l->proc_fd, "open a private procfs");
	return 0;
}
