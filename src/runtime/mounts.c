/* SPDX-License-Identifier: Apache-2.0 */
/* Making the mounts of the config: binds, file systems, cgroups. All detached; rootfs.c puts them
 * in place. */
#include "runtime/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "runtime/userns.h"
#include "sys/idmap.h"
#include "sys/lsm.h"
#include "sys/mountfd.h"
#include "sys/path.h"

enum {
	COPY_DEPTH_MAX = 64,
	MQUEUE_MAGIC = 0x19800202, /* ipc/mqueue.c; no header has it */
};

static int apply_idmap(const struct launch *l, const struct oci_mount *m,
		       const struct mount_options *options, int fd, struct error *err)
{
	struct mount_change change = { .set = MOUNT_ATTR_IDMAP,
				       .recursive = options->idmap_recursive };
	int r;

	if (!l->mount_userns || !l->mount_userns[m - l->spec->mounts])
		return 0;
	change.userns_fd = l->mount_userns[m - l->spec->mounts];
	r = mount_change(fd, &change);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "map the ids of mount '%s'", m->destination);
	return 0;
}

static char *bind_source(const struct launch *l, const struct oci_mount *m)
{
	const char *source = m->source ? m->source : "";

	return *source == '/' ? xstrdup(source) : path_join(l->bundle, source);
}

/* A copy of what is at @path, as a mount namespace made of ours would have it: told of the host's
 * mounts, but not the other way round. */
static int host_tree(const struct launch *l, const char *path, bool recursive)
{
	static const struct mount_change slave = { .propagation = MS_SLAVE, .recursive = true };
	const char *rootfs = l->spec->linux_->rootfs_propagation;
	cleanup_fd int fd = mount_clone(AT_FDCWD, path, recursive);
	int r = fd;

	if (fd >= 0 && !(rootfs && strstr(rootfs, "shared")))
		r = mount_change(fd, &slave);
	return r < 0 ? r : take_fd(&fd);
}

/* A child in a user namespace is nobody on the way to a source, and must not map ids either: it
 * gets our clone. One that we cannot make either is the child's to complain about. */
static int prepare_tree(struct launch *l, size_t i, struct error *err)
{
	const struct oci_mount *m = &l->spec->mounts[i];
	cleanup(mount_options_release) struct mount_options options = { 0 };
	cleanup_free char *path = bind_source(l, m);
	int fd;

	mount_options_parse(m->options, &options);
	if (!userns_is_used(l) || !(options.bind || (m->type && !strcmp(m->type, "bind"))))
		return 0;
	fd = host_tree(l, path, options.recursive);
	if (fd < 0)
		return 0;
	if (!l->mount_tree)
		l->mount_tree = xcalloc(l->spec->n_mounts, sizeof(*l->mount_tree));
	l->mount_tree[i] = fd;
	return apply_idmap(l, m, &options, fd, err);
}

static int prepare_userns(struct launch *l, size_t i, struct error *err)
{
	const struct oci_linux *lx = l->spec->linux_;
	const struct oci_mount *m = &l->spec->mounts[i];
	bool own = m->n_uid_mappings, container = false;
	int fd;

	for (char **word = m->options; word && *word; word++)
		container |= !strcmp(*word, "idmap") || !strcmp(*word, "ridmap");
	if (!own && !container)
		return 0;
	if (!own && !lx->n_uid_mappings && l->ns_fd[NS_USER] < 0)
		return error_set(err, ERR_INVALID, EINVAL, "mount on '%s' has no id mapping",
				 m->destination);
	if (!own && l->ns_fd[NS_USER] >= 0)
		fd = fcntl(l->ns_fd[NS_USER], F_DUPFD_CLOEXEC, 3);
	else
		fd = own ? idmap_userns((const struct idmap *)m->uid_mappings, m->n_uid_mappings,
					(const struct idmap *)m->gid_mappings, m->n_gid_mappings)
			 : idmap_userns((const struct idmap *)lx->uid_mappings, lx->n_uid_mappings,
					(const struct idmap *)lx->gid_mappings, lx->n_gid_mappings);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, -fd, "make the id mapping of mount '%s'",
				 m->destination);
	if (!l->mount_userns)
		l->mount_userns = xcalloc(l->spec->n_mounts, sizeof(*l->mount_userns));
	l->mount_userns[i] = fd;
	return 0;
}

