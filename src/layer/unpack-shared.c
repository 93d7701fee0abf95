/* SPDX-License-Identifier: Apache-2.0 */
/* Unpacking into a container's root, beside the container. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "layer/unpack-internal.h"

static mode_t kind_of(const struct tar_entry *e)
{
	static const mode_t kinds[] = {
		[TAR_SYMLINK] = S_IFLNK, [TAR_CHAR] = S_IFCHR, [TAR_BLOCK] = S_IFBLK,
		[TAR_FIFO] = S_IFIFO,	 [TAR_DIR] = S_IFDIR,
	};

	return e->type < ARRAY_SIZE(kinds) ? kinds[e->type] : 0;
}

/* Through /proc, for these calls take no O_PATH fd; a symbolic link is not followed there. */
static int finish_opened(int fd, const struct tar_entry *e)
{
	const struct timespec t = { .tv_sec = e->mtime, .tv_nsec = e->mtime_nsec };
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fchownat(fd, "", e->uid, e->gid, AT_EMPTY_PATH) < 0)
		return -errno;
	if (e->type != TAR_SYMLINK && chmod(path, e->mode) < 0)
		return -errno;
	return utimensat(AT_FDCWD, path, (struct timespec[2]){ t, t }, 0) < 0 ? -errno : 0;
}

/* Another that has the name now is left alone: it is none of ours. */
int unpack_finish_shared(int dirfd, const char *name, const struct tar_entry *e)
{
	cleanup_fd int fd = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if ((st.st_mode & S_IFMT) != kind_of(e) || st.st_nlink != 1 || st.st_uid != geteuid())
		return 0;
	return finish_opened(fd, e);
}

static char *join(const char *a, const char *b)
{
	return xasprintf("%s%s%s", a, *a && *b ? "/" : "", b);
}

/* The name that the archive gives as the file gets it; NULL: none of those that were asked for. */
static char *name_for(const struct unpack_shared *into, const char *path)
{
	size_t len = into->to && into->from ? strlen(into->from) : 0;
	cleanup_free char *renamed = NULL;

	if (len > 0 &&
	    (strncmp(path, into->from, len) != 0 || (path[len] != '\0' && path[len] != '/')))
		return NULL;
	renamed = join(into->to ? into->to : "", path + len + (path[len] == '/' && len > 0));
	return *renamed ? join(into->dest, renamed) : xstrdup("");
}

static int check_kind(struct unpacker *u, const struct unpack_shared *into,
		      const struct tar_entry *e, struct error *err)
{
	const char *name;
	struct stat st;
	int dirfd = unpack_parent(u, e->path, &name, err);

	if (dirfd < 0)
		return dirfd;
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    S_ISDIR(st.st_mode) == (e->type == TAR_DIR))
		return 0;
	return error_set(err, ERR_INVALID, EISDIR,
			 "cannot overwrite %sdirectory \"%s/%.512s\" with %sdirectory \"%s%s%s\"",
			 e->type == TAR_DIR ? "non-" : "", into->shown, e->path,
			 e->type == TAR_DIR ? "" : "non-", into->shown,
			 *into->dest || !*into->shown ? "/" : "", into->dest);
}

/* What only root may give to a file is left out where we are not. */
static void own_entry(const struct unpack_shared *into, struct tar_entry *e)
{
	size_t n = 0;

	if (into->own) {
		e->uid = into->uid;
		e->gid = into->gid;
	}
	for (size_t i = 0; geteuid() != 0 && i < e->n_xattrs; i++) {
		struct tar_xattr *x = &e->xattrs[i];

		if (strncmp(x->name, "security.", 9) == 0) {
			free(x->name);
			free(x->value);
		} else {
			e->xattrs[n++] = *x;
		}
	}
	if (geteuid() != 0)
		e->n_xattrs = n;
}

static int into_next(struct unpacker *u, const void *arg, struct tar_entry *e, struct error *err)
{
	const struct unpack_shared *into = arg;
	cleanup_free char *path = NULL, *link = NULL, *name = NULL, *target = NULL;
	int r = 0;

	if (unpack_clean_path(e->path, &path) < 0 ||
	    (e->type == TAR_HARDLINK && unpack_clean_path(e->link, &link) < 0))
		return unpack_refuse(err, e->path, "it is outside of the destination");
	name = name_for(into, path);
	target = link ? name_for(into, link) : NULL;
	if (!name || (link && !target))
		return unpack_refuse(err, e->path, "it is not what was asked for");
	if (*name == '\0')
		return 0;
	free(e->path);
	e->path = xstrdup(name);
	if (target) {
		free(e->link);
		e->link = take_ptr(target);
	}
	own_entry(into, e);
	if (into->keep_kinds)
		r = check_kind(u, into, e, err);
	return r < 0 ? r : unpack_entry(u, name, e, err);
}

int unpack_shared(const struct unpack_shared *into, struct tar_reader *reader, struct error *err)
{
	cleanup(unpacker_release) struct unpacker u = {
		.rootfd = into->rootfd, .reader = reader, .parent_fd = -1, .shared = true
	};

	return unpack_all(&u, into_next, into, err);
}
