/* SPDX-License-Identifier: Apache-2.0 */
/* openat2 with named policies, and lexical path helpers. */
#include "sys/path.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/strbuf.h"

int path_open(int rootfd, const char *path, int flags, mode_t mode, uint64_t lookup)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned int)(flags | O_CLOEXEC),
		.mode = flags & (O_CREAT | __O_TMPFILE) ? mode : 0,
		.resolve = lookup,
	};
	long fd;

	do /* EAGAIN: a rename raced with ".."; retrying is safe */
		fd = syscall(SYS_openat2, rootfd, path, &how, sizeof(how));
	while (fd < 0 && (errno == EAGAIN || errno == EINTR));
	return fd < 0 ? -errno : (int)fd;
}

enum { DIR_FLAGS = O_PATH | O_DIRECTORY };

/* path up to the component that is missing: everything before it exists and resolves inside the
 * root. */
static int make_component(int rootfd, const char *parent, const char *name, mode_t mode)
{
	int dir cleanup_fd = path_open(rootfd, parent, DIR_FLAGS, 0, LOOKUP_IN_ROOT);

	if (dir < 0)
		return dir;
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return 0;
	return mkdirat(dir, name, mode) < 0 && errno != EEXIST ? -errno : 0;
}

int path_mkdir_all(int rootfd, const char *path, mode_t mode)
{
	char *copy cleanup_free = xasprintf("./%s", path);
	char *slash = copy + 1;
	int fd = path_open(rootfd, copy, DIR_FLAGS, 0, LOOKUP_IN_ROOT);

	if (fd != -ENOENT)
		return fd;
	while (slash) {
		char *name = slash + strspn(slash, "/");
		char *next = strchr(name, '/');
		int r;

		if (!*name)
			break;
		if (next)
			*next = '\0';
		*slash = '\0';
		r = make_component(rootfd, copy, name, mode);
		if (r < 0)
			return r;
		memset(slash, '/', (size_t)(name - slash));
		if (next)
			*next = '/';
		slash = next;
	}
	return path_open(rootfd, copy, DIR_FLAGS, 0, LOOKUP_IN_ROOT);
}

bool path_is_absolute(const char *path)
{
	return path[0] == '/';
}

/* Drop the last component of out (never below floor), as ".." asks. */
static bool pop_component(struct strbuf *out, size_t floor)
{
	size_t len = out->len;

	if (len <= floor)
		return false;
	while (len > floor && out->data[len - 1] != '/')
		len--;
	if (!strcmp(out->data + len, ".."))
		return false;
	if (len > floor)
		len--;
	out->len = len;
	out->data[len] = '\0';
	return true;
}

char *path_clean(const char *path)
{
	bool absolute = path_is_absolute(path);
	struct strbuf out = STRBUF_INIT;
	size_t floor = absolute ? 1 : 0;

	if (absolute)
		strbuf_addc(&out, '/');
	while (*path) {
		size_t len = strcspn(path, "/");
		bool up = len == 2 && path[0] == '.' && path[1] == '.';

		if (len && !(len == 1 && path[0] == '.') &&
		    !(up && (pop_component(&out, floor) || absolute))) {
			if (out.len > floor)
				strbuf_addc(&out, '/');
			strbuf_add(&out, path, len);
		}
		path += len;
		path += strspn(path, "/");
	}
	if (out.len == 0)
		strbuf_addc(&out, '.');
	return strbuf_take(&out);
}

char *path_join(const char *a, const char *b)
{
	char *joined cleanup_free = xasprintf("%s/%s", a, b);

	return path_clean(joined);
}
