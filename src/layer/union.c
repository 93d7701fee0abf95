/* SPDX-License-Identifier: Apache-2.0 */
/* The merged view of layer directories, on directory fds alone. */
#include "layer/union.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "layer/layer.h"
#include "sys/file.h"

enum { DIR_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

void union_dir_release(struct union_dir *dir)
{
	for (size_t i = 0; i < dir->n; i++)
		macros_close_fd(&dir->fds[i]);
	free(dir->fds);
	free(dir->in);
	*dir = (struct union_dir){ NULL, NULL, 0 };
}

void union_names_release(struct union_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->items[i].name);
	free(names->items);
	*names = (struct union_names){ NULL, 0 };
}

static void dir_reserve(struct union_dir *dir, size_t n)
{
	dir->fds = xcalloc(n + 1, sizeof(*dir->fds));
	dir->in = xcalloc(n + 1, sizeof(*dir->in));
	dir->n = 0;
}

int union_root(char *const *dirs, struct union_dir *ret)
{
	dir_reserve(ret, strv_len(dirs));
	for (size_t i = 0; dirs && dirs[i]; i++) {
		cleanup_fd int root = layer_lower_open(dirs[i]);
		int fd = root < 0 ? root : openat(root, ".", DIR_FLAGS);

		if (fd < 0) {
			int r = root < 0 ? root : -errno;

			union_dir_release(ret);
			return r;
		}
		ret->in[ret->n] = (unsigned int)i;
		ret->fds[ret->n++] = fd;
	}
	return 0;
}

bool union_is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

bool union_is_opaque(int fd)
{
	char value[8];
	ssize_t n = fgetxattr(fd, "trusted.overlay.opaque", value, sizeof(value));

	return n == 1 && value[0] == 'y';
}

static int compare_names(const void *a, const void *b)
{
	const struct union_name *x = a, *y = b;
	int r = strcmp(x->name, y->name);

	return r ? r : (x->at > y->at) - (x->at < y->at);
}

/* All names of all parts, each part sorted already. */
static int gather(const struct union_dir *dir, struct union_names *ret)
{
	size_t cap = 0;

	for (size_t at = 0; at < dir->n; at++) {
		cleanup(strv_release) char **names = NULL;
		int r = dir_names(dir->fds[at], &names);

		if (r < 0)
			return r;
		for (size_t i = 0; names && names[i]; i++) {
			if (ret->n == cap) {
				cap = cap ? 2 * cap : 64;
				ret->items = xrealloc(ret->items, cap, sizeof(*ret->items));
			}
			ret->items[ret->n++] = (struct union_name){ take_ptr(names[i]), at };
		}
		free(names);
		names = NULL;
	}
	if (ret->n > 0 && dir->n > 1)
		qsort(ret->items, ret->n, sizeof(*ret->items), compare_names);
	return 0;
}

static bool shows(const struct union_dir *dir, const struct union_name *name)
{
	struct stat st;

	return fstatat(dir->fds[name->at], name->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       !union_is_whiteout(&st);
}

int union_list(const struct union_dir *dir, struct union_names *ret)
{
	struct union_names all = { NULL, 0 };
	size_t n = 0;
	int r = gather(dir, &all);

	if (r < 0) {
		union_names_release(&all);
		return r;
	}
	for (size_t i = 0, next; i < all.n; i = next) {
		struct union_name *first = &all.items[i];

		for (next = i + 1; next < all.n; next++) {
			if (strcmp(all.items[next].name, first->name) != 0)
				break;
			free(all.items[next].name);
		}
		if (shows(dir, first))
			all.items[n++] = *first;
		else
			free(first->name);
	}
	all.n = n;
	*ret = all;
	return 0;
}

int union_lookup(const struct union_dir *dir, const char *name, struct stat *ret_st, size_t *ret_at)
{
	for (size_t i = 0; i < dir->n; i++) {
		struct stat st;

		if (fstatat(dir->fds[i], name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
			if (errno == ENOENT)
				continue;
			return -errno;
		}
		if (union_is_whiteout(&st))
			return -ENOENT;
		*ret_st = st;
		*ret_at = i;
		return 0;
	}
	return -ENOENT;
}

int union_open(const struct union_dir *dir, const char *name, size_t at, struct union_dir *ret)
{
	dir_reserve(ret, dir->n - at);
	for (size_t i = at; i < dir->n; i++) {
		int fd = openat(dir->fds[i], name, DIR_FLAGS), r = -errno;

		if (fd >= 0) {
			ret->in[ret->n] = dir->in[i];
			ret->fds[ret->n++] = fd;
			if (union_is_opaque(fd))
				break;
		} else if (r == -ENOTDIR || r == -ELOOP) {
			break; /* whatever is below it is hidden */
		} else if (r != -ENOENT) {
			union_dir_release(ret);
			return r;
		}
	}
	if (ret->n > 0)
		return 0;
	union_dir_release(ret);
	return -ENOTDIR;
}
