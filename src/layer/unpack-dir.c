/* SPDX-License-Identifier: Apache-2.0 */
/* Unpacking directories and whiteouts, and the loop over a layer's entries. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "layer/unpack-internal.h"
#include "sys/path.h"

static void later_add(struct unpacker *u, int fd, const char *path, struct tar_entry *e)
{
	struct stat st = { 0 };

	if (u->shared)
		ignore_result(fstat(fd, &st)); /* of an open fd */

	if (u->n_later == u->cap_later) {
		u->cap_later = u->cap_later ? 2 * u->cap_later : 64;
		u->later = xrealloc(u->later, u->cap_later, sizeof(*u->later));
	}
	u->later[u->n_later++] = (struct unpack_later){
		.path = xstrdup(path),
		.mtime = e->mtime,
		.mtime_nsec = e->mtime_nsec,
		.xattrs = take_ptr(e->xattrs),
		.n_xattrs = e->n_xattrs,
		.dev = st.st_dev,
		.ino = st.st_ino,
	};
	e->n_xattrs = 0;
}

static void later_release(struct unpacker *u)
{
	for (size_t i = 0; i < u->n_later; i++) {
		struct tar_entry e = { .path = u->later[i].path,
				       .xattrs = u->later[i].xattrs,
				       .n_xattrs = u->later[i].n_xattrs };

		tar_entry_release(&e);
	}
	free(u->later);
	u->later = NULL;
	u->n_later = u->cap_later = 0;
}

static int opaque_add(struct unpacker *u, const char *path, struct error *err)
{
	size_t n = strv_len(u->result.opaque);

	if (n > 0 && strcmp(u->result.opaque[n - 1], path) == 0)
		return 0;
	if (n >= UNPACK_OPAQUE_MAX)
		return unpack_refuse(err, path, "too many opaque directories");
	strv_push(&u->result.opaque, path);
	return 0;
}

static bool is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

/* A directory that is there already is kept with what it holds; where a whiteout was, the new one
 * hides all of the old: it is opaque. */
static int make_dir(struct unpacker *u, int dirfd, const char *name, const char *path,
		    struct error *err)
{
	struct stat st;
	int r;

	if (mkdirat(dirfd, name, 0700) == 0)
		return 0;
	if (errno != EEXIST || fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return unpack_fail(err, -errno, path);
	if (S_ISDIR(st.st_mode))
		return 0;
	r = unpack_clear(u, dirfd, name);
	if (r >= 0)
		r = mkdirat(dirfd, name, 0700) < 0 ? -errno : 0;
	if (r < 0)
		return unpack_fail(err, r, path);
	return is_whiteout(&st) ? opaque_add(u, path, err) : 0;
}

int unpack_dir(struct unpacker *u, int dirfd, const char *name, const char *path,
	       struct tar_entry *e, struct error *err)
{
	cleanup_fd int fd = -1;
	int r;

	r = make_dir(u, dirfd, name, path, err);
	if (r < 0)
		return r;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchown(fd, e->uid, e->gid) < 0 || fchmod(fd, e->mode) < 0)
		return unpack_fail(err, -errno, path);
	later_add(u, fd, path, e);
	return 0;
}

