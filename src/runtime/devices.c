/* SPDX-License-Identifier: Apache-2.0 */
/* /dev: the nodes that every container has, those of the config, and the links of the
 * specification. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/strbuf.h"
#include "runtime/mount-options.h"
#include "runtime/stages.h"
#include "sys/mountfd.h"
#include "sys/path.h"

static const struct oci_device default_devices[] = {
	{ .type = (char *)"c", .path = (char *)"/dev/null", .major = 1, .minor = 3 },
	{ .type = (char *)"c", .path = (char *)"/dev/zero", .major = 1, .minor = 5 },
	{ .type = (char *)"c", .path = (char *)"/dev/full", .major = 1, .minor = 7 },
	{ .type = (char *)"c", .path = (char *)"/dev/random", .major = 1, .minor = 8 },
	{ .type = (char *)"c", .path = (char *)"/dev/urandom", .major = 1, .minor = 9 },
	{ .type = (char *)"c", .path = (char *)"/dev/tty", .major = 5, .minor = 0 },
};

static const struct {
	const char *name, *target;
} links[] = {
	{ "fd", "/proc/self/fd" },
	{ "stdin", "/proc/self/fd/0" },
	{ "stdout", "/proc/self/fd/1" },
	{ "stderr", "/proc/self/fd/2" },
};

/* A /dev that is somebody else's directory is left as it is. */
static bool dev_is_bound(const struct oci_spec *spec)
{
	for (size_t i = 0; i < spec->n_mounts; i++) {
		cleanup_free char *path = path_clean(spec->mounts[i].destination);
		struct mount_options options;
		bool bind;

		if (strcmp(path, "/dev"))
			continue;
		mount_options_parse(spec->mounts[i].options, &options);
		bind = options.bind ||
		       (spec->mounts[i].type && !strcmp(spec->mounts[i].type, "bind"));
		mount_options_release(&options);
		if (bind)
			return true;
	}
	return false;
}

static mode_t device_type(const struct oci_device *dev)
{
	switch (*dev->type) {
	case 'b':
		return S_IFBLK;
	case 'p':
		return S_IFIFO;
	default:
		return S_IFCHR;
	}
}

static bool is_device(const struct stat *st, const struct oci_device *dev)
{
	dev_t rdev = makedev((unsigned int)dev->major, (unsigned int)dev->minor);

	return (st->st_mode & S_IFMT) == device_type(dev) &&
	       (*dev->type == 'p' || st->st_rdev == rdev);
}

/* In a user namespace mknod is refused: the host's node is bound, through a clone made before
 * pivot_root. Owner and mode are then those that it has on the host. */
static int bind_device(int dir, const char *name, const struct oci_device *dev)
{
	cleanup_fd int target =
		openat(dir, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
	cleanup_fd int place = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	cleanup_fd int fd = mount_clone(AT_FDCWD, dev->path, false);
	struct stat st;

	if (place < 0)
		return -errno;
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	return is_device(&st, dev) ? mount_attach(fd, place) : -ENODEV;
}

static int give_node(int dir, const char *name, const struct oci_device *dev)
{
	uid_t uid = dev->uid.set ? (uid_t)dev->uid.value : 0;
	gid_t gid = dev->gid.set ? (gid_t)dev->gid.value : 0;

	if (!dev->uid.set && !dev->gid.set)
		return 0;
	return fchownat(dir, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static int make_node(struct launch *l, int dir, const char *name, const struct oci_device *dev)
{
	bool user = l->ns_new[NS_USER] || l->ns_fd[NS_USER] >= 0;
	mode_t type = device_type(dev);
	mode_t mode = dev->file_mode.set ? (mode_t)dev->file_mode.value & 07777 : 0666;
	struct stat st;

	if (user && type != S_IFIFO && l->ns_new[NS_MOUNT])
		return bind_device(dir, name, dev);
	if (mknodat(dir, name, type | mode,
		    makedev((unsigned int)dev->major, (unsigned int)dev->minor)) == 0)
		return give_node(dir, name, dev);
	if (errno == EPERM && l->ns_new[NS_MOUNT])
		return bind_device(dir, name, dev);
	if (errno != EEXIST || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	/* Already there: fine when it is that very device. */
	return is_device(&st, dev) ? 0 : -EEXIST;
}

/* What the config says of one of the default devices goes before. */
static bool is_configured(const struct oci_linux *lx, const char *path)
{
	for (size_t i = 0; i < lx->n_devices; i++) {
		if (!strcmp(lx->devices[i].path, path))
			return true;
	}
	return false;
}

static int make_device(struct launch *l, int dev_dir, const struct oci_device *dev,
		       struct error *err)
{
	cleanup_free char *path = path_clean(dev->path);
	char *slash = strrchr(path, '/');
	cleanup_fd int dir = -1;
	int r;

	if (!slash || !slash[1])
		return error_set(err, ERR_INVALID, EINVAL, "device path '%s' is not absolute",
				 dev->path);
	if (!strncmp(path, "/dev/", 5) && slash == path + 4) {
		r = make_node(l, dev_dir, slash + 1, dev);
	} else {
		*slash = '\0';
		dir = path_mkdir_all(l->root_fd, *path ? path : "/", 0755);
		r = dir < 0 ? dir : make_node(l, dir, slash + 1, dev);
	}
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "linux.devices: make device '%s'", dev->path);
	return 0;
}

static int make_link(int dir, const char *name, const char *target, struct error *err)
{
	if (symlinkat(target, dir, name) < 0 && errno != EEXIST)
		return error_set(err, ERR_SYSTEM, errno, "make /dev/%s", name);
	return 0;
}

static int make_links(int dir, struct error *err)
{
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(links); i++)
		r = make_link(dir, links[i].name, links[i].target, err);
	if (!r && access("/proc/kcore", F_OK) == 0)
		r = make_link(dir, "core", "/proc/kcore", err);
	/* The image's own must not lead to the host's terminals: it is replaced. */
	if (!r && unlinkat(dir, "ptmx", 0) < 0 && errno != ENOENT)
		return error_set(err, ERR_SYSTEM, errno, "replace /dev/ptmx");
	return r < 0 ? r : make_link(dir, "ptmx", "pts/ptmx", err);
}

int stage_devices(struct launch *l, struct error *err)
{
	const struct oci_linux *lx = l->spec->linux_;
	cleanup_fd int dir = -1;
	mode_t old;
	int r = 0;

	if (dev_is_bound(l->spec))
		return 0;
	/* Never through a link that the image made of /dev (CVE-2026-41579). */
	dir = path_open(l->root_fd, "dev", O_PATH | O_DIRECTORY, 0,
			RESOLVE_IN_ROOT | LOOKUP_NO_LINKS);
	if (dir == -ENOENT && mkdirat(l->root_fd, "dev", 0755) == 0)
		dir = path_open(l->root_fd, "dev", O_PATH | O_DIRECTORY, 0,
				RESOLVE_IN_ROOT | LOOKUP_NO_LINKS);
	if (dir < 0)
		return error_set(err, ERR_SYSTEM, -dir, "open /dev of the container");
	old = umask(0);
	for (size_t i = 0; !r && i < ARRAY_SIZE(default_devices); i++) {
		if (!is_configured(lx, default_devices[i].path))
			r = make_device(l, dir, &default_devices[i], err);
	}
	for (size_t i = 0; !r && i < lx->n_devices; i++)
		r = make_device(l, dir, &lx->devices[i], err);
	(void)umask(old);
	return r < 0 ? r : make_links(dir, err);
}
