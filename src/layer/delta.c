/* SPDX-License-Identifier: Apache-2.0 */
/* An upper directory walked beside the tree below it. */
#include "layer/delta.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "sys/file.h"

enum { DEPTH_MAX = 1000, DIR_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

struct delta {
	const struct delta_options *opts;
	unsigned int depth;
};

/* A directory on the way down. It is told when it changed itself, or else with the first change in
 * it. */
struct level {
	struct level *parent; /* NULL: the root, which is never told */
	const char *path;     /* "" the root */
	int upper_fd;
	struct union_dir lower; /* nothing in it: the layers have no such directory */
	struct delta_change change;
	bool covered; /* it, or one above it, hides what the layers have */
	bool told;
};

static int delta_fail(struct error *err, int r, const char *path)
{
	return error_set(err, ERR_SYSTEM, -r, "read the container's /%.512s", path);
}

static int level_tell(struct delta *d, struct level *level, struct error *err)
{
	int r;

	if (!level->parent || level->told)
		return 0;
	level->told = true;
	r = level_tell(d, level->parent, err);
	return r < 0 ? r : d->opts->visit(d->opts->arg, &level->change, err);
}

static int tell(struct delta *d, struct level *level, const struct delta_change *change,
		struct error *err)
{
	int r = level_tell(d, level, err);