int unpack_root(struct unpacker *u, struct tar_entry *e, struct error *err)
{
	cleanup_fd int fd = openat(u->rootfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (e->type != TAR_DIR)
		return unpack_refuse(err, e->path, "the root must be a directory");
	if (fd < 0 || fchown(fd, e->uid, e->gid) < 0 || fchmod(fd, e->mode) < 0)
		return unpack_fail(err, -errno, "");
	later_add(u, fd, ".", e);
	return 0;
}

static int whiteout_one(int dirfd, const char *name)
{
	if (mknodat(dirfd, name, S_IFCHR, makedev(0, 0)) < 0)
		return -errno;
	return fchownat(dirfd, name, 0, 0, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

/* path ends in ".wh.…" */
int unpack_whiteout(struct unpacker *u, const char *path, struct error *err)
{
	const char *name, *slash = strrchr(path, '/');
	cleanup_free char *parent = xstrndup(path, slash ? (size_t)(slash - path) : 0);
	cleanup_free char *hidden = NULL;
	int dirfd = unpack_parent(u, path, &name, err), r;
	struct stat st;

	if (dirfd < 0)
		return dirfd;
	switch (whiteout_of(name, &name)) {
	case WHITEOUT_OPAQUE:
		return opaque_add(u, parent, err);
	case WHITEOUT_META:
		return 0;
	case WHITEOUT_NONE:
	case WHITEOUT_BAD:
		return unpack_refuse(err, path, "a whiteout of no file");
	case WHITEOUT_NAME:
		break;
	}
	r = whiteout_one(dirfd, name);
	if (r != -EEXIST)
		return r < 0 ? unpack_fail(err, r, path) : 0;
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return unpack_fail(err, -errno, path);
	if (!S_ISDIR(st.st_mode))
		return 0;
	hidden = xasprintf("%s%s%s", parent, *parent ? "/" : "", name);
	return opaque_add(u, hidden, err);
}

static bool is_same(int fd, const struct unpack_later *later)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_dev == later->dev && st.st_ino == later->ino;
}

int unpack_finish_dirs(struct unpacker *u, struct error *err)
{
	for (size_t i = 0; i < u->n_later; i++) {
		const struct unpack_later *l = &u->later[i];
		const struct timespec t = { .tv_sec = l->mtime, .tv_nsec = l->mtime_nsec };
		cleanup_fd int fd = path_open(
			u->rootfd, l->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, LOOKUP_IN_ROOT);
		int r;

		if (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP)
			continue; /* a later entry took its place */
		if (fd < 0)
			return unpack_fail(err, fd, l->path);
		if (u->shared && !is_same(fd, l))
			continue;
		r = unpack_xattrs(fd, l->xattrs, l->n_xattrs);
		if (r >= 0)
			r = futimens(fd, (struct timespec[2]){ t, t }) < 0 ? -errno : 0;
		if (r < 0)
			return unpack_fail(err, r, l->path);
	}
	return 0;
}

static int unpack_next(struct unpacker *u, const void *unused, struct tar_entry *e,
		       struct error *err)
{
	cleanup_free char *path = NULL;
	const char *name, *hidden;

	if (unpack_clean_path(e->path, &path) < 0)
		return unpack_refuse(err, e->path, "it is outside of the layer");
	if (*path == '\0')
		return unpack_root(u, e, err);
	free(e->path); /* what errors name */
	e->path = xstrdup(path);
	name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	if (whiteout_of(name, &hidden) != WHITEOUT_NONE)
		return unpack_whiteout(u, path, err);
	return unpack_entry(u, path, e, err);
}

void unpacker_release(struct unpacker *u)
{
	unpack_forget_parent(u);
	later_release(u);
	unpack_result_release(&u->result);
}

int unpack_all(struct unpacker *u, unpack_step step, const void *arg, struct error *err)
{
	mode_t old_umask = umask(0);
	int r;

	while (true) {
		cleanup(tar_entry_release) struct tar_entry e = TAR_ENTRY_INIT;

		r = tar_next(u->reader, &e, err);
		if (r <= 0)
			break;
		u->result.n_entries++;
		r = step(u, arg, &e, err);
		if (r < 0)
			break;
	}
	if (r >= 0)
		r = unpack_finish_dirs(u, err);
	if (r >= 0)
		r = tar_drain(u->reader, err);
	(void)umask(old_umask);
	return r;
}

int unpack_tar(int rootfd, struct tar_reader *reader, const struct unpack_watch *watch,
	       struct unpack_result *ret, struct error *err)
{
	cleanup(unpacker_release) struct unpacker u = {
		.rootfd = rootfd, .reader = reader, .watch = watch, .parent_fd = -1
	};
	int r = unpack_all(&u, unpack_next, NULL, err);

	if (r < 0)
		return r;
	*ret = u.result;
	u.result = (struct unpack_result){ 0 };
	return 0;
}
