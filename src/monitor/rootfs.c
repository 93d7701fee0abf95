/* SPDX-License-Identifier: Apache-2.0 */
/* The container's root in the monitor's mount namespace. Needs CAP_SYS_ADMIN. */
#include "monitor/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "monitor/rootfs-erofs.h"
#include "sys/mountfd.h"

enum { FSCONFIG_VALUE_MAX = 255, OPTIONS_MAX = 4095 };
enum { FLAG_BIND = 1 << 12, FLAG_SLAVE = 1 << 19 }; /* MS_BIND … */

static int sys_fsconfig(int fd, unsigned int cmd, const char *key, const char *value)
{
	return syscall(SYS_fsconfig, fd, cmd, key, value, 0) < 0 ? -errno : 0;
}

/* Mount the detached tree of fd at <dirfd>/rootfs. */
static int attach_tree(int fd, int dirfd)
{
	if (syscall(SYS_move_mount, fd, "", dirfd, "rootfs", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return -errno;
	return 0;
}

/* Length of the directory part, with its slash, that all paths of the overlay have in common, or
 * all of its lower ones. */
static size_t common_prefix(const struct monitor_args *args, bool with_upper)
{
	const char *first = args->lower[0];
	size_t common = strlen(first);

	for (char *const *v = args->lower; *v; v++)
		for (size_t i = 0; i < common; i++)
			if ((*v)[i] != first[i])
				common = i;
	for (size_t i = 0; with_upper && args->upper && i < common; i++)
		if (args->upper[i] != first[i] || args->work[i] != first[i])
			common = i;
	while (common > 0 && first[common - 1] != '/')
		common--;
	return common;
}

static int overlay_set(int fs, const char *key, const char *value)
{
	if (strlen(value) > FSCONFIG_VALUE_MAX)
		return -ENAMETOOLONG;
	return sys_fsconfig(fs, FSCONFIG_SET_STRING, key, value);
}

static int overlay_configure(int fs, const struct monitor_args *args, size_t skip)
{
	size_t skip_upper = args->userns_fd >= 0 ? 0 : skip;
	int r = 0;

	for (char *const *v = args->lower; r == 0 && *v; v++)
		r = overlay_set(fs, "lowerdir+", *v + skip);
	if (r == 0 && args->upper)
		r = overlay_set(fs, "upperdir", args->upper + skip_upper);
	if (r == 0 && args->upper)
		r = overlay_set(fs, "workdir", args->work + skip_upper);
	if (r == 0 && args->volatile_upper && args->upper)
		r = sys_fsconfig(fs, FSCONFIG_SET_FLAG, "volatile", NULL);
	return r;
}

/* What the kernel says about a file system that it would not make: "e overlay: …". "": nothing. */
static const char *kernel_words(int fs, char *text, size_t size)
{
	ssize_t n = read(fs, text, size - 1);

	if (n <= 2)
		return "";
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return text + 2;
}

static void add_escaped(struct strbuf *out, const char *path)
{
	for (; *path; path++) {
		if (strchr(":,\\", *path))
			strbuf_addc(out, '\\');
		strbuf_addc(out, *path);
	}
}

/* FALLBACK(overlay lowerdir+, 6.8): one option string, which has to fit into a page. Before 6.5 an
 * unknown option is refused only when all of them are looked at, and without a word. */
static int overlay_mount_old(const struct monitor_args *args, size_t skip, int dirfd,
			     struct error *err)
{
	cleanup(strbuf_release) struct strbuf options = STRBUF_INIT;
	size_t skip_upper = args->userns_fd >= 0 ? 0 : skip;
	cleanup_free char *target = NULL;
	int r;

	strbuf_adds(&options, "lowerdir=");
	for (char *const *v = args->lower; *v; v++) {
		if (v != args->lower)
			strbuf_addc(&options, ':');
		add_escaped(&options, *v + skip);
	}
	if (args->upper) {
		strbuf_adds(&options, ",upperdir=");
		add_escaped(&options, args->upper + skip_upper);
		strbuf_adds(&options, ",workdir=");
		add_escaped(&options, args->work + skip_upper);
		strbuf_adds(&options, args->volatile_upper ? ",volatile" : "");
	}
	if (options.len > OPTIONS_MAX)
		return error_set(err, ERR_SYSTEM, E2BIG, "this kernel cannot mount so many layers");
	target = xasprintf("/proc/self/fd/%d/rootfs", dirfd);
	r = mount("overlay", target, "overlay", 0, options.data);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, errno, "mount the container's overlay root%s",
				 errno == EINVAL && args->userns_fd >= 0
					 ? " on id-mapped layers (needs Linux 5.19)"
					 : "");
	return 0;
}

/* For the overlay a layer is what a mount shows: here with the container's ids. FALLBACK: none; id
 * mappings of mounts are 5.12, of an overlay's layers 5.19, of a tmpfs 6.3. */
static int map_ids(int tree, int userns_fd, bool recursive, const char *what, struct error *err)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)userns_fd };

	if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0),
		    &attr, sizeof(attr)) < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "map the ids of '%s' for the user namespace (needs Linux 5.19 and "
				 "a file system that can)",
				 what);
	return 0;
}

/* The directory @base with all layers in it, seen through the user namespace, becomes the working
 * directory. It lies where the root will: out of everyone's sight as soon as that covers it. */
