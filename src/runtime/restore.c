/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy-runtime restore: a container from the files of a checkpoint.
 *
 * criu makes the processes, namespaces and mounts; ours are the record, the cgroup and what ties
 * the container to this machine. criu wants a root that is a mount of its own: it is bound in a
 * mount namespace that only criu and we are in for a moment, so that nothing is left whoever is
 * killed. The restored process becomes our child.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "runtime/cgroup-container.h"
#include "runtime/checkpoint-tree.h"
#include "runtime/criu-options.h"
#include "runtime/criu.h"
#include "runtime/start-container.h"
#include "sys/process.h"
#include "sys/unixsock.h"

struct restore_options {
	struct create_options create;
	struct criu_options criu;
	char *lsm_profile, *lsm_mount_context;
};

#define ROW_BOOL(member, name, text) ARG_BOOL(struct restore_options, member, name, 0, text)
#define ROW_STR(member, name, value, text)                                                         \
	ARG_STR(struct restore_options, member, name, 0, value, text)

static const struct arg_option restore_rows[] = {
	ARG_STR(struct restore_options, create.bundle, "bundle", 'b', "dir",
		"the bundle (default: here)"),
	CRIU_OPTION_ROWS(struct restore_options, criu, "where the images are (default: checkpoint)",
			 "free images as they are read"),
	ROW_STR(create.console_socket, "console-socket", "path",
		"socket that gets the terminal's master"),
	ROW_STR(create.pid_file, "pid-file", "path", "write the process id here"),
	ROW_STR(create.pidfd_socket, "pidfd-socket", "path",
		"socket that gets a pidfd of the process"),
	ARG_BOOL(struct restore_options, create.detach, "detach", 'd',
		 "return when the processes run"),
	ROW_BOOL(create.keep, "keep", "do not delete it when it has ended"),
	ROW_BOOL(create.no_subreaper, "no-subreaper",
		 "do not adopt processes that the container leaves behind"),
	ROW_BOOL(create.no_pivot, "no-pivot", "criu decides by itself"),
	ROW_STR(lsm_profile, "lsm-profile", "type:name", "other AppArmor profile or SELinux label"),
	ROW_STR(lsm_mount_context, "lsm-mount-context", "label", "SELinux label of the mounts"),
};

static const struct arg_spec restore_spec = {
	.command = "restore",
	.usage = "[OPTIONS] CONTAINER",
	.summary = "Run a container from the files of a checkpoint (needs criu)",
	ARG_OPTIONS(restore_rows),
	.min_args = 1,
	.max_args = 1,
};

struct restoring {
	const struct globals *g;
	const char *id;
	const struct restore_options *options;
	const struct bundle *bundle;
	struct container *container;
	int console; /* where the terminal's master goes; -1 none */
	bool restored;
};

static int set_options(const struct restore_options *o, struct criu_request *req, struct error *err)
{
	req->type = CRIU_RESTORE;
	req->log_file = "restore.log";
	req->lsm_profile = o->lsm_profile;
	req->lsm_mount_context = o->lsm_mount_context;
	return criu_options_apply(&o->criu, req, err);
}

static int on_restored(struct restoring *s, pid_t pid, struct error *err)
{
	const struct create_options *o = &s->options->create;
	cleanup_fd int pidfd = process_pidfd(pid);
	int r = pidfd < 0 ? error_set(err, ERR_SYSTEM, -pidfd, "open the restored process")
			  : container_save_process(s->container, pid, err);

	s->restored = true;
	if (!r)
		r = container_write_pid_file(o->pid_file, pid, err);
	return r < 0 ? r : pidfd_send(o->pidfd_socket, "standard", pidfd, err);
}

