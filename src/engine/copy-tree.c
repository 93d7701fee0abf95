/* SPDX-License-Identifier: Apache-2.0 */
/* Copying trees on fds. */
#include "engine/copy-tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/strbuf.h"

enum { DEPTH_MAX = 1000, XATTRS_MAX = 65536, CHUNK = 1 << 30 };

static const char unfinished[] = ".hoy-copy";

struct seen { /* a file with several names: where the first of them went */
	dev_t dev;
	ino_t ino;
	char *path; /* below to_fd */
};

struct copy {
	int to_root;
	unsigned int depth;
	struct strbuf path; /* of the directory being copied, with a slash at its end */
	struct seen *seen;
	size_t n_seen, cap_seen;
};

static void copy_release(struct copy *c)
{
	for (size_t i = 0; i < c->n_seen; i++)
		free(c->seen[i].path);
	free(c->seen);
	strbuf_release(&c->path);
}

static void close_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

static int copy_xattr(int from_fd, int to_fd, const char *name)
{
	static const char overlay[] = "trusted.overlay.";
	cleanup_free char *value = NULL;
	ssize_t n;

	if (strncmp(name, overlay, sizeof(overlay) - 1) == 0)
		return 0;
	n = fgetxattr(from_fd, name, NULL, 0);
	if (n < 0)
		return errno == ENODATA ? 0 : -errno;
	value = xmalloc((size_t)n + 1);
	n = fgetxattr(from_fd, name, value, (size_t)n);
	if (n < 0 || fsetxattr(to_fd, name, value, (size_t)n, 0) < 0)
		return errno == ENODATA || errno == ENOTSUP ? 0 : -errno;
	return 0;
}

static int copy_xattrs(int from_fd, int to_fd)
{
	cleanup_free char *names = xmalloc(XATTRS_MAX);
	ssize_t n = flistxattr(from_fd, names, XATTRS_MAX);
	int r = 0;

	if (n < 0)
		return errno == ENOTSUP ? 0 : -errno;
	for (char *p = names; r >= 0 && p < names + n; p += strlen(p) + 1)
		r = copy_xattr(from_fd, to_fd, p);
	return r;
}

/* Owner before mode and capabilities: a change of owner takes those away. */
static int copy_attributes(int from_fd, int to_fd, const struct stat *st)
{
	const struct timespec times[] = { st->st_atim, st->st_mtim };
	int r;

	if (fchown(to_fd, st->st_uid, st->st_gid) < 0 || fchmod(to_fd, st->st_mode & 07777) < 0)
		return -errno;
	r = copy_xattrs(from_fd, to_fd);
	if (r < 0)
		return r;
	return futimens(to_fd, times) < 0 ? -errno : 0;
}

static int copy_data(int from_fd, int to_fd)
{
	ssize_t n;

	do
		n = copy_file_range(from_fd, NULL, to_fd, NULL, CHUNK, 0);
	while (n > 0);
	if (n == 0)
		return 0;
	/* FALLBACK(copy_file_range between file systems, 5.19): from where it stopped */
	do
		n = sendfile(to_fd, from_fd, NULL, CHUNK);
	while (n > 0);
	return n < 0 ? -errno : 0;
}

