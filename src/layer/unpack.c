/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unpacking a layer: one entry after the other, each made by name in its parent's fd. The process
 * is single-threaded and nobody else writes to the directory, so that a name checked is a name
 * kept.
 */
#include "layer/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "layer/unpack-internal.h"
#include "sys/file.h"
#include "sys/path.h"

void unpack_result_release(struct unpack_result *result)
{
	if (result)
		strv_release(&result->opaque);
}

int unpack_clean_path(const char *path, char **ret)
{
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;

	while (*path != '\0') {
		size_t len = strcspn(path, "/");
		char *slash;

		if (len == 2 && memcmp(path, "..", 2) == 0) {
			if (out.len == 0)
				return -EXDEV;
			slash = strrchr(out.data, '/');
			out.len = slash ? (size_t)(slash - out.data) : 0;
			out.data[out.len] = '\0';
		} else if (len > 0 && !(len == 1 && *path == '.')) {
			if (out.len > 0)
				strbuf_addc(&out, '/');
			strbuf_add(&out, path, len);
		}
		path += len;
		path += strspn(path, "/");
	}
	*ret = out.data ? strbuf_take(&out) : xstrdup("");
	return 0;
}

enum whiteout whiteout_of(const char *name, const char **ret_hidden)
{
	static const char prefix[] = ".wh.", meta[] = ".wh..wh.", opaque[] = ".wh..wh..opq";

	if (strncmp(name, prefix, sizeof(prefix) - 1) != 0)
		return WHITEOUT_NONE;
	if (strcmp(name, opaque) == 0)
		return WHITEOUT_OPAQUE;
	if (strncmp(name, meta, sizeof(meta) - 1) == 0)
		return WHITEOUT_META;
	name += sizeof(prefix) - 1;
	if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return WHITEOUT_BAD;
	*ret_hidden = name;
	return WHITEOUT_NAME;
}

int unpack_fail(struct error *err, int r, const char *path)
{
	return error_set(err, ERR_SYSTEM, -r, "unpack /%.512s", path);
}

int unpack_refuse(struct error *err, const char *path, const char *why)
{
	return error_set(err, ERR_INVALID, EINVAL, "refused archive entry \"%.512s\": %s", path,
			 why);
}

/* Directories that the archive uses without an entry of their own: root's, 0755. */
static int make_parents(struct unpacker *u, const char *path, int *ret_fd)
{
	cleanup_fd int dirfd = fcntl(u->rootfd, F_DUPFD_CLOEXEC, 3);

	for (const char *p = path; *p != '\0'; p += *p == '/') {
		size_t len = strcspn(p, "/");
		cleanup_free char *name = xstrndup(p, len);
		cleanup_free char *prefix = xstrndup(path, (size_t)(p + len - path));
		int fd = path_open(u->rootfd, prefix, O_PATH | O_DIRECTORY, 0, LOOKUP_IN_ROOT);

		if (fd == -ENOENT) {
			if (mkdirat(dirfd, name, 0755) < 0)
				return errno == EEXIST ? -ENOTDIR : -errno; /* dangling link */
			fd = openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			if (fd < 0)
				return -errno;
			if (!u->shared && fchownat(fd, "", 0, 0, AT_EMPTY_PATH) < 0) {
				int r = -errno;

				(void)close(fd);
				return r;
			}
		}
		if (fd < 0)
			return fd;
		(void)close(dirfd);
		dirfd = fd;
		p += len;
	}
	*ret_fd = take_fd(&dirfd);
	return 0;
}

void unpack_forget_parent(struct unpacker *u)
{
	if (u->parent_fd >= 0)
		(void)close(u->parent_fd);
	u->parent_fd = -1;
	free(u->parent);
	free(u->parent_real);
	u->parent = u->parent_real = NULL;
}

/* What /proc calls fd, below what it calls the root; NULL when it does not tell. */
static char *real_path(int rootfd, int fd)
{
	cleanup_free char *root_link = xasprintf("/proc/self/fd/%d", rootfd);
	cleanup_free char *link = xasprintf("/proc/self/fd/%d", fd);
	char root[PATH_MAX], path[PATH_MAX];
	ssize_t root_len = readlink(root_link, root, sizeof(root));
	ssize_t len = readlink(link, path, sizeof(path));

	if (root_len <= 0 || len <= 0 || root_len == sizeof(root) || len == sizeof(path))
		return NULL;
	if (len < root_len || memcmp(path, root, (size_t)root_len) != 0)
		return NULL;
	if (len == root_len)
		return xstrdup("");
	if (path[root_len] != '/')
		return NULL;
	return xstrndup(path + root_len + 1, (size_t)(len - root_len - 1));
}

char *unpack_real_path(const struct unpacker *u, int dirfd, const char *name)
{
	if (dirfd == u->rootfd)
		return xstrdup(name);
	if (!u->parent_real)
		return NULL;
	return xasprintf("%s%s%s", u->parent_real, *u->parent_real ? "/" : "", name);
}

