/* SPDX-License-Identifier: Apache-2.0 */
/* sysctl, masked and read-only paths. Before pivot_root: the masks' sources are host files that are
 * checked here. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "base/strbuf.h"
#include "runtime/stages.h"
#include "sys/mountfd.h"
#include "sys/path.h"

enum { PROC_ROOT_INO = 1 }; /* fs/proc */

/* The empty thing that covers. Each is made once; further copies are clones of one that is in
 * place. */
struct cover {
	int null_fd, dir_fd;
};

static void cover_release(struct cover *cover)
{
	macros_close_fd(&cover->null_fd);
	macros_close_fd(&cover->dir_fd);
}

/* A container could have put anything at its /dev/null (CVE-2025-31133): the host's, and only if it
 * is one. */
static int open_null(void)
{
	cleanup_fd int fd = open("/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return -ENODEV;
	return take_fd(&fd);
}

/* A private copy of the mount that the host's null device is on: no peer of the host's /dev, which
 * no restore could make again. */
static int clone_null(void)
{
	static const struct mount_change private = { .propagation = MS_PRIVATE };
	cleanup_fd int null = open_null();
	cleanup_fd int fd = null < 0 ? null : mount_clone(null, "", false);
	int r = fd < 0 ? fd : mount_change(fd, &private);

	return r < 0 ? r : take_fd(&fd);
}

static int cover_file(struct cover *cover, int target)
{
	cleanup_fd int fd = cover->null_fd >= 0 ? mount_clone(cover->null_fd, "", false)
						: clone_null();
	int r = fd < 0 ? fd : mount_attach(fd, target);

	if (!r && cover->null_fd < 0)
		cover->null_fd = take_fd(&fd);
	return r;
}

static int cover_directory(struct cover *cover, int target)
{
	static char *const empty[] = { (char *)"size=0k", (char *)"nr_inodes=1", NULL };
	cleanup_fd int fd = -1;
	int r;

	if (cover->dir_fd >= 0)
		fd = mount_clone(cover->dir_fd, "", false);
	else
		fd = mount_new("tmpfs", "tmpfs", empty, MOUNT_ATTR_RDONLY, NULL);
	r = fd < 0 ? fd : mount_attach(fd, target);
	if (!r && cover->dir_fd < 0)
		cover->dir_fd = take_fd(&fd);
	return r;
}

static int mask_path(struct launch *l, struct cover *cover, const char *path)
{
	cleanup_fd int target = path_open(l->root_fd, path, O_PATH, 0, LOOKUP_IN_ROOT);
	struct stat st;

	if (target == -ENOENT || target == -ENOTDIR || target == -EACCES)
		return 0;
	if (target < 0)
		return target;
	if (fstat(target, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? cover_directory(cover, target) : cover_file(cover, target);
}

int stage_mask_paths(struct launch *l, struct error *err)
{
	cleanup(cover_release) struct cover cover = { -1, -1 };
	char **path = l->spec->linux_->masked_paths;

	if (!l->ns_new[NS_MOUNT])
		return 0;
	for (; path && *path; path++) {
		int r = mask_path(l, &cover, *path);

		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "mask path '%s'", *path);
	}
	return 0;
}

static int readonly_path(struct launch *l, const char *path)
{
	static const struct mount_change readonly = { .set = MOUNT_ATTR_RDONLY, .recursive = true };
	cleanup_fd int target = path_open(l->root_fd, path, O_PATH, 0, LOOKUP_IN_ROOT);
	cleanup_fd int fd = -1;
	int r;

	if (target == -ENOENT || target == -ENOTDIR)
		return 0;
	if (target < 0)
		return target;
	fd = mount_clone(target, "", true);
	r = fd < 0 ? fd : mount_change(fd, &readonly);
	return r < 0 ? r : mount_attach(fd, target);
}

int stage_readonly_paths(struct launch *l, struct error *err)
{
	char **path = l->spec->linux_->readonly_paths;

	if (!l->ns_new[NS_MOUNT])
		return 0;
	for (; path && *path; path++) {
		int r = readonly_path(l, *path);

		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "make path '%s' read-only", *path);
	}
	return 0;
}

static bool starts_with(const char *str, const char *prefix)
{
	return !strncmp(str, prefix, strlen(prefix));
}

/* A value that is not of a namespace of the container's own would change the host. @key has
 * slashes. */
static bool sysctl_allowed(const struct launch *l, const char *key)
{
	static const char *const ipc[] = { "kernel/msgmax", "kernel/msgmnb",
					   "kernel/msgmni", "kernel/sem",
					   "kernel/shmall", "kernel/shmmax",
					   "kernel/shmmni", "kernel/shm_rmid_forced" };
	bool own_ipc = launch_has_own(l, NS_IPC), own_net = launch_has_own(l, NS_NETWORK);
	bool own_uts = launch_has_own(l, NS_UTS);

	for (size_t i = 0; i < ARRAY_SIZE(ipc); i++) {
		if (!strcmp(key, ipc[i]))
			return own_ipc;
	}
	if (starts_with(key, "fs/mqueue/"))
		return own_ipc;
	if (starts_with(key, "net/"))
		return own_net;
	if (!strcmp(key, "kernel/domainname"))
		return own_uts;
	return starts_with(key, "user/") && l->ns_new[NS_USER];
}

/* "net.ipv4.ip_forward" and "net/ipv4/conf/eth0.1/x" -> a path; whichever separator comes first is
 * meant. NULL: not a key (an injected "a=b" or "..", CVE-2022-0811). */
static char *sysctl_path(const char *key)
{
	char *path = xstrdup(key);
	bool dots = strchr(key, '.') && (!strchr(key, '/') || strchr(key, '.') < strchr(key, '/'));

	for (char *c = path; *c; c++) {
		if (dots && (*c == '.' || *c == '/'))
			*c = *c == '.' ? '/' : '.';
		if (!isalnum((unsigned char)*c) && !strchr("_-./@:", *c)) {
			free(path);
			return NULL;
		}
	}
	if (strstr(path, "..") || strstr(path, "//") || *path == '/') {
		free(path);
		return NULL;
	}
	return path;
}

static int sysctl_set(struct launch *l, const char *key, const char *value, struct error *err)
{
	cleanup_free char *path = sysctl_path(key);
	cleanup_free char *full = path ? xasprintf("sys/%s", path) : NULL;
	cleanup_fd int fd = -1;
	size_t len = strlen(value);

	if (!path || !sysctl_allowed(l, path))
		return error_set(
			err, ERR_INVALID, EINVAL,
			"linux.sysctl: sysctl \"%s\" is not in a separate kernel namespace", key);
	fd = path_open(l->proc_fd, full, O_WRONLY, 0,
		       LOOKUP_BENEATH | LOOKUP_NO_LINKS | RESOLVE_NO_XDEV);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, -fd, "open sysctl '%s'", key);
	if (write(fd, value, len) != (ssize_t)len)
		return error_set(err, ERR_SYSTEM, errno, "set sysctl '%s' to '%s'", key, value);
	return 0;
}

/* FALLBACK(a procfs of one's own in a user namespace needs a pid namespace that belongs to it):
 * the host's, which is still what is at /proc; a file in it is reached without links and mounts. */
static int host_proc(void)
{
	cleanup_fd int fd = open("/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct statfs fs;
	struct stat st;

	if (fd < 0 || fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
		return -errno;
	return fs.f_type == PROC_SUPER_MAGIC && st.st_ino == PROC_ROOT_INO ? take_fd(&fd) : -EPERM;
}

static int sysctl_proc(struct launch *l, struct error *err)
{
	int fd, r = child_proc(l, err);

	if (r != -EPERM)
		return r;
	fd = host_proc();
	if (fd < 0)
		return r;
	error_release(err);
	l->proc_fd = fd;
	return 0;
}

int stage_sysctl(struct launch *l, struct error *err)
{
	const struct strmap *map = &l->spec->linux_->sysctl;
	int r;

	if (!map->n)
		return 0;
	r = sysctl_proc(l, err);
	for (size_t i = 0; !r && i < map->n; i++)
		r = sysctl_set(l, map->entries[i].key, map->entries[i].value, err);
	return r;
}
