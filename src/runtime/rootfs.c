/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's mount tree: its root, then the mounts of the config in their order, then
 * pivot_root.
 *
 * A target is resolved once, in the root (openat2), and mounted on by its fd. What mounts.c makes
 * is a detached mount; here it is put in place.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "runtime/mounts.h"
#include "runtime/stages.h"
#include "runtime/userns.h"
#include "sys/mountfd.h"
#include "sys/path.h"

static int propagation_flag(const char *name, unsigned long *ret)
{
	struct mount_options options;
	char *words[] = { (char *)(uintptr_t)name, NULL };

	mount_options_parse(words, &options);
	*ret = options.propagation | (options.propagation_recursive ? MS_REC : 0);
	mount_options_release(&options);
	return *ret ? 0 : -EINVAL;
}

/* Mounting on something shared would show on the host: the mount that holds the root directory must
 * not be. */
static int make_parent_private(const char *rootfs)
{
	cleanup_free char *path = xstrdup(rootfs);

	for (;;) {
		char *slash;

		if (mount(NULL, *path ? path : "/", NULL, MS_PRIVATE, NULL) == 0)
			return 0;
		slash = strrchr(path, '/');
		if (errno != EINVAL || !slash) /* EINVAL: not a mount point, try further up */
			return -errno;
		*slash = '\0';
	}
}

/*
 * Below a chroot(2) "/" is no mount point: its propagation cannot be changed and pivot_root
 * refuses. Joining our own namespace gives us the namespace's real root back (setns(2)); there the
 * chroot's directory is made a mount and pivoted into, so that the namespace holds nothing outside
 * of it.
 */
static int make_root_a_mount(void)
{
	cleanup_fd int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int ns = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	cleanup_fd int tree = root < 0 ? -1 : mount_clone(root, "", true);
	int r;

	if (root < 0 || ns < 0 || tree < 0)
		return tree < 0 && root >= 0 ? tree : -errno;
	if (setns(ns, CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) < 0)
		return -errno;
	r = mount_attach(tree, root);
	if (r < 0)
		return r;
	if (fchdir(tree) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return -errno;
	return 0;
}

static int change_propagation(unsigned long flag)
{
	int r;

	if (mount(NULL, "/", NULL, flag, NULL) == 0)
		return 0;
	r = errno == EINVAL ? make_root_a_mount() : -errno;
	if (r < 0)
		return r;
	return mount(NULL, "/", NULL, flag, NULL) < 0 ? -errno : 0;
}

static bool propagates(const struct launch *l, unsigned long kind)
{
	const char *name = l->spec->linux_->rootfs_propagation;
	unsigned long flag;

	return name && propagation_flag(name, &flag) == 0 && flag & kind;
}

/* What the host mounts later still comes through where a mount of the config asks for it; with a
 * shared root also the other way. */
static int detach_from_host(struct launch *l, struct error *err)
{
	bool shared = propagates(l, MS_SHARED);
	int r = change_propagation((shared ? MS_SHARED : MS_SLAVE) | MS_REC);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "change the propagation of mounts");
	r = shared ? make_parent_private(l->rootfs) : 0;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "make the mount of '%s' private", l->rootfs);
	return 0;
}