/* *ret_links: the way goes over a symbolic link. */
static int open_parent(int rootfd, const char *parent, bool *ret_links)
{
	const int flags = O_PATH | O_DIRECTORY;
	int fd = path_open(rootfd, parent, flags, 0, LOOKUP_IN_ROOT | RESOLVE_NO_SYMLINKS);

	*ret_links = fd == -ELOOP;
	return *ret_links ? path_open(rootfd, parent, flags, 0, LOOKUP_IN_ROOT) : fd;
}

/* Split path and open its directory; the last one is kept, as archives list a directory's entries
 * one after the other. *ret_name points into path. */
int unpack_parent(struct unpacker *u, const char *path, const char **ret_name, struct error *err)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;
	cleanup_free char *parent = xstrndup(path, len);
	bool links;
	int fd, r = 0;

	*ret_name = slash ? slash + 1 : path;
	if (len == 0)
		return u->rootfd;
	if (u->parent && strcmp(u->parent, parent) == 0)
		return u->parent_fd;
	fd = open_parent(u->rootfd, parent, &links);
	if (fd == -ENOENT)
		r = make_parents(u, parent, &fd);
	else if (fd < 0)
		r = fd;
	if (r == -ENOTDIR || r == -ELOOP)
		return unpack_refuse(err, path, "its parent is not a directory");
	if (r < 0)
		return unpack_fail(err, r, path);
	unpack_forget_parent(u);
	u->parent_real = links ? real_path(u->rootfd, fd) : xstrdup(parent);
	u->parent = take_ptr(parent);
	u->parent_fd = fd;
	return fd;
}

/* Data that only the archive's first of two entries had is kept for whoever watches. */
static bool displace(struct unpacker *u, int dirfd, const char *name)
{
	cleanup_free char *path = NULL;
	struct stat st;

	if (!u->watch || fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	if (!S_ISDIR(st.st_mode) && !(S_ISREG(st.st_mode) && st.st_size > 0))
		return false;
	path = unpack_real_path(u, dirfd, name);
	return u->watch->displace(u->watch->arg, dirfd, name, path);
}

/* Whatever stands in the way of a new entry goes. The parent that is kept open may be below it. */
int unpack_clear(struct unpacker *u, int dirfd, const char *name)
{
	if (dirfd != u->parent_fd)
		unpack_forget_parent(u);
	if (displace(u, dirfd, name))
		return 0;
	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	return dir_remove_all_at(dirfd, name);
}

bool unpack_keeps_xattr(const char *name)
{
	return strncmp(name, "user.", 5) == 0 || strcmp(name, "security.capability") == 0 ||
	       strcmp(name, "system.posix_acl_access") == 0 ||
	       strcmp(name, "system.posix_acl_default") == 0;
}

/* A file system without attributes is no reason to fail; a full one is. */
int unpack_xattrs(int fd, const struct tar_xattr *xattrs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!unpack_keeps_xattr(xattrs[i].name))
			continue;
		if (fsetxattr(fd, xattrs[i].name, xattrs[i].value, xattrs[i].len, 0) < 0 &&
		    errno != EOPNOTSUPP)
			return -errno;
	}
	return 0;
}

static void entry_times(const struct tar_entry *e, struct timespec ret[2])
{
	ret[0] = (struct timespec){ .tv_sec = e->mtime, .tv_nsec = e->mtime_nsec };
	ret[1] = ret[0];
}

enum { MODE_AT_OPEN = 0777 }; /* the rest would not outlive chown */

/* Owner before mode (chown clears setuid) and before security.capability (likewise). */
static int finish_fd(int fd, const struct tar_entry *e)
{
	struct timespec times[2];

	entry_times(e, times);
	if (fchown(fd, e->uid, e->gid) < 0)
		return -errno;
	if (e->mode & ~MODE_AT_OPEN && fchmod(fd, e->mode) < 0)
		return -errno;
	if (e->n_xattrs > 0) {
		int r = unpack_xattrs(fd, e->xattrs, e->n_xattrs);

		if (r < 0)
			return r;
	}
	return futimens(fd, times) < 0 ? -errno : 0;
}

/* Symbolic links, devices, fifos: by name, which is ours. */
static int finish_name(int dirfd, const char *name, const struct tar_entry *e)
{
	struct timespec times[2];

	entry_times(e, times);
	if (fchownat(dirfd, name, e->uid, e->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (e->type != TAR_SYMLINK && fchmodat(dirfd, name, e->mode, 0) < 0)
		return -errno;
	return utimensat(dirfd, name, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

enum { WRITE_EARLY_MIN = 1024 * 1024 }; /* small files are better written all at once */

static int write_at(int fd, const uint8_t *data, size_t len, uint64_t offset)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, data, len, (off_t)offset);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
			offset += (uint64_t)n;
		}
	}
	return 0;
}

