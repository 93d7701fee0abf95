/* SPDX-License-Identifier: Apache-2.0 */
/* Paths in a container's root: looking, packing, unpacking. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/strbuf.h"
#include "layer/pack.h"
#include "layer/unpack.h"
#include "sys/fd.h"
#include "sys/path.h"
#include "transfer/copy.h"

enum { LINKS_MAX = 40 };

static int no_such_file(const struct copy_request *req, struct error *err)
{
	return error_set(err, ERR_NOT_FOUND, ENOENT, "Could not find the file %s in container %s",
			 req->path, req->container);
}

static int path_fail(const struct copy_request *req, int r, struct error *err)
{
	if (r == -ENOENT)
		return no_such_file(req, err);
	if (r == -ENOTDIR)
		return error_set(err, ERR_SYSTEM, 0, "lstat %s: not a directory", req->path);
	return error_set(err, ERR_SYSTEM, -r, "open %s in container %s", req->path, req->container);
}

/* "a/b//" -> "/a/b/", "a/." -> "/a/.": what a slash at the end says stays. */
static char *path_of(const char *text)
{
	cleanup_free char *rooted = xasprintf("/%s", text);
	char *clean = path_clean(rooted);
	size_t len = strlen(rooted), at = strlen(clean);
	const char *tail = "";

	if (len >= 2 && strcmp(rooted + len - 2, "/.") == 0)
		tail = at > 1 ? "/." : ".";
	else if (rooted[len - 1] == '/' && at > 1)
		tail = "/";
	clean = xrealloc(clean, at + 3, 1);
	memcpy(clean + at, tail, strlen(tail) + 1);
	return clean;
}

/* The last component: "/" of the root, "." of "/a/." */
static char *name_of(const char *path)
{
	size_t end = strlen(path), begin;

	while (end > 1 && path[end - 1] == '/')
		end--;
	if (end == 1)
		return xstrdup("/");
	begin = end;
	while (begin > 0 && path[begin - 1] != '/')
		begin--;
	return xstrndup(path + begin, end - begin);
}

static char *fd_path(int fd)
{
	cleanup_free char *link = xasprintf("/proc/self/fd/%d", fd);
	char path[PATH_MAX];
	ssize_t n = readlink(link, path, sizeof(path));

	return n > 0 && n < (ssize_t)sizeof(path) ? xstrndup(path, (size_t)n) : NULL;
}

/* Where fd lies below the root: "/etc/passwd", "/". NULL: nowhere any more. */
static char *path_in_root(int rootfd, int fd)
{
	cleanup_free char *root = fd_path(rootfd), *path = fd_path(fd);
	size_t len = root ? strlen(root) : 0;

	if (!root || !path || strncmp(path, root, len) != 0)
		return NULL;
	if (path[len] == '\0')
		return xstrdup("/");
	return path[len] == '/' ? xstrdup(path + len) : NULL;
}

/* Where the symbolic link *path leads, one step; 0 when it is none. */
static int follow_once(int rootfd, char **path)
{
	cleanup_fd int fd = path_open(rootfd, *path, O_PATH | O_NOFOLLOW, 0, LOOKUP_IN_ROOT);
	cleanup_free char *at = fd < 0 ? NULL : path_in_root(rootfd, fd);
	char target[PATH_MAX];
	ssize_t n = at ? readlinkat(fd, "", target, sizeof(target) - 1) : -1;
	char *slash, *next;

	if (n < 0)
		return 0;
	target[n] = '\0';
	slash = strrchr(at, '/');
	slash[slash == at] = '\0';
	next = target[0] == '/' ? path_clean(target) : path_join(at, target);
	free(*path);
	*path = next;
	return 1;
}

/* To the end of the chain, or as far as there is something. Owned. */
static char *link_end(int rootfd, const char *path)
{
	cleanup_fd int fd = path_open(rootfd, path, O_PATH, 0, LOOKUP_IN_ROOT);
	char *at = fd < 0 ? NULL : path_in_root(rootfd, fd);

	if (at)
		return at;
	at = xstrdup(path);
	for (int i = 0; i < LINKS_MAX && follow_once(rootfd, &at); i++)
		;
	return at;
}

int copy_stat(int rootfd, const struct copy_request *req, struct error *err)
{
	cleanup(container_path_stat_release) struct container_path_stat stat = { 0 };
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	cleanup_free char *path = path_of(req->path);
	cleanup_fd int fd = path_open(rootfd, path, O_PATH | O_NOFOLLOW, 0, LOOKUP_IN_ROOT);
	struct stat st;

	if (fd < 0)
		return path_fail(req, fd, err);
	if (fstat(fd, &st) < 0)
		return path_fail(req, -errno, err);
	stat.name = name_of(path);
	stat.size = st.st_size;
	stat.mode = path_mode_of(st.st_mode);
	stat.mtime = st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	if (S_ISLNK(st.st_mode))
		stat.link_target = link_end(rootfd, path);
	json_encode(&container_path_stat_shape, &stat, &text);
	if (transfer_send(TRANSFER_CONTROL_FD, TRANSFER_ITEM, text.data, text.len) < 0)
		return error_set(err, ERR_SYSTEM, ECANCELED, "the engine is gone");
	return 0;
}