static int on_notify(const struct criu_response *what, int fd, void *arg, struct error *err)
{
	struct restoring *s = arg;
	cleanup_fd int master = fd;
	int r = 0;

	if (!strcmp(what->script, "setup-namespaces")) {
		s->container->pid = what->pid;
		return container_run_hooks(s->bundle, s->container, err);
	}
	if (!strcmp(what->script, "post-restore"))
		return on_restored(s, what->pid, err);
	if (!strcmp(what->script, "orphan-pts-master") && s->console >= 0 && master >= 0)
		r = unixsock_send_fd(s->console, "/dev/console", strlen("/dev/console"), master);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "pass on the terminal") : 0;
}

/* Where we were: a mount namespace, and a directory in it. */
struct place {
	int ns, cwd;
};

static void place_release(struct place *place)
{
	macros_close_fd(&place->ns);
	macros_close_fd(&place->cwd);
}

/* A mount namespace of ours, with the root bound at *ret_path. */
static int enter_mounts(const struct container *c, struct place *from, char **ret_path,
			struct error *err)
{
	char link[40], dir[4096];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", c->dir_fd);
	n = readlink(link, dir, sizeof(dir) - 1);
	from->ns = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	from->cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (n < 0 || from->ns < 0 || from->cwd < 0)
		return error_set(err, ERR_SYSTEM, errno, "find our mount namespace");
	dir[n] = '\0';
	*ret_path = xasprintf("%s/criu-root", dir);
	if (mkdirat(c->dir_fd, "criu-root", 0700) < 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(c->rootfs, *ret_path, NULL, MS_BIND | MS_REC, NULL) < 0)
		return error_set(err, ERR_SYSTEM, errno, "bind the root '%s' for criu", c->rootfs);
	return 0;
}

static int leave_mounts(const struct place *to, struct error *err)
{
	if (to->cwd >= 0 && (setns(to->ns, CLONE_NEWNS) < 0 || fchdir(to->cwd) < 0))
		return error_set(err, ERR_SYSTEM, errno, "return to our mount namespace");
	return 0;
}

/* criu must start there to see the root, and its directories must be opened there, for it mounts
 * below one of them. It is alone in there afterwards. */
static int start_criu(const struct restoring *s, const int *fds, size_t n_fds,
		      struct criu_request *req, char **ret_root, struct criu *criu,
		      struct error *err)
{
	cleanup(place_release) struct place from = { -1, -1 };
	const struct restore_options *o = s->options;
	int r = enter_mounts(s->container, &from, ret_root, err);
	struct error ignored = ERROR_INIT;
	int left;

	if (!r)
		r = criu_options_open(&o->criu, false, req, err);
	if (!r)
		r = criu_start(s->g->criu, fds, n_fds, criu, err);
	left = leave_mounts(&from, r < 0 ? &ignored : err);
	error_release(&ignored);
	return r < 0 ? r : left;
}

/* criu goes into the cgroup, makes the processes there, and ends. */
static int enter_cgroup(const struct restoring *s, struct cgroup *cg, pid_t pid,
			struct criu_request *req, struct error *err)
{
	cleanup(launch_release) struct launch l;
	int r;

	launch_init(&l);
	l.id = s->container->id;
	l.spec = &s->bundle->spec;
	l.process = s->bundle->spec.process;
	l.pid = pid;
	l.cgroup = *cg;
	*cg = (struct cgroup){ 0 };
	r = container_cgroup_make_first(s->container, &l.cgroup, err);
	if (!r)
		r = container_cgroup_enter(s->container, &l, err);
	for (size_t i = 0; !r && i < l.cgroup.n_dirs; i++) {
		const struct cgroup_dir *dir = &l.cgroup.dirs[i];

		strv_push(&req->cgroup_roots, dir->controllers);
		strv_push(&req->cgroup_roots, dir->path + dir->mount_len);
	}
	return r;
}

static int restore_tree(struct restoring *s, struct cgroup *cg, struct criu_request *req,
			struct error *err)
{
	const struct criu_callbacks callbacks = { .notify = on_notify, .arg = s };
	cleanup(criu_release) struct criu criu = CRIU_INIT;
	cleanup_free char *root = NULL;
	cleanup_free int *fds = NULL;
	size_t n_fds = 0;
	int r = tree_make_targets(&s->bundle->spec, s->bundle->rootfs, err);