static int copy_regular(int from_dir, int to_dir, const char *name)
{
	cleanup_fd int from_fd = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_fd int to_fd = -1;
	struct stat st;
	int r;

	if (from_fd < 0 || fstat(from_fd, &st) < 0)
		return -errno;
	to_fd = openat(to_dir, unfinished, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		       0600);
	if (to_fd < 0)
		return -errno;
	r = copy_data(from_fd, to_fd);
	if (r >= 0)
		r = copy_attributes(from_fd, to_fd, &st);
	if (r >= 0 && renameat2(to_dir, unfinished, to_dir, name, RENAME_NOREPLACE) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(to_dir, unfinished, 0);
	return r == -EEXIST ? 0 : r;
}

static struct seen *find_seen(const struct copy *c, const struct stat *st)
{
	for (size_t i = 0; i < c->n_seen; i++) {
		if (c->seen[i].ino == st->st_ino && c->seen[i].dev == st->st_dev)
			return &c->seen[i];
	}
	return NULL;
}

static void remember(struct copy *c, const struct stat *st, const char *name)
{
	if (c->n_seen == c->cap_seen) {
		c->cap_seen = c->cap_seen ? 2 * c->cap_seen : 16;
		c->seen = xrealloc(c->seen, c->cap_seen, sizeof(*c->seen));
	}
	c->seen[c->n_seen++] = (struct seen){ st->st_dev, st->st_ino,
					      xasprintf("%s%s", strbuf_str(&c->path), name) };
}

static int copy_file(struct copy *c, int from_dir, int to_dir, const char *name,
		     const struct stat *st)
{
	const struct seen *first = st->st_nlink > 1 ? find_seen(c, st) : NULL;
	int r;

	if (first)
		return linkat(c->to_root, first->path, to_dir, name, 0) < 0 && errno != EEXIST
			       ? -errno
			       : 0;
	r = copy_regular(from_dir, to_dir, name);
	if (r >= 0 && st->st_nlink > 1)
		remember(c, st, name);
	return r;
}

static int copy_symlink(int from_dir, int to_dir, const char *name)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(from_dir, name, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	return symlinkat(target, to_dir, name) < 0 ? -errno : 0;
}

/* A symlink, device, fifo or socket: made at once, attributes by name. */
static int copy_node(int from_dir, int to_dir, const char *name, const struct stat *st)
{
	const struct timespec times[] = { st->st_atim, st->st_mtim };
	int r;

	if (S_ISLNK(st->st_mode))
		r = copy_symlink(from_dir, to_dir, name);
	else
		r = mknodat(to_dir, name, st->st_mode & (S_IFMT | 0600), st->st_rdev) < 0 ? -errno
											  : 0;
	if (r < 0)
		return r == -EEXIST ? 0 : r;
	if (fchownat(to_dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!S_ISLNK(st->st_mode) && fchmodat(to_dir, name, st->st_mode & 07777, 0) < 0)
		return -errno;
	return utimensat(to_dir, name, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static int copy_children(struct copy *c, int from_fd, int to_fd);

static int copy_dir(struct copy *c, int from_dir, int to_dir, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	cleanup_fd int from_fd = openat(from_dir, name, flags), to_fd = -1;
	size_t len = c->path.len;
	struct stat st;
	int r;

	if (from_fd < 0 || fstat(from_fd, &st) < 0)
		return -errno;
	if (c->depth == DEPTH_MAX)
		return -ELOOP;
	if (mkdirat(to_dir, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	to_fd = openat(to_dir, name, flags);
	if (to_fd < 0)
		return errno == ENOTDIR || errno == ELOOP ? 0 : -errno; /* something else: stays */
	c->depth++;
	strbuf_addf(&c->path, "%s/", name);
	r = copy_children(c, from_fd, to_fd);
	c->path.data[len] = '\0';
	c->path.len = len;
	c->depth--;
	return r < 0 ? r : copy_attributes(from_fd, to_fd, &st);
}

static int copy_entry(struct copy *c, int from_fd, int to_fd, const char *name)
{
	struct stat st;

	if (fstatat(from_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return copy_dir(c, from_fd, to_fd, name);
	if (S_ISREG(st.st_mode))
		return copy_file(c, from_fd, to_fd, name, &st);
	return copy_node(from_fd, to_fd, name, &st);
}

static DIR *open_children(int fd)
{
	cleanup_fd int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = own < 0 ? NULL : fdopendir(own);

	if (dir)
		(void)take_fd(&own); /* dir has it now */
	return dir;
}

static int copy_children(struct copy *c, int from_fd, int to_fd)
{
	DIR *dir cleanup(close_dir) = open_children(from_fd);
	struct dirent *entry;

	if (!dir)
		return -errno;
	/* of a copy that was cut short; the file that it was for may be there already */
	if (unlinkat(to_fd, unfinished, 0) < 0 && errno != ENOENT)
		return -errno;
	while (errno = 0, (entry = readdir(dir))) {
		int r;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		r = copy_entry(c, from_fd, to_fd, entry->d_name);
		if (r < 0)
			return r;
	}
	return -errno;
}

int copy_tree(int from_fd, int to_fd)
{
	cleanup(copy_release) struct copy c = { .to_root = to_fd, .path = STRBUF_INIT };
	struct stat st;
	int r;

	if (fstat(from_fd, &st) < 0)
		return -errno;
	strbuf_adds(&c.path, "");
	r = copy_children(&c, from_fd, to_fd);
	return r < 0 ? r : copy_attributes(from_fd, to_fd, &st);
}

bool copy_tree_is_empty(const char *path)
{
	DIR *dir cleanup(close_dir) = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return false;
	}
	return true;
}