static int write_to(void *arg, const void *data, size_t len)
{
	return fd_write_all(*(const int *)arg, data, len);
}

/* Of a directory the entry and all below it, else the entry, both under name. */
static int pack_path(struct packer *packer, int rootfd, const char *path, const char *name,
		     struct error *err)
{
	cleanup_fd int dirfd =
		path_open(rootfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, LOOKUP_IN_ROOT);
	struct pack_item item = { .path = name, .dirfd = dirfd, .name = "." };
	cleanup_free char *parent = NULL;
	cleanup_fd int parent_fd = -1;
	const char *slash = strrchr(path, '/');
	int r;

	if (dirfd >= 0) {
		if (strcmp(name, "/") == 0)
			item.path = ".";
		r = pack_item(packer, &item, err);
		return r < 0 ? r : pack_dir(packer, dirfd, item.path, err);
	}
	if (dirfd != -ENOTDIR && dirfd != -ELOOP)
		return error_set(err, ERR_SYSTEM, -dirfd, "read %s", path);
	parent = xstrndup(path, (size_t)(slash - path) + 1);
	parent_fd = path_open(rootfd, parent, O_PATH | O_DIRECTORY, 0, LOOKUP_IN_ROOT);
	if (parent_fd < 0)
		return error_set(err, ERR_SYSTEM, -parent_fd, "read %s", path);
	item.dirfd = parent_fd;
	item.name = slash + 1;
	return pack_item(packer, &item, err);
}

int copy_read(int rootfd, const struct copy_request *req, int fd, struct error *err)
{
	cleanup_free char *path = path_of(req->path);
	cleanup_free char *name = name_of(path);
	struct packer packer;
	int r;

	packer_init(&packer, write_to, &fd);
	r = pack_path(&packer, rootfd, path, name, err);
	if (r >= 0)
		r = pack_end(&packer, err);
	packer_release(&packer);
	return r;
}

static int mount_of(int fd, uint64_t *ret)
{
	struct statx stx;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) < 0)
		return -errno;
	*ret = stx.stx_mnt_id;
	return 0;
}

/* What the container may not write, we do not write for it. */
static int check_writable(int rootfd, int fd, const struct copy_request *req, struct error *err)
{
	uint64_t root = 0, here = 0;
	struct statvfs fs;
	int r = mount_of(rootfd, &root);

	if (r >= 0)
		r = mount_of(fd, &here);
	if (r >= 0 && fstatvfs(fd, &fs) < 0)
		r = -errno;
	if (r < 0)
		return path_fail(req, r, err);
	if (root == here && req->readonly_rootfs)
		return error_set(err, ERR_INVALID, EROFS, "container rootfs is marked read-only");
	if (root != here && fs.f_flag & ST_RDONLY)
		return error_set(err, ERR_INVALID, EROFS, "mounted volume is marked read-only");
	return 0;
}

static int open_destination(int rootfd, const struct copy_request *req, int *ret_fd,
			    struct error *err)
{
	cleanup_free char *path = path_of(req->path);
	cleanup_fd int fd = path_open(rootfd, path, O_PATH, 0, LOOKUP_IN_ROOT);
	struct stat st;
	int r;

	if (fd < 0)
		return path_fail(req, fd, err);
	if (fstat(fd, &st) < 0)
		return path_fail(req, -errno, err);
	if (!S_ISDIR(st.st_mode))
		return error_set(err, ERR_INVALID, ENOTDIR, "extraction point is not a directory");
	r = check_writable(rootfd, fd, req, err);
	if (r >= 0)
		*ret_fd = take_fd(&fd);
	return r;
}

int copy_write(int rootfd, const struct copy_request *req, struct stream *stream, struct error *err)
{
	struct unpack_shared into = {
		.rootfd = rootfd,
		.shown = "",
		.keep_kinds = req->keep_kinds,
		.own = req->own,
		.uid = req->uid,
		.gid = req->gid,
	};
	cleanup_free char *dest = NULL;
	cleanup_fd int fd = -1;
	struct tar_reader reader;
	struct statvfs fs;
	int r = open_destination(rootfd, req, &fd, err);

	if (r < 0)
		return r;
	dest = path_in_root(rootfd, fd);
	if (!dest)
		return no_such_file(req, err);
	into.dest = dest + 1;
	if (fstatvfs(fd, &fs) == 0)
		stream_limit(stream, (uint64_t)fs.f_bavail * fs.f_frsize);
	tar_reader_init(&reader, stream_next, stream);
	return unpack_shared(&into, &reader, err);
}
