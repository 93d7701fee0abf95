/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reaching a container's root from outside. It is mounted in a monitor's mount namespace alone: of
 * the container's monitor, or of one that was started for this (--root-only). What is needed of it
 * is opened through /proc, and what the container mounts over its root in its own namespace is not
 * seen: volumes are mounted again by hoy-copy.
 */
#include "engine/copy-root.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>

#include "base/parse.h"
#include "base/strv.h"
#include "engine/monitor-client.h"
#include "engine/runtime.h"
#include "engine/volume-mounts.h"
#include "layer/layer.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/mountfd.h"
#include "sys/process.h"

/* In the run directory. */
#define COPIES_LOCK "copies"

void copy_root_release(struct copy_root *root)
{
	int status;

	for (size_t i = 0; i < root->n_mounts; i++)
		macros_close_fd(&root->mounts[i]);
	free(root->mounts);
	strv_release(&root->targets);
	macros_close_fd(&root->root_fd);
	macros_close_fd(&root->mntns_fd);
	macros_close_fd(&root->userns_fd);
	macros_close_fd(&root->copies_fd);
	if (root->holder_pidfd >= 0) {
		ignore_result(process_signal(root->holder_pidfd, SIGKILL));
		ignore_result(process_wait(root->holder_pidfd, &status));
	}
	macros_close_fd(&root->holder_pidfd);
	container_config_release(&root->config);
	host_config_release(&root->host);
	idmaps_release(&root->maps);
	instance_release(&root->in);
	*root = (struct copy_root)COPY_ROOT_INIT;
}

/* The namespace and the mounted root of a monitor that lives. */
static int open_of_monitor(struct engine *e, struct copy_root *root, pid_t pid)
{
	cleanup_free char *dir = instance_run_path(e, root->in.rec.id, "rootfs");
	cleanup_free char *mntns = xasprintf("/proc/%d/ns/mnt", (int)pid);
	cleanup_free char *path = xasprintf("/proc/%d/root/%s", (int)pid, dir);

	root->mntns_fd = open(mntns, O_RDONLY | O_CLOEXEC);
	root->root_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root->mntns_fd < 0 || root->root_fd < 0 ? -errno : 0;
}

/* What is written goes to this run's mount: the next run begins when it is done (copy_root_settle).
 * Taken before the look at the run, so that none can begin unseen. */
static int share_run(struct copy_root *root, struct error *err)
{
	cleanup_fd int fd = lock_open_at(root->in.dirfd, COPIES_LOCK);
	int r = fd < 0 ? fd : lock_try_share(fd);

	if (r >= 0)
		root->copies_fd = take_fd(&fd);
	if (r < 0 && r != -EAGAIN && r != -ENOENT)
		return error_set(err, ERR_SYSTEM, -r, "lock the run of container %s",
				 root->in.rec.id);
	return r >= 0;
}