/* Without a mount namespace of our own the root is changed, not mounted. */
static int open_root(struct launch *l, bool early, struct error *err)
{
	if (early && l->ns_fd[NS_MOUNT] >= 0 && !l->ns_entered[NS_MOUNT])
		return 0; /* it is a path in the one that is joined */
	l->root_fd = open(l->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (l->root_fd < 0 && early && errno == EACCES)
		return 0;
	if (l->root_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open root file system '%s'", l->rootfs);
	return 0;
}

static int mount_root(struct launch *l, bool early, struct error *err)
{
	/* A slave of the host's mount is told what is mounted there, as rootfsPropagation has it.
	 */
	const struct mount_change change = { .propagation = propagates(l, MS_SLAVE) ? MS_SLAVE
										    : MS_PRIVATE };
	cleanup_fd int target = -1;
	int r;

	if (l->root_fd >= 0)
		return 0;
	if (!l->ns_new[NS_MOUNT])
		return open_root(l, early, err);
	r = detach_from_host(l, err);
	if (r < 0)
		return r;
	target = open(l->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (target < 0 && early && errno == EACCES)
		return 0;
	if (target < 0)
		return error_set(err, ERR_SYSTEM, errno, "open root file system '%s'", l->rootfs);
	l->root_fd = mount_clone(target, "", true);
	r = l->root_fd < 0 ? l->root_fd : mount_change(l->root_fd, &change);
	if (!r)
		r = mount_attach(l->root_fd, target);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "bind root file system '%s'", l->rootfs);
	return 0;
}

int stage_root_early(struct launch *l, struct error *err)
{
	return userns_is_used(l) ? mount_root(l, true, err) : 0;
}

int stage_root(struct launch *l, struct error *err)
{
	return mount_root(l, false, err);
}

/* Files of procfs that may be replaced: what lxcfs provides. */
static bool proc_file_allowed(const char *path)
{
	static const char *const allowed[] = {
		"/proc/cpuinfo",
		"/proc/diskstats",
		"/proc/meminfo",
		"/proc/stat",
		"/proc/swaps",
		"/proc/uptime",
		"/proc/loadavg",
		"/proc/slabinfo",
		"/proc/net/dev",
		"/proc/sys/kernel/ns_last_pid",
		"/proc/sys/crypto/fips_enabled",
	};

	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
		if (!strcmp(path, allowed[i]))
			return true;
	}
	return false;
}

/* Something over a part of /proc would fool whoever writes there, us too (CVE-2019-16884). */
static int check_target(int target, const char *path, const char *type, struct error *err)
{
	struct statfs st;

	if (fstatfs(target, &st) < 0)
		return error_set(err, ERR_SYSTEM, errno, "look at mount target '%s'", path);
	if (st.f_type != PROC_SUPER_MAGIC || !strcmp(type, "proc") || proc_file_allowed(path))
		return 0;
	return error_set(err, ERR_INVALID, EPERM,
			 "\"%s\" cannot be mounted because it is inside /proc", path);
}

static int make_file(int root_fd, const char *path)
{
	const char *slash = strrchr(path, '/');
	cleanup_free char *parent = xstrndup(path, (size_t)(slash - path));
	cleanup_fd int dir = path_mkdir_all(root_fd, *parent ? parent : "/", 0755);
	cleanup_fd int fd = -1;

	if (dir < 0)
		return dir;
	fd = openat(dir, slash + 1, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0755);
	return fd < 0 && errno != EEXIST ? -errno : 0;
}

/* procfs and sysfs go on a plain directory reached without links only: through a link of the image
 * they would appear elsewhere, and masks with them (CVE-2019-19921). */
static int open_target(int root_fd, const char *path, const char *type, bool is_dir)
{
	bool kernel_fs = !strcmp(type, "proc") || !strcmp(type, "sysfs");
	uint64_t lookup = kernel_fs ? RESOLVE_IN_ROOT | LOOKUP_NO_LINKS : LOOKUP_IN_ROOT;
	int fd = path_open(root_fd, path, O_PATH, 0, lookup), r;

	if (fd != -ENOENT)
		return fd;
	if (is_dir) {
		cleanup_fd int dir = path_mkdir_all(root_fd, path, 0755);

		r = dir < 0 ? dir : 0;
	} else {
		r = make_file(root_fd, path);
	}
	return r < 0 ? r : path_open(root_fd, path, O_PATH, 0, lookup);
}

static int place_mount(struct launch *l, const struct oci_mount *m, int mount_fd, bool is_dir,
		       struct error *err)
{
	const char *type = m->type ? m->type : "";
	cleanup_free char *joined = xasprintf("/%s", m->destination);
	cleanup_free char *path = path_clean(joined);
	cleanup_fd int target = -1;
	int r;

	if (!strcmp(path, "/"))
		return error_set(err, ERR_INVALID, EINVAL, "mount target '%s' is the root itself",
				 m->destination);
	target = open_target(l->root_fd, path, type, is_dir);
	if (target == -ELOOP)
		return error_set(
			err, ERR_INVALID, ELOOP,
			"filesystem \"%s\" must be mounted on ordinary directory: '%s' is or "
			"goes through a symbolic link",
			type, path);
	if (target < 0)
		return error_set(err, ERR_SYSTEM, -target, "create mountpoint for %s", path);
	r = check_target(target, path, type, err);
	if (r < 0)
		return r;
	r = mount_attach(mount_fd, target);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "mount '%s' on '%s'",
				 m->source ? m->source : type, path);
	return 0;
}