static int write_data(struct unpacker *u, int fd, const char *path, const struct tar_entry *e,
		      struct error *err)
{
	uint64_t offset, end = 0;
	const uint8_t *data;
	size_t len;
	int r;

	while ((r = tar_data(u->reader, &data, &len, &offset, err)) > 0) {
		end = offset + len;
		r = write_at(fd, data, len, offset);
		if (r < 0)
			return unpack_fail(err, r, e->path);
		if (u->watch)
			u->watch->data(u->watch->arg, path, offset, len);
	}
	if (r >= 0 && end < e->size && ftruncate(fd, (off_t)e->size) < 0)
		return unpack_fail(err, -errno, e->path);
	/* The layer is synced before it counts: let the disk begin now. Best effort. */
	if (r >= 0 && e->size >= WRITE_EARLY_MIN)
		(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return r;
}

static int unpack_file(struct unpacker *u, int dirfd, const char *name, const struct tar_entry *e,
		       struct error *err)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	cleanup_free char *path = u->watch ? unpack_real_path(u, dirfd, name) : NULL;
	const mode_t mode = e->mode & MODE_AT_OPEN; /* the umask is 0 */
	cleanup_fd int fd = openat(dirfd, name, flags, mode);
	int r = 0;

	if (fd < 0 && errno == EEXIST) {
		r = unpack_clear(u, dirfd, name);
		fd = r < 0 ? -1 : openat(dirfd, name, flags, mode);
	}
	if (fd < 0)
		return unpack_fail(err, r < 0 ? r : -errno, e->path);
	r = write_data(u, fd, path, e, err);
	if (r < 0)
		return r;
	r = finish_fd(fd, e);
	if (r >= 0 && u->shared && fchmod(fd, e->mode) < 0) /* a default ACL may have had its say */
		r = -errno;
	if (r < 0)
		return unpack_fail(err, r, e->path);
	u->result.size += (int64_t)e->size;
	return 0;
}

static int make_node(int dirfd, const char *name, const struct tar_entry *e)
{
	int r;

	if (e->type == TAR_SYMLINK)
		r = symlinkat(e->link, dirfd, name);
	else if (e->type == TAR_FIFO)
		r = mkfifoat(dirfd, name, 0600);
	else
		r = mknodat(dirfd, name, (e->type == TAR_CHAR ? S_IFCHR : S_IFBLK) | 0600,
			    makedev(e->major, e->minor));
	return r < 0 ? -errno : 0;
}

static int unpack_node(struct unpacker *u, int dirfd, const char *name, const struct tar_entry *e,
		       struct error *err)
{
	int r = make_node(dirfd, name, e);

	if (r == -EEXIST) {
		r = unpack_clear(u, dirfd, name);
		if (r >= 0)
			r = make_node(dirfd, name, e);
	}
	if (r >= 0)
		r = u->shared ? unpack_finish_shared(dirfd, name, e) : finish_name(dirfd, name, e);
	return r < 0 ? unpack_fail(err, r, e->path) : 0;
}

static int unpack_hardlink(struct unpacker *u, const char *path, const struct tar_entry *e,
			   struct error *err)
{
	cleanup_free char *target = NULL;
	cleanup_fd int target_fd = -1;
	const char *target_name, *name;
	int dirfd, r;

	if (unpack_clean_path(e->link, &target) < 0)
		return unpack_refuse(err, e->path, "a hard link out of the layer");
	if (strcmp(target, path) == 0)
		return 0;
	dirfd = unpack_parent(u, target, &target_name, err);
	if (dirfd < 0)
		return dirfd;
	target_fd = fcntl(dirfd, F_DUPFD_CLOEXEC, 3); /* the next line may close it */
	dirfd = unpack_parent(u, path, &name, err);
	if (dirfd < 0)
		return dirfd;
	r = linkat(target_fd, target_name, dirfd, name, 0) < 0 ? -errno : 0;
	if (r == -EEXIST) {
		r = unpack_clear(u, dirfd, name);
		if (r >= 0)
			r = linkat(target_fd, target_name, dirfd, name, 0) < 0 ? -errno : 0;
	}
	if (r == -ENOENT)
		return unpack_refuse(err, e->path, "a hard link to what is not in the layer");
	return r < 0 ? unpack_fail(err, r, e->path) : 0;
}

int unpack_entry(struct unpacker *u, const char *path, struct tar_entry *e, struct error *err)
{
	const char *name;
	int dirfd;

	if (e->type == TAR_HARDLINK)
		return unpack_hardlink(u, path, e, err);
	dirfd = unpack_parent(u, path, &name, err);
	if (dirfd < 0)
		return dirfd;
	if (e->type == TAR_DIR)
		return unpack_dir(u, dirfd, name, path, e, err);
	if (e->type == TAR_FILE)
		return unpack_file(u, dirfd, name, e, err);
	return unpack_node(u, dirfd, name, e, err);
}