	if (!r)
		r = tree_provide(&s->bundle->spec, req, &fds, &n_fds, err);
	if (!r)
		r = start_criu(s, fds, n_fds, req, &root, &criu, err);
	if (!r)
		r = stdio_provide(req, err);
	while (n_fds > 0)
		(void)close(fds[--n_fds]);
	req->root = root;
	if (!r)
		r = enter_cgroup(s, cg, criu.pid, req, err);
	if (!r)
		r = criu_run(&criu, req, &callbacks, err);
	req->root = NULL;
	/* Not earlier: what is removed here is unmounted there. Else it goes with the record. */
	(void)unlinkat(s->container->dir_fd, "criu-root", AT_REMOVEDIR);
	if (!r && !s->restored)
		r = error_set(err, ERR_SYSTEM, EPROTO, "criu did not tell what it restored");
	return r;
}

static int restore_container(struct restoring *s, struct error *err)
{
	cleanup(criu_request_release) struct criu_request req = { .images_fd = -1, .work_fd = -1 };
	const struct restore_options *o = s->options;
	cleanup(cgroup_release) struct cgroup cg = { 0 };
	struct container *c = s->container;
	int r = set_options(o, &req, err);

	if (!r)
		r = container_make(s->g->root, s->id, c, err);
	if (!r) {
		r = container_cgroup_place(s->g, &s->bundle->spec, c, &cg, err);
		if (!r)
			r = container_record(s->bundle, c, err);
		if (!r)
			r = restore_tree(s, &cg, &req, err);
		if (r < 0) {
			/* The first error is the one to tell. */
			ignore_result(container_cgroup_remove(c, &s->bundle->spec, NULL));
			ignore_result(container_forget(c, NULL));
		}
	}
	macros_close_fd(&req.images_fd);
	macros_close_fd(&req.work_fd);
	return r;
}

static int wait_foreground(struct container *c, const struct create_options *o, int console,
			   int *ret_status, struct error *err)
{
	cleanup_fd int pidfd = container_pidfd(c);

	if (pidfd < 0)
		pidfd = process_pidfd((pid_t)c->pid); /* ended, and ours to wait for */
	if (pidfd < 0)
		return error_set(err, ERR_SYSTEM, -pidfd, "open the restored process");
	return container_foreground(c, pidfd, console, o->keep, ret_status, err);
}

static int restore(const struct globals *g, const char *id, const struct restore_options *o,
		   int *ret_status, struct error *err)
{
	cleanup(bundle_release) struct bundle b = { 0 };
	cleanup(container_unload) struct container c = CONTAINER_INIT;
	struct restoring s = { g, id, o, &b, &c, .console = -1 };
	cleanup_fd int ours = -1;
	int r = bundle_load(o->create.bundle, &b, err);

	if (!r)
		r = console_open(o->create.console_socket, b.spec.process->terminal,
				 o->create.detach, &s.console, &ours, err);
	if (!r && !o->create.detach && !o->create.no_subreaper)
		r = relay_adopt(err);
	if (!r)
		r = restore_container(&s, err);
	macros_close_fd(&s.console);
	if (!r)
		r = container_poststart(&c, err);
	if (r < 0 || o->create.detach)
		return r;
	return wait_foreground(&c, &o->create, ours, ret_status, err);
}

static int run_restore(const struct globals *g, int argc, char **argv, int *ret_status,
		       struct error *err)
{
	struct restore_options o = { 0 };
	cleanup_free char **words = NULL;
	int r = command_parse(&restore_spec, argc, argv, &o, &words, err);

	*ret_status = 0;
	if (!r)
		r = restore(g, words[0], &o, ret_status, err);
	args_release(&restore_spec, &o);
	return r;
}

const struct command cmd_restore = { .spec = &restore_spec, .run = run_restore };