/* The parent's work: only it has the right to map ids of the host, and /proc by its own pids. */
int mounts_prepare(struct launch *l, struct error *err)
{
	int r = 0;

	_Static_assert(sizeof(struct idmap) == sizeof(struct oci_id_mapping) &&
			       offsetof(struct idmap, inside) ==
				       offsetof(struct oci_id_mapping, container_id) &&
			       offsetof(struct idmap, outside) ==
				       offsetof(struct oci_id_mapping, host_id),
		       "the same three numbers");
	for (size_t i = 0; !r && i < l->spec->n_mounts; i++) {
		r = prepare_userns(l, i, err);
		if (!r)
			r = prepare_tree(l, i, err);
	}
	return r;
}

static int make_bind(struct launch *l, const struct oci_mount *m,
		     const struct mount_options *options, int *ret_fd, bool *ret_is_dir,
		     struct error *err)
{
	/* Clearing is for access times alone: a clone is never given more than its source has. */
	const struct mount_change change = {
		.set = options->set,
		.clear = options->set & (MOUNT_ATTR__ATIME) ? options->clear & MOUNT_ATTR__ATIME
							    : 0,
	};
	int tree = l->mount_tree ? l->mount_tree[m - l->spec->mounts] : 0;
	bool mapped = l->mount_userns && l->mount_userns[m - l->spec->mounts];
	cleanup_free char *path = bind_source(l, m);
	cleanup_fd int fd = -1;
	struct stat st;
	int r;

	if (!m->source || !*m->source)
		return error_set(err, ERR_INVALID, EINVAL, "bind mount on '%s' has no source",
				 m->destination);
	if (options->data)
		return error_set(err, ERR_INVALID, EINVAL,
				 "bind mount on '%s' has an unknown option '%s'", m->destination,
				 options->data[0]);
	fd = tree && mapped ? -EACCES : mount_clone(AT_FDCWD, path, options->recursive);
	if (fd == -EACCES && tree)
		fd = fcntl(tree, F_DUPFD_CLOEXEC, 3);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set(err, ERR_SYSTEM, fd < 0 ? -fd : errno,
				 "bind mount source path '%s'", path);
	r = mount_change(fd, &change);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "set the options of the mount on '%s'",
				 m->destination);
	*ret_is_dir = S_ISDIR(st.st_mode);
	*ret_fd = take_fd(&fd);
	return tree && mapped ? 0 : apply_idmap(l, m, options, *ret_fd, err);
}

/* What the kernel keeps once for all of its kind must not get superblock flags of one container. */
static bool is_virtual(const char *type)
{
	static const char *const names[] = { "proc",  "sysfs",	"cgroup",     "cgroup2", "mqueue",
					     "tmpfs", "devpts", "securityfs", "debugfs", "bpf" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(type, names[i]))
			return true;
	}
	return false;
}

static int label_option(const struct launch *l, const char *type, char ***data, struct error *err)
{
	const char *label = l->spec->linux_->mount_label;

	if (!label || !strcmp(type, "proc") || !strcmp(type, "sysfs"))
		return 0;
	if (!lsm_has_selinux())
		return error_set(err, ERR_INVALID, EOPNOTSUPP,
				 "mountLabel '%s' needs SELinux, which this kernel does not run",
				 label);
	strv_pushf(data, "context=%s", label);
	return 0;
}

/* FALLBACK(a new procfs, sysfs or mqueue without owning the pid, network or ipc namespace is
 * EPERM): the host's own, as it is. A container whose namespace is another than the host's is not
 * shown the host's processes and queues instead of its own. */
