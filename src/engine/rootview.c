/* SPDX-License-Identifier: Apache-2.0 */
/* Looking files up through layer directories. */
#include "engine/rootview.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "layer/layer.h"
#include "sys/fd.h"

enum { HOPS_MAX = 40 };

/* One directory of the root: its part in each layer that has one, uppermost first. */
struct view_dir {
	int *fds;
	size_t n;
};

struct rootview {
	struct view_dir root;
};

static void view_dir_release(struct view_dir *dir)
{
	for (size_t i = 0; i < dir->n; i++)
		macros_close_fd(&dir->fds[i]);
	free(dir->fds);
	*dir = (struct view_dir){ NULL, 0 };
}

static int view_root(char *const *dirs, struct view_dir *ret)
{
	*ret = (struct view_dir){ xcalloc(strv_len(dirs) + 1, sizeof(int)), 0 };
	for (size_t i = 0; dirs && dirs[i]; i++) {
		int fd = layer_lower_open(dirs[i]);

		if (fd < 0)
			return fd;
		ret->fds[ret->n++] = fd;
	}
	return 0;
}

static bool view_is_opaque(int fd)
{
	char path[64], value[8];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = getxattr(path, "trusted.overlay.opaque", value, sizeof(value));
	return n == 1 && value[0] == 'y';
}

/* What a name is in a directory of the root: *ret_fd (O_PATH) is the uppermost entry; when that
 * is a
 * directory, *ret_dir has all its parts. */
static int view_lookup(const struct view_dir *dir, const char *name, struct view_dir *ret_dir,
		       int *ret_fd, struct stat *ret_st)
{
	*ret_dir = (struct view_dir){ xcalloc(dir->n + 1, sizeof(int)), 0 };
	for (size_t i = 0; i < dir->n; i++) {
		cleanup_fd int fd = openat(dir->fds[i], name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		struct stat st;

		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0 || fstat(fd, &st) < 0)
			return -errno;
		if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0))
			break;
		if (!S_ISDIR(st.st_mode)) {
			if (ret_dir->n > 0)
				break;
			*ret_st = st;
			*ret_fd = take_fd(&fd);
			return 0;
		}
		ret_dir->fds[ret_dir->n++] = take_fd(&fd);
		if (i + 1 < dir->n && view_is_opaque(ret_dir->fds[ret_dir->n - 1]))
			break;
	}
	*ret_st = (struct stat){ .st_mode = S_IFDIR };
	return ret_dir->n > 0 ? 0 : -ENOENT;
}

static int view_read_regular(int fd, const struct stat *st, size_t max, char **ret_data)
{
	cleanup_fd int readable = -1;
	char path[64];
	size_t len;

	if (!S_ISREG(st->st_mode))
		return -EINVAL;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	readable = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	if (readable < 0)
		return -errno;
	return fd_read_all(readable, max, ret_data, &len);
}

/* The path to begin again with: @done has no symlinks, @rest is what follows the component. */
static int view_follow(int fd, const char *done, const char *rest, char **ret_path)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(fd, "", target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	if (target[0] == '/')
		*ret_path = xasprintf("%s/%s", target, rest);
	else
		*ret_path = xasprintf("%s/%s/%s", done, target, rest);
	return strlen(*ret_path) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static char *view_parent(const char *done)
{
	const char *slash = strrchr(done, '/');

	return slash ? xstrndup(done, (size_t)(slash - done)) : xstrdup("");
}

/* Walk from the root. Returns 0 with data, 1 with *ret_again (a path without the symlink or the
 * ".."
 * that was met), or -errno. */
static int view_walk(const struct view_dir *root, const char *path, size_t max, char **ret_data,
		     char **ret_again)
{
	cleanup(view_dir_release) struct view_dir dir = { NULL, 0 };
	cleanup(strbuf_release) struct strbuf done = STRBUF_INIT;
	const struct view_dir *at = root;
	int r = 0;

	while (r >= 0 && *(path += strspn(path, "/")) != '\0') {
		cleanup(view_dir_release) struct view_dir next = { NULL, 0 };
		size_t len = strcspn(path, "/");
		cleanup_free char *name = xstrndup(path, len);
		cleanup_free char *parent = view_parent(strbuf_str(&done));
		cleanup_fd int fd = -1;
		struct stat st;

		path += len;
		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			*ret_again = xasprintf("%s/%s", parent, path);
			return 1;
		}
		r = view_lookup(at, name, &next, &fd, &st);
		if (r < 0)
			return r;
		if (S_ISLNK(st.st_mode)) {
			r = view_follow(fd, strbuf_str(&done), path, ret_again);
			return r < 0 ? r : 1;
		}
		if (!S_ISDIR(st.st_mode))
			return path[strspn(path, "/")] == '\0'
				       ? view_read_regular(fd, &st, max, ret_data)
				       : -ENOTDIR;
		strbuf_addf(&done, "/%s", name);
		view_dir_release(&dir);
		dir = next;
		at = &dir;
		next = (struct view_dir){ NULL, 0 };
	}
	return r < 0 ? r : -EISDIR;
}

int rootview_open(char *const *dirs, struct rootview **ret)
{
	struct rootview *view = xcalloc(1, sizeof(*view));
	int r = view_root(dirs, &view->root);

	if (r < 0) {
		view_dir_release(&view->root);
		free(view);
		return r;
	}
	*ret = view;
	return 0;
}

void rootview_free(struct rootview *view, struct engine *e)
{
	if (!view)
		return;
	for (size_t i = 0; i < view->root.n; i++)
		engine_close_late(e, view->root.fds[i]);
	free(view->root.fds);
	free(view);
}

int rootview_read(const struct rootview *view, const char *path, size_t max, char **ret_data)
{
	cleanup_free char *current = xstrdup(path);

	for (int hop = 0; hop < HOPS_MAX; hop++) {
		cleanup_free char *again = NULL;
		int r = view_walk(&view->root, current, max, ret_data, &again);

		if (r <= 0)
			return r;
		free(current);
		current = take_ptr(again);
	}
	return -ELOOP;
}
