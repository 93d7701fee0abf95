/* SPDX-License-Identifier: Apache-2.0 */
/* Small whole files, directory trees made and removed on fds. */
#include "sys/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "sys/fd.h"

int file_read_at(int dirfd, const char *name, size_t max, char **ret_data, size_t *ret_len)
{
	int fd cleanup_fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);

	if (fd < 0)
		return -errno;
	return fd_read_all(fd, max, ret_data, ret_len);
}

int file_put_at(int dirfd, const char *name, const char *data)
{
	int fd cleanup_fd = openat(dirfd, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
	size_t len = strlen(data);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, data, len);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

static int write_and_rename(int dirfd, const char *temp, const char *name, const void *data,
			    size_t len, mode_t mode)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
	int fd cleanup_fd = openat(dirfd, temp, flags, mode);
	int r;

	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, data, len);
	if (r < 0)
		return r;
	return renameat(dirfd, temp, dirfd, name) < 0 ? -errno : 0;
}

int file_replace_at(int dirfd, const char *name, const void *data, size_t len, mode_t mode)
{
	char *temp cleanup_free = xasprintf("%s.new.%d", name, (int)getpid());
	int r;

	r = write_and_rename(dirfd, temp, name, data, len, mode);
	if (r == -EEXIST) { /* left by a process of our pid that was killed here */
		(void)unlinkat(dirfd, temp, 0);
		r = write_and_rename(dirfd, temp, name, data, len, mode);
	}
	if (r < 0)
		(void)unlinkat(dirfd, temp, 0);
	return r;
}

int dir_make_all_at(int dirfd, const char *path, mode_t mode)
{
	char *copy cleanup_free = xstrdup(path);

	if (mkdirat(dirfd, path, mode) == 0 || errno == EEXIST)
		return 0;
	if (errno != ENOENT)
		return -errno;
	for (char *p = strchr(copy + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdirat(dirfd, copy, mode) < 0 && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	return mkdirat(dirfd, path, mode) < 0 && errno != EEXIST ? -errno : 0;
}

int fs_sync(int fd)
{
	return syncfs(fd) < 0 ? -errno : 0;
}

int dir_sync_at(int dirfd, const char *name)
{
	int fd cleanup_fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int remove_children(int dirfd, dev_t dev);

/* One entry: a file is unlinked, a directory emptied first. An attempt to unlink tells which it
 * is. */
static int remove_entry(int parent, const char *name, dev_t dev)
{
	int fd cleanup_fd = -1;
	struct stat st;
	int r;

	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_dev != dev)
		return -EXDEV;
	r = remove_children(fd, dev);
	if (r < 0)
		return r;
	return unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}

static void close_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

static int remove_children(int dirfd, dev_t dev)
{
	int copy cleanup_fd = fcntl(dirfd, F_DUPFD_CLOEXEC, 3);
	DIR *dir cleanup(close_dir) = NULL;
	struct dirent *entry;

	if (copy < 0)
		return -errno;
	dir = fdopendir(copy);
	if (!dir)
		return -errno;
	(void)take_fd(&copy); /* dir owns it now */
	while (errno = 0, (entry = readdir(dir))) {
		int r;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		r = remove_entry(dirfd, entry->d_name, dev);
		if (r < 0)
			return r;
	}
	return -errno;
}

int dir_remove_all_at(int dirfd, const char *name)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	return remove_entry(dirfd, name, st.st_dev);
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int dir_names(int fd, char ***ret)
{
	cleanup_fd int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_free char **names = NULL;
	size_t n = 0, cap = 0;
	struct dirent *entry;
	DIR *dir = own < 0 ? NULL : fdopendir(own);
	int r;

	if (!dir)
		return -errno;
	(void)take_fd(&own); /* dir has it now */
	while (errno = 0, (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (n + 1 >= cap) {
			cap = cap ? 2 * cap : 32;
			names = xrealloc(names, cap, sizeof(*names));
		}
		names[n++] = xstrdup(entry->d_name);
	}
	r = -errno;
	(void)closedir(dir);
	if (!names)
		names = xcalloc(1, sizeof(*names));
	names[n] = NULL;
	if (r < 0) {
		strv_free(take_ptr(names));
		return r;
	}
	qsort(names, n, sizeof(*names), compare_strings);
	*ret = take_ptr(names);
	return 0;
}