	return r < 0 ? r : d->opts->visit(d->opts->arg, change, err);
}

/* Mount points that a run makes where the image has none: empty files and directories. */
static bool is_mount_point(const char *path, const struct stat *st)
{
	static const char *const files[] = { "etc/hostname", "etc/hosts", "etc/resolv.conf",
					     "sbin/docker-init" };
	static const char *const dirs[] = { "dev", "proc", "sys" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (strcmp(path, files[i]) == 0)
			return S_ISREG(st->st_mode) && st->st_size == 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		if (strcmp(path, dirs[i]) == 0)
			return S_ISDIR(st->st_mode);
	}
	return false;
}

/* Such mount points may lie in it. */
static bool holds_mount_points(const char *path)
{
	return strcmp(path, "etc") == 0 || strcmp(path, "sbin") == 0;
}

static bool same_directory(const struct delta *d, const struct stat *upper,
			   const struct stat *lower, const char *path)
{
	uint32_t uid = upper->st_uid, gid = upper->st_gid;

	pack_ids(d->opts->maps, &uid, &gid);
	return upper->st_mode == lower->st_mode && uid == lower->st_uid && gid == lower->st_gid &&
	       (holds_mount_points(path) || (upper->st_mtim.tv_sec == lower->st_mtim.tv_sec &&
					     upper->st_mtim.tv_nsec == lower->st_mtim.tv_nsec));
}

static char *child_path(const struct level *level, const char *name)
{
	return xasprintf("%s%s%s", level->path, *level->path ? "/" : "", name);
}

static int walk_level(struct delta *d, struct level *level, struct error *err);

/* The names that only the layers have: an opaque directory hides them. */
static int tell_hidden(struct delta *d, struct level *level, struct error *err)
{
	cleanup(union_names_release) struct union_names names = { NULL, 0 };
	int r = union_list(&level->lower, &names);

	if (r < 0)
		return delta_fail(err, r, level->path);
	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		cleanup_free char *path = child_path(level, names.items[i].name);
		const struct delta_change change = {
			.kind = DELTA_DELETED, .path = path, .dirfd = -1, .hidden = true
		};
		struct stat st;

		if (fstatat(level->upper_fd, names.items[i].name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			r = tell(d, level, &change, err);
	}
	return r;
}

static int walk_directory(struct delta *d, struct level *level, bool changed, struct error *err)
{
	int r = 0;

	if (d->depth >= DEPTH_MAX)
		return delta_fail(err, -ELOOP, level->path);
	if (fgetxattr(level->upper_fd, "trusted.overlay.redirect", NULL, 0) >= 0)
		return error_set(err, ERR_NOT_IMPLEMENTED, ENOTSUP,
				 "the kernel keeps what is in /%.512s elsewhere (overlay's "
				 "redirect_dir), which cannot be read",
				 level->path);
	if (changed)
		r = level_tell(d, level, err);
	if (r >= 0 && level->covered)
		r = tell_hidden(d, level, err);
	d->depth++;
	if (r >= 0)
		r = walk_level(d, level, err);
	d->depth--;
	return r;
}

/* lower_st: what the layers have by that name; NULL nothing. */
static int walk_child_dir(struct delta *d, struct level *parent, const char *name,
			  const struct stat *st, const struct stat *lower_st, size_t at,
			  struct error *err)
{
	cleanup_free char *path = child_path(parent, name);
	cleanup_fd int fd = openat(parent->upper_fd, name, DIR_FLAGS);
	bool both = lower_st && S_ISDIR(lower_st->st_mode);
	struct level level = { .parent = parent, .path = path, .upper_fd = fd };
	bool changed;
	int r = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : delta_fail(err, -errno, path);
	if (both)
		r = union_open(&parent->lower, name, at, &level.lower);
	if (r < 0)
		return delta_fail(err, r, path);
	level.change = (struct delta_change){ .kind = lower_st ? DELTA_CHANGED : DELTA_ADDED,
					      .path = path,
					      .dirfd = parent->upper_fd,
					      .name = name,
					      .opaque = both && union_is_opaque(fd) };
	level.covered = level.change.opaque || parent->covered;
	if (both)
		changed = level.change.opaque || !same_directory(d, st, lower_st, path);
	else
		changed = lower_st || !holds_mount_points(path);
	r = walk_directory(d, &level, changed, err);
	union_dir_release(&level.lower);
	return r;
}

static int walk_child(struct delta *d, struct level *level, const char *name, struct error *err)
{
	cleanup_free char *path = child_path(level, name);
	struct delta_change change = { .path = path, .dirfd = level->upper_fd, .name = name };
	struct stat st, lower_st;
	bool below;
	size_t at = 0;
	int r;

	if (fstatat(level->upper_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : delta_fail(err, -errno, path);
	r = union_lookup(&level->lower, name, &lower_st, &at);
	if (r < 0 && r != -ENOENT)
		return delta_fail(err, r, path);
	below = r == 0;
	if (!below && is_mount_point(path, &st))
		return 0;
	if (S_ISDIR(st.st_mode))
		return walk_child_dir(d, level, name, &st, below ? &lower_st : NULL, at, err);
	if (union_is_whiteout(&st)) {
		change.kind = DELTA_DELETED;
		change.hidden = level->covered;
		return below ? tell(d, level, &change, err) : 0;
	}
	change.kind = below ? DELTA_CHANGED : DELTA_ADDED;
	return tell(d, level, &change, err);
}

static int walk_level(struct delta *d, struct level *level, struct error *err)
{
	cleanup(strv_release) char **names = NULL;
	int r = dir_names(level->upper_fd, &names);

	if (r < 0)
		return r == -ENOENT ? 0 : delta_fail(err, r, level->path);
	for (size_t i = 0; r >= 0 && names[i]; i++)
		r = walk_child(d, level, names[i], err);
	return r;
}

int delta_walk(const struct delta_options *opts, struct error *err)
{
	cleanup_fd int fd = open(opts->upper, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct delta d = { .opts = opts };
	struct level root = { .path = "", .upper_fd = fd };
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0
				       : error_set(err, ERR_SYSTEM, errno, "open %s", opts->upper);
	r = union_root(opts->lower, &root.lower);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "open the image's layers");
	r = walk_level(&d, &root, err);
	union_dir_release(&root.lower);
	return r;
}

struct layer_pack {
	struct packer *packer;
	size_t n;
};

/* "a/b/c" -> "a/b/.wh.c" */
static char *whiteout_path(const char *path)
{
	const char *slash = strrchr(path, '/');
	int dir = slash ? (int)(slash - path) + 1 : 0;

	return xasprintf("%.*s.wh.%s", dir, path, path + dir);
}

/* Such names mean deletions in a layer. */
static int refuse_mark(const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');

	if (strncmp(slash ? slash + 1 : path, ".wh.", 4) != 0)
		return 0;
	return error_set(err, ERR_INVALID, EINVAL,
			 "/%.512s cannot be in a layer: names that begin with \".wh.\" stand for "
			 "deleted files",
			 path);
}

static int pack_change(void *arg, const struct delta_change *change, struct error *err)
{
	struct layer_pack *pack = arg;
	const struct pack_item item = {
		.path = change->path, .dirfd = change->dirfd, .name = change->name, .mapped = true
	};
	cleanup_free char *mark = NULL;
	int r;

	if (change->hidden)
		return 0;
	pack->n++;
	if (change->kind == DELTA_DELETED) {
		mark = whiteout_path(change->path);
		return pack_mark(pack->packer, mark, err);
	}
	r = refuse_mark(change->path, err);
	if (r >= 0)
		r = pack_item(pack->packer, &item, err);
	if (r < 0 || !change->opaque)
		return r;
	mark = xasprintf("%s/.wh..wh..opq", change->path);
	return pack_mark(pack->packer, mark, err);
}

int delta_pack(const char *upper, char *const *lower, struct packer *packer, size_t *ret_n,
	       struct error *err)
{
	struct layer_pack pack = { .packer = packer };
	const struct delta_options opts = { .upper = upper,
					    .lower = lower,
					    .maps = packer->maps,
					    .visit = pack_change,
					    .arg = &pack };
	int r = delta_walk(&opts, err);

	if (r >= 0)
		r = pack_end(packer, err);
	*ret_n = pack.n;
	return r;
}