static int clone_host_tree(const struct launch *l, const char *type, uint64_t attrs)
{
	static const struct {
		const char *type, *path;
		long magic;
		enum namespace_type hides; /* NS_COUNT: none */
	} trees[] = {
		{ "proc", "/proc", PROC_SUPER_MAGIC, NS_PID },
		{ "sysfs", "/sys", SYSFS_MAGIC, NS_COUNT },
		{ "mqueue", "/dev/mqueue", MQUEUE_MAGIC, NS_IPC },
	};
	const struct mount_change change = { .set = attrs, .recursive = true };
	cleanup_fd int fd = -1;
	struct statfs st;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(trees); i++) {
		if (strcmp(type, trees[i].type))
			continue;
		if (trees[i].hides != NS_COUNT && launch_has_own(l, trees[i].hides))
			return -EPERM;
		fd = mount_clone(AT_FDCWD, trees[i].path, true);
		if (fd < 0 || fstatfs(fd, &st) < 0 || st.f_type != trees[i].magic)
			return -EPERM;
	}
	r = fd < 0 ? -EPERM : mount_change(fd, &change);
	return r < 0 ? r : take_fd(&fd);
}

static int make_filesystem(struct launch *l, const struct oci_mount *m, const char *type,
			   const struct mount_options *options, int *ret_fd, struct error *err)
{
	cleanup(strv_release) char **data = strv_copy(options->data);
	uint64_t attrs = options->set;
	const char *bad = NULL;
	int fd, r;

	r = label_option(l, type, &data, err);
	if (r < 0)
		return r;
	if (attrs & MOUNT_ATTR_RDONLY && !is_virtual(type))
		strv_push(&data, "ro");
	if (options->copy_up)
		attrs &= ~(uint64_t)MOUNT_ATTR_RDONLY; /* when it is filled */
	fd = mount_new(type, m->source ? m->source : type, data, attrs, &bad);
	if (fd == -EPERM)
		fd = clone_host_tree(l, type, attrs);
	if (fd == -EPERM && !bad && !strcmp(type, "proc") && l->ns_fd[NS_PID] >= 0)
		return error_set(
			err, ERR_SYSTEM, EPERM,
			"mount 'proc' on '%s': the container's user namespace does not own "
			"the pid namespace that it joins",
			m->destination);
	if (fd < 0 && bad)
		return error_set(err, ERR_SYSTEM, -fd, "mount '%s' on '%s': option '%s'", type,
				 m->destination, bad);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, -fd, "mount '%s' on '%s'", type, m->destination);
	*ret_fd = fd;
	return apply_idmap(l, m, options, fd, err);
}

/* "tmpcopyup": what the image has at the target goes into the tmpfs. */
static int copy_up(struct launch *l, const struct oci_mount *m, const struct mount_options *options,
		   int fd, struct error *err)
{
	const struct mount_change readonly = { .set = options->set & MOUNT_ATTR_RDONLY };
	cleanup_fd int from =
		path_open(l->root_fd, m->destination, O_RDONLY | O_DIRECTORY, 0, LOOKUP_IN_ROOT);
	int r = from == -ENOENT ? 0 : from < 0 ? from : copy_tree(from, fd, COPY_DEPTH_MAX);

	if (!r)
		r = mount_change(fd, &readonly);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "copy '%s' up into its tmpfs",
				 m->destination);
	return 0;
}

bool mounts_is_cgroup_v1(const struct launch *l, const struct oci_mount *m)
{
	return l->cgroup.mode == CGROUP_V1 && m->type && !strcmp(m->type, "cgroup");
}

/* The v2 hierarchy: a cgroup namespace shows its own root of it. Without one, our own directory. */
static int make_cgroup_v2(const struct launch *l, uint64_t attrs)
{
	const struct mount_change change = { .set = attrs };
	cleanup_fd int fd = -1;
	int r = -ENODEV;

	if (l->ns_new[NS_CGROUP] || l->ns_fd[NS_CGROUP] >= 0)
		return mount_new("cgroup2", "cgroup", NULL, attrs, NULL);
	for (size_t i = 0; fd < 0 && i < l->cgroup.n_dirs; i++) {
		if (l->cgroup.mode == CGROUP_V1 && *l->cgroup.dirs[i].controllers)
			continue;
		fd = mount_clone(AT_FDCWD, l->cgroup.dirs[i].path, false);
		r = fd < 0 ? fd : mount_change(fd, &change);
	}
	return r < 0 ? r : take_fd(&fd);
}