int copy_root_settle(const struct instance *in, struct error *err)
{
	cleanup_fd int fd = openat(in->dirfd, COPIES_LOCK, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	int r = fd < 0 ? -errno : lock_take(fd);

	return r < 0 && r != -ENOENT ? error_set(err, ERR_SYSTEM, -r,
						 "wait for copies into container %s", in->rec.id)
				     : 0;
}

/* 1 it runs and is open; 0 it does not run, or was about to end or to start. */
static int open_running(struct engine *e, struct copy_root *root, bool writes, struct error *err)
{
	bool alive;
	pid_t pid;
	int r = writes && root->in.dirfd >= 0 ? share_run(root, err) : 1;

	if (r > 0)
		r = instance_alive(&root->in, &alive, err);
	else
		alive = false;
	if (r < 0 || !alive || monitor_pid(root->in.dirfd, &pid) < 0)
		return r < 0 ? r : 0;
	r = open_of_monitor(e, root, pid);
	if (r >= 0) /* it was the monitor all the time */
		r = instance_alive(&root->in, &alive, err);
	if (r >= 0 && alive)
		return 1;
	macros_close_fd(&root->mntns_fd);
	macros_close_fd(&root->root_fd);
	root->mntns_fd = root->root_fd = -1;
	return 0;
}

static int hear_holder(int fd, pid_t *ret, struct error *err)
{
	char text[MONITOR_READY_MAX];
	int64_t pid;
	ssize_t n = read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return error_set(err, ERR_SYSTEM, n < 0 ? errno : EPIPE,
				 "mount the container's root");
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (strncmp(text, "ok ", 3) != 0 || parse_i64(text + 3, &pid) < 0)
		return error_set(err, ERR_SYSTEM, 0, "%s", text);
	*ret = (pid_t)pid;
	return 0;
}

static int spawn_holder(struct engine *e, const struct monitor_args *args, struct copy_root *root,
			struct error *err)
{
	const struct fd_map fds[] = { { args->ready_fd, args->ready_fd },
				      { args->userns_fd, args->userns_fd } };
	cleanup_free char *program = runtime_program(e, "hoy-monitor");
	cleanup(strv_release) char **argv = monitor_args_to_argv(args, program);
	const struct spawn spawn = { .file = program,
				     .argv = argv,
				     .fds = fds,
				     .n_fds = args->userns_fd >= 0 ? 2 : 1,
				     .dirfd = -1,
				     .death_signal = SIGKILL };
	int r = process_spawn(&spawn, &root->holder_pidfd, NULL);

	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "run %s", program) : 0;
}

/* A mark of --rm that a crash left: see launch_renew_work. */
static void forget_volatile(const struct copy_root *root, const char *work)
{
	cleanup_free char *mark = xasprintf("%s/work/incompat", work);

	if (root->host.auto_remove)
		ignore_result(dir_remove_all_at(AT_FDCWD, mark));
}

static int hold_root(struct engine *e, struct copy_root *root, char *const *lower,
		     struct error *err)
{
	cleanup_free char *dir = instance_run_path(e, root->in.rec.id, NULL);
	cleanup_free char *upper = instance_data_path(e, root->in.rec.id, "upper");
	cleanup_free char *work = instance_data_path(e, root->in.rec.id, "work");
	struct monitor_args args = MONITOR_ARGS_INIT;
	cleanup_fd int read_fd = -1, write_fd = -1;
	pid_t pid;
	int r = fd_pipe(&read_fd, &write_fd);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "create a pipe");
	args.id = root->in.rec.id;
	args.dir = dir;
	args.root_only = true;
	args.userns_fd = root->userns_fd;
	args.ready_fd = write_fd;
	if (root->host.rootfs && root->host.rootfs[0]) {
		args.rootfs_bind = root->host.rootfs;
	} else {
		forget_volatile(root, work);
		args.lower = (char **)lower;
		args.upper = upper;
		args.work = work;
	}
	r = spawn_holder(e, &args, root, err);
	macros_close_fd(&write_fd);
	if (r >= 0)
		r = hear_holder(read_fd, &pid, err);
	if (r < 0)
		return r;
	r = open_of_monitor(e, root, pid);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "open the container's root") : 0;
}

static int open_stopped(struct engine *e, struct copy_root *root, struct error *err)
{
	cleanup(layer_stack_release) struct layer_stack layers = { NULL };
	cleanup(strv_release) char **diff_ids = NULL;
	int r = 0;

	if (!root->host.rootfs || !root->host.rootfs[0]) {
		diff_ids = root->in.rec.layers[0] ? strv_split(root->in.rec.layers, ' ') : NULL;
		r = layer_stack_open(&e->store, diff_ids, &layers, err);
	}
	return r < 0 ? r : hold_root(e, root, layers.lower, err);
}

