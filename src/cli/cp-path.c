/* SPDX-License-Identifier: Apache-2.0 */
/* Names of cp's sources and destinations. */
#include "cli/cp-path.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "sys/path.h"

enum { LINKS_MAX = 10 };

static int tell(struct error *err, const char *call, const char *path)
{
	int errnum = errno;

	return error_set(err, errnum == ENOENT ? ERR_NOT_FOUND : ERR_INVALID, errnum, "%s %s: %s",
			 call, path,
			 errnum == ENOENT    ? "no such file or directory"
			 : errnum == ENOTDIR ? "not a directory"
					     : strerror(errnum));
}

void cp_split(const char *arg, char **ret_container, char **ret_path)
{
	const char *colon = strchr(arg, ':');

	*ret_container = NULL;
	/* "./file:name" and "/file:name" are local */
	if (arg[0] == '/' || arg[0] == '.' || !colon) {
		*ret_path = xstrdup(arg);
		return;
	}
	if (colon > arg)
		*ret_container = xstrndup(arg, (size_t)(colon - arg));
	*ret_path = xstrdup(colon + 1);
}

static size_t trimmed_len(const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	return len;
}

/* The last component; "." of an empty path. Owned. */
static char *base_of(const char *path)
{
	size_t end = trimmed_len(path), begin = end;

	if (end == 0)
		return xstrdup(".");
	if (end == 1 && path[0] == '/')
		return xstrdup("/");
	while (begin > 0 && path[begin - 1] != '/')
		begin--;
	return xstrndup(path + begin, end - begin);
}

static bool is_current_dir(const char *path)
{
	cleanup_free char *base = base_of(path);

	return strcmp(base, ".") == 0;
}

static bool has_slash(const char *path)
{
	return *path && path[strlen(path) - 1] == '/';
}

/* What the end of @like says goes to the end of @path, which is taken over. */
static char *keep_end(char *path, const char *like)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_adds(&out, path);
	free(path);
	if (!is_current_dir(strbuf_str(&out)) && is_current_dir(like))
		strbuf_adds(&out, has_slash(strbuf_str(&out)) ? "." : "/.");
	if (!has_slash(strbuf_str(&out)) && has_slash(like))
		strbuf_addc(&out, '/');
	return strbuf_take(&out);
}

int cp_absolute(const char *path, char **ret, struct error *err)
{
	char cwd[PATH_MAX];

	if (path_is_absolute(path)) {
		*ret = keep_end(path_clean(path), path);
		return 0;
	}
	if (!getcwd(cwd, sizeof(cwd)))
		return error_set(err, ERR_SYSTEM, errno, "look for the working directory");
	*ret = keep_end(path_join(cwd, path), path);
	return 0;
}

static char *dir_of(const char *clean)
{
	const char *slash = strrchr(clean, '/');

	if (!slash)
		return xstrdup(".");
	return slash == clean ? xstrdup("/") : xstrndup(clean, (size_t)(slash - clean));
}

void cp_dir_entry(const char *path, char **ret_dir, char **ret_base)
{
	cleanup_free char *clean = path_clean(path);

	if (is_current_dir(path)) {
		*ret_dir = xstrdup(clean);
		*ret_base = xstrdup(".");
		return;
	}
	*ret_dir = dir_of(clean);
	*ret_base = base_of(clean);
}

char *cp_resolved(const char *path, const char *target, char **ret_name)
{
	cleanup_free char *wanted = base_of(path), *is = NULL;
	char *resolved = keep_end(xstrdup(target), path);

	is = base_of(resolved);
	*ret_name = strcmp(wanted, is) != 0 ? take_ptr(wanted) : NULL;
	return resolved;
}

void cp_info_release(struct cp_info *info)
{
	free(info->path);
	free(info->name);
	*info = (struct cp_info){ NULL, false, false, NULL };
}

static int resolve_all(const char *path, char **ret, struct error *err)
{
	char real[PATH_MAX];

	if (!realpath(path, real))
		return errno == ENOTDIR ? error_set(err, ERR_INVALID, ENOTDIR, "not a directory")
					: tell(err, "lstat", path);
	*ret = xstrdup(real);
	return 0;
}