/* v1: a tmpfs that mounts_fill_cgroup_v1 fills. */
static int make_cgroup(struct launch *l, const struct oci_mount *m,
		       const struct mount_options *options, int *ret_fd, struct error *err)
{
	static char *const tmpfs_options[] = { (char *)"mode=755", NULL };
	int fd;

	if (options->data)
		return error_set(err, ERR_INVALID, EINVAL,
				 "mount of %s on '%s' has an unknown option '%s'", m->type,
				 m->destination, options->data[0]);
	if (mounts_is_cgroup_v1(l, m))
		fd = mount_new("tmpfs", "cgroup", tmpfs_options,
			       options->set & ~(uint64_t)MOUNT_ATTR_RDONLY, NULL);
	else
		fd = make_cgroup_v2(l, options->set);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, -fd, "mount %s on '%s'", m->type, m->destination);
	*ret_fd = fd;
	return 0;
}

int mounts_make(struct launch *l, const struct oci_mount *m, const struct mount_options *options,
		int *ret_fd, bool *ret_is_dir, struct error *err)
{
	const char *type = m->type ? m->type : "";
	int r;

	*ret_is_dir = true;
	if (options->bind || !strcmp(type, "bind"))
		return make_bind(l, m, options, ret_fd, ret_is_dir, err);
	if (!*type)
		return error_set(err, ERR_INVALID, EINVAL, "mount on '%s' has no type",
				 m->destination);
	if (!strcmp(type, "cgroup") || !strcmp(type, "cgroup2"))
		return make_cgroup(l, m, options, ret_fd, err);
	if (options->copy_up && strcmp(type, "tmpfs"))
		return error_set(err, ERR_INVALID, EINVAL, "tmpcopyup on '%s' needs a tmpfs",
				 m->destination);
	r = make_filesystem(l, m, type, options, ret_fd, err);
	if (r < 0 || !options->copy_up)
		return r;
	return copy_up(l, m, options, *ret_fd, err);
}

int mounts_remount(struct launch *l, const struct oci_mount *m, const struct mount_options *options,
		   struct error *err)
{
	const struct mount_change change = { .set = options->set, .clear = options->clear };
	const struct mount_change rec = { .set = options->rec_set,
					  .clear = options->rec_clear,
					  .recursive = true };
	cleanup_fd int target = path_open(l->root_fd, m->destination, O_PATH, 0, LOOKUP_IN_ROOT);
	int r = target < 0 ? target : mount_change(target, &change);

	if (!r)
		r = mount_change(target, &rec);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "remount '%s'", m->destination);
	return 0;
}

/* "cpu,cpuacct" is mounted once; each of its names leads there too. */
static int link_controllers(int mount_fd, const char *controllers)
{
	char **names = strv_split(controllers, ',');
	int r = 0;

	for (char **name = names; names[1] && *name && !r; name++) {
		if (symlinkat(controllers, mount_fd, *name) < 0 && errno != EEXIST)
			r = -errno;
	}
	strv_free(names);
	return r;
}

/* Our own directory of the hierarchy: neither host's groups nor release_agent are below it. */
static int mount_hierarchy(const struct cgroup_dir *dir, int tmpfs, uint64_t attrs)
{
	const struct mount_change change = { .set = attrs };
	const char *name = strncmp(dir->controllers, "name=", 5) ? dir->controllers
								 : dir->controllers + 5;
	cleanup_fd int target = -1;
	cleanup_fd int fd = -1;
	int r;

	if (!*name)
		name = "unified";
	fd = mount_clone(AT_FDCWD, dir->path, false);
	if (fd == -ENOENT)
		return 0; /* a hierarchy that is not mounted here */
	if (mkdirat(tmpfs, name, 0755) < 0)
		return -errno;
	target = openat(tmpfs, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (target < 0)
		return -errno;
	r = fd < 0 ? fd : mount_change(fd, &change);
	if (!r)
		r = mount_attach(fd, target);
	return r < 0 ? r : link_controllers(tmpfs, dir->controllers);
}

int mounts_fill_cgroup_v1(struct launch *l, const struct mount_options *options, int mount_fd,
			  struct error *err)
{
	const struct mount_change readonly = { .set = options->set & MOUNT_ATTR_RDONLY };
	int r = 0;

	for (size_t i = 0; !r && i < l->cgroup.n_dirs; i++)
		r = mount_hierarchy(&l->cgroup.dirs[i], mount_fd, options->set);
	if (!r)
		r = mount_change(mount_fd, &readonly);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "mount the cgroup hierarchies");
	return 0;
}