static int add_mount(struct copy_root *root, const struct container_mount *m, struct error *err)
{
	struct mount_change change = { .set = m->rw ? 0 : MOUNT_ATTR_RDONLY,
				       .propagation = MS_PRIVATE,
				       .recursive = m->recursive };
	int fd = mount_clone(AT_FDCWD, m->source, m->recursive), r;

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, -fd, "mount %s of the container: open %s",
				 m->target, m->source);
	root->mounts = xrealloc(root->mounts, root->n_mounts + 1, sizeof(*root->mounts));
	root->mounts[root->n_mounts++] = fd;
	strv_push(&root->targets, m->target);
	r = mount_change(fd, &change);
	if (r >= 0 && m->kind == MOUNT_VOLUME && root->userns_fd >= 0)
		r = mount_change(fd, &(struct mount_change){ .set = MOUNT_ATTR_IDMAP,
							     .userns_fd = root->userns_fd });
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "mount %s of the container", m->target) : 0;
}

/* The three files that every container with a network of its own has. */
static int add_files(struct engine *e, struct copy_root *root, const struct mount_list *list,
		     struct error *err)
{
	static const char *const names[] = { "resolv.conf", "hostname", "hosts" };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(names); i++) {
		cleanup_free char *target = xasprintf("/etc/%s", names[i]);
		cleanup_free char *source = instance_data_path(e, root->in.rec.id, names[i]);
		const struct container_mount m = { .kind = MOUNT_BIND,
						   .source = source,
						   .target = target,
						   .rw = !root->host.readonly_rootfs };

		if (!mount_list_find(list, target) && access(source, F_OK) == 0)
			r = add_mount(root, &m, err);
	}
	return r;
}

static int add_mounts(struct engine *e, struct copy_root *root, struct error *err)
{
	cleanup(mount_list_release) struct mount_list list = { NULL, 0 };
	int r = volume_mounts_read(e, root->in.rec.id, &root->config, &root->host, &list, err);

	if (r >= 0)
		r = add_files(e, root, &list, err);
	for (size_t i = 0; r >= 0 && i < list.n; i++) {
		if (list.items[i].kind != MOUNT_TMPFS)
			r = add_mount(root, &list.items[i], err);
	}
	return r;
}

static int read_record(struct engine *e, struct copy_root *root, struct error *err)
{
	int r = instance_config(&root->in, &root->config, err);

	if (r >= 0)
		r = instance_host_config(&root->in, &root->host, err);
	if (r >= 0)
		r = idmaps_get(&e->store, root->in.rec.id, &root->maps, err);
	if (r < 0 || root->maps.n_uids == 0)
		return r;
	root->userns_fd = idmap_userns(root->maps.uids, root->maps.n_uids, root->maps.gids,
				       root->maps.n_gids);
	return root->userns_fd < 0
		       ? error_set(err, ERR_SYSTEM, -root->userns_fd, "make a user namespace")
		       : 0;
}

/* Under the mutex: whether it runs does not change, but for its end. */
static int open_locked(struct engine *e, const char *ref, bool writes, struct copy_root *root,
		       struct error *err)
{
	int r;

	/* Not kept while waiting for the mutex: who has it may wait for this. */
	macros_close_fd(&root->copies_fd);
	root->copies_fd = -1;
	instance_release(&root->in);
	root->in = (struct instance)INSTANCE_INIT;
	r = instance_open_locked(e, ref, &root->in, err);
	if (r >= 0)
		r = open_running(e, root, writes, err);
	if (r != 0)
		return r < 0 ? r : 0;
	r = open_stopped(e, root, err);
	if (r >= 0 && !writes) /* its layers are only read: a start does no harm */
		macros_close_fd(&root->in.mutex_fd);
	if (r >= 0 && !writes)
		root->in.mutex_fd = -1;
	return r;
}

int copy_root_open(struct engine *e, const char *ref, bool writes, struct copy_root *ret,
		   struct error *err)
{
	cleanup(copy_root_release) struct copy_root root = COPY_ROOT_INIT;
	int r = instance_open(e, ref, &root.in, err);

	if (r >= 0)
		r = read_record(e, &root, err);
	if (r >= 0)
		r = open_running(e, &root, writes, err);
	if (r == 0)
		r = open_locked(e, ref, writes, &root, err);
	if (r >= 0)
		r = add_mounts(e, &root, err);
	if (r < 0)
		return r;
	*ret = root;
	root = (struct copy_root)COPY_ROOT_INIT;
	return 0;
}