/* Attributes that are only known to hold when it is in place: changing propagation of a detached
 * mount is not the same. */
static int finish_mount(struct launch *l, const struct oci_mount *m,
			const struct mount_options *options, int mount_fd, struct error *err)
{
	const struct mount_change change = { .propagation = options->propagation,
					     .recursive = options->propagation_recursive };
	const struct mount_change recursive = { .set = options->rec_set,
						.clear = options->rec_clear,
						.recursive = true };
	int r = mount_change(mount_fd, &change);

	if (!r)
		r = mount_change(mount_fd, &recursive);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "set the options of the mount on '%s'",
				 m->destination);
	return 0;
}

static bool is_cgroup(const struct oci_mount *m, const struct mount_options *options)
{
	return !options->bind && m->type &&
	       (!strcmp(m->type, "cgroup") || !strcmp(m->type, "cgroup2"));
}

static int do_mount(struct launch *l, const struct oci_mount *m, struct error *err)
{
	cleanup(mount_options_release) struct mount_options options = { 0 };
	cleanup_fd int mount_fd = -1;
	bool is_dir = true;
	int r;

	mount_options_parse(m->options, &options);
	if (options.remount)
		return mounts_remount(l, m, &options, err);
	if (is_cgroup(m, &options)) { /* it shows where we are */
		r = child_wait_go(l, err);
		if (!r)
			r = stage_cgroup_namespace(l, err);
		if (r < 0)
			return r;
	}
	r = mounts_make(l, m, &options, &mount_fd, &is_dir, err);
	if (!r)
		r = place_mount(l, m, mount_fd, is_dir, err);
	if (!r && is_cgroup(m, &options) && mounts_is_cgroup_v1(l, m))
		r = mounts_fill_cgroup_v1(l, &options, mount_fd, err);
	return r < 0 ? r : finish_mount(l, m, &options, mount_fd, err);
}

int stage_mounts(struct launch *l, struct error *err)
{
	int r = 0;

	if (!l->ns_new[NS_MOUNT])
		return 0;
	for (size_t i = 0; !r && i < l->spec->n_mounts; i++)
		r = do_mount(l, &l->spec->mounts[i], err);
	return r;
}

/* As runc: an image may name a working directory that none of its layers has. */
int stage_make_directory(struct launch *l, struct error *err)
{
	const char *cwd = l->process->cwd;
	int fd;

	if (strcmp(cwd, "/") == 0)
		return 0;
	fd = path_mkdir_all(l->root_fd, cwd, 0755);
	if (fd == -EROFS || fd == -EEXIST)
		return 0; /* the change into it tells better */
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, -fd, "mkdir %s", cwd);
	close(fd);
	return 0;
}

int stage_readonly_root(struct launch *l, struct error *err)
{
	static const struct mount_change readonly = { .set = MOUNT_ATTR_RDONLY };
	int r;

	if (!l->ns_new[NS_MOUNT] || !l->spec->root->readonly)
		return 0;
	r = mount_change(l->root_fd, &readonly);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "make the root file system read-only");
	return 0;
}

/* --no-pivot: for an initramfs, whose root cannot be pivoted away. */
static int move_root(int root_fd)
{
	if (fchdir(root_fd) < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 ||
	    chdir("/") < 0)
		return -errno;
	return 0;
}

static int change_root(struct launch *l, struct error *err)
{
	if (fchdir(l->root_fd) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return error_set(err, ERR_SYSTEM, errno, "change the root to '%s'", l->rootfs);
	return 0;
}

int stage_pivot(struct launch *l, struct error *err)
{
	int r;

	if (!l->ns_new[NS_MOUNT])
		return change_root(l, err);
	r = l->no_pivot ? move_root(l->root_fd) : mount_pivot(l->root_fd);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "pivot_root to '%s'", l->rootfs);
	return 0;
}

int stage_propagation(struct launch *l, struct error *err)
{
	const char *name = l->spec->linux_->rootfs_propagation;
	unsigned long flag;

	if (!l->ns_new[NS_MOUNT] || !name || propagation_flag(name, &flag) < 0)
		return 0;
	if (mount(NULL, "/", NULL, flag, NULL) < 0)
		return error_set(err, ERR_SYSTEM, errno, "set rootfsPropagation=%s", name);
	return 0;
}