static int enter_mapped(const char *base, const struct monitor_args *args, int dirfd,
			struct error *err)
{
	int tree cleanup_fd =
		(int)syscall(SYS_open_tree, AT_FDCWD, base, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	int r;

	if (tree < 0)
		return error_set(err, ERR_SYSTEM, errno, "use the layers in '%s'", base);
	r = map_ids(tree, args->userns_fd, false, base, err);
	if (r < 0)
		return r;
	r = attach_tree(tree, dirfd);
	if (r < 0 || fchdir(tree) < 0)
		return error_set(err, ERR_SYSTEM, r < 0 ? -r : errno, "enter '%s'", base);
	return 0;
}

/* In the directory that all layers share, so that their names are short. */
static int overlay_mount_here(const struct monitor_args *args, size_t skip, int dirfd,
			      struct error *err)
{
	int fs cleanup_fd = (int)syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC);
	int tree cleanup_fd = -1;
	const char *words = "";
	char text[256];
	int r;

	if (fs < 0)
		return overlay_mount_old(args, skip, dirfd, err);
	r = overlay_configure(fs, args, skip);
	if (r == -EINVAL || r == -ENAMETOOLONG)
		return overlay_mount_old(args, skip, dirfd, err);
	if (r == 0)
		r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL);
	if (r < 0)
		words = kernel_words(fs, text, sizeof(text));
	if (r == -EINVAL && !*words)
		return overlay_mount_old(args, skip, dirfd, err);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "mount the container's overlay root%s%s",
				 *words ? ": " : "", words);
	tree = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	if (tree < 0)
		return error_set(err, ERR_SYSTEM, errno, "mount the container's overlay root");
	r = attach_tree(tree, dirfd);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "attach the container's root") : 0;
}

static int overlay_mount(const struct monitor_args *args, int dirfd, struct error *err)
{
	bool mapped = args->userns_fd >= 0;
	size_t skip = common_prefix(args, !mapped);
	cleanup_free char *base = xstrndup(args->lower[0], skip);
	int r;

	if (skip == 0 || (!mapped && chdir(base) < 0))
		return error_set(err, ERR_SYSTEM, skip ? errno : EINVAL, "enter '%s'", base);
	r = mapped ? enter_mapped(base, args, dirfd, err) : 0;
	if (r == 0)
		r = overlay_mount_here(args, skip, dirfd, err);
	if (r == 0 && chdir("/") < 0)
		return error_set(err, ERR_SYSTEM, errno, "change to /");
	return r;
}

/* One tree as it is, with what is mounted in it. What a container mounts there stays its own. */
static int bind_mount(const char *source, bool readonly, int userns_fd, int dirfd,
		      struct error *err)
{
	struct mount_attr attr = { .propagation = FLAG_SLAVE,
				   .attr_set = readonly ? MOUNT_ATTR_RDONLY : 0 };
	int tree cleanup_fd = (int)syscall(SYS_open_tree, AT_FDCWD, source,
					   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	int r;

	if (tree < 0)
		return error_set(err, ERR_SYSTEM, errno, "use '%s' as root", source);
	if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr,
		    sizeof(attr)) < 0)
		return error_set(err, ERR_SYSTEM, errno, "set attributes of the root mount");
	r = userns_fd >= 0 ? map_ids(tree, userns_fd, true, source, err) : 0;
	if (r < 0)
		return r;
	r = attach_tree(tree, dirfd);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "attach the container's root") : 0;
}

/* A path that the runtime and its children can open at every start. */
static int netns_mount(const struct monitor_args *args, int dirfd, struct error *err)
{
	cleanup_fd int file =
		openat(dirfd, "netns", O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	cleanup_free char *source = xasprintf("/proc/self/fd/%d", args->netns_fd);
	cleanup_free char *target = xasprintf("/proc/self/fd/%d", file);

	if (file < 0 || mount(source, target, NULL, FLAG_BIND, NULL) < 0)
		return error_set(err, ERR_SYSTEM, errno, "mount the network namespace");
	return 0;
}

void mount_home_release(struct mount_home *home)
{
	macros_close_fd(&home->ns);
	macros_close_fd(&home->root);
}

int rootfs_enter(const struct monitor_args *args, struct mount_home *ret_home,
		 struct layer_mounts *ret_layers, struct error *err)
{
	int host_ns cleanup_fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	int host_root cleanup_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool indexed = lower_has_index(args->lower);
	bool single = args->lower && !args->lower[1] && !args->upper && !indexed;
	int dirfd cleanup_fd = -1;
	int r;

	if (host_ns < 0 || host_root < 0 || unshare(CLONE_NEWNS) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a mount namespace");
	dirfd = open(args->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open %s", args->dir);
	r = mount_hide(dirfd);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "separate the mounts from the host's");
	if ((args->lower || args->rootfs_bind) && mkdirat(dirfd, "rootfs", 0700) < 0 &&
	    errno != EEXIST)
		return error_set(err, ERR_SYSTEM, errno, "make the root's mount point");
	if (args->rootfs_bind || single) /* an overlay needs two layers */
		r = bind_mount(single ? args->lower[0] : args->rootfs_bind, single, args->userns_fd,
			       dirfd, err);
	else if (indexed)
		r = rootfs_mount_indexed(args, dirfd, ret_layers, err);
	else if (args->lower)
		r = overlay_mount(args, dirfd, err);
	if (r == 0 && args->netns_bind && args->netns_fd >= 0)
		r = netns_mount(args, dirfd, err);
	if (r < 0)
		return r;
	*ret_home = (struct mount_home){ take_fd(&host_ns), take_fd(&host_root) };
	return 0;
}

/* Joining a mount namespace makes its own root ours (setns(2)): below a chroot the old root has to
 * be taken back. */
int rootfs_leave(const struct mount_home *home)
{
	if (setns(home->ns, CLONE_NEWNS) < 0 || fchdir(home->root) < 0 || chroot(".") < 0)
		return -errno;
	return 0;
}