/* Only what stands before the last slash. */
static int resolve_parent(const char *path, struct cp_info *ret, struct error *err)
{
	const char *base = strrchr(path, '/') + 1;
	cleanup_free char *dir = xstrndup(path, (size_t)(base - path));
	cleanup_free char *real = NULL, *wanted = base_of(path), *is = NULL;
	int r = resolve_all(dir, &real, err);

	if (r < 0)
		return r;
	ret->path = xasprintf("%s%s%s", real, strcmp(real, "/") != 0 ? "/" : "", base);
	is = base_of(ret->path);
	if (has_slash(path) && strcmp(wanted, is) != 0)
		ret->name = take_ptr(wanted);
	return 0;
}

int cp_local_source(const char *path, bool follow, struct cp_info *ret, struct error *err)
{
	cleanup(cp_info_release) struct cp_info info = { NULL, true, false, NULL };
	cleanup_free char *real = NULL;
	struct stat st;
	int r = follow ? resolve_all(path, &real, err) : resolve_parent(path, &info, err);

	if (r < 0)
		return r;
	if (follow)
		info.path = cp_resolved(path, real, &info.name);
	if (lstat(info.path, &st) < 0)
		return tell(err, "lstat", info.path);
	info.is_dir = S_ISDIR(st.st_mode);
	*ret = info;
	info = (struct cp_info){ NULL, false, false, NULL };
	return 0;
}

/* One step; *path is taken over. */
static int follow_link(char **path, struct error *err)
{
	cleanup_free char *dir = NULL, *base = NULL;
	char target[PATH_MAX];
	ssize_t n = readlink(*path, target, sizeof(target) - 1);

	if (n < 0)
		return tell(err, "readlink", *path);
	target[n] = '\0';
	cp_dir_entry(*path, &dir, &base);
	free(*path);
	*path = path_is_absolute(target) ? xstrdup(target) : path_join(dir, target);
	return 0;
}

static int check_parent(const char *path, struct error *err)
{
	cleanup_free char *dir = NULL, *base = NULL;
	struct stat st;

	cp_dir_entry(path, &dir, &base);
	if (stat(dir, &st) < 0)
		return tell(err, "stat", dir);
	return S_ISDIR(st.st_mode) ? 0 : error_set(err, ERR_INVALID, ENOTDIR, "not a directory");
}

int cp_local_destination(const char *path, struct cp_info *ret, struct error *err)
{
	cleanup_free char *at = xstrdup(path);
	struct stat st = { 0 };
	int r = lstat(at, &st);

	for (int i = 0; r == 0 && S_ISLNK(st.st_mode); i++) {
		if (i > LINKS_MAX)
			return error_set(err, ERR_INVALID, ELOOP, "too many symlinks in %s", path);
		if (follow_link(&at, err) < 0)
			return -EINVAL;
		r = lstat(at, &st);
	}
	if (r < 0 && errno != ENOENT)
		return tell(err, "lstat", at);
	if (r < 0 && check_parent(at, err) < 0)
		return -EINVAL;
	*ret = (struct cp_info){ take_ptr(at), r == 0, r == 0 && S_ISDIR(st.st_mode), NULL };
	return 0;
}

int cp_place(const struct cp_info *from, const struct cp_info *to, char **ret_dir, char **ret_name,
	     struct error *err)
{
	cleanup_free char *dir = NULL, *base = NULL, *source_dir = NULL, *source = NULL;

	cp_dir_entry(to->path, &dir, &base);
	cp_dir_entry(from->path, &source_dir, &source);
	if (to->exists && to->is_dir) {
		*ret_dir = xstrdup(to->path);
		*ret_name = from->name ? xstrdup(from->name) : take_ptr(source);
		return 0;
	}
	if (to->exists && from->is_dir)
		return error_set(err, ERR_INVALID, EISDIR, "cannot copy directory");
	if (!to->exists && !from->is_dir && (has_slash(to->path) || is_current_dir(to->path)))
		return error_set(err, ERR_INVALID, ENOENT, "no such directory");
	*ret_dir = take_ptr(dir);
	*ret_name = take_ptr(base);
	return 0;
}
