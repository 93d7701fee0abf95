/* SPDX-License-Identifier: Apache-2.0 */
/* Finding and opening a log's files. */
#include "engine/log-files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "sys/process.h"

enum { SAME_BYTES = 512 };

void log_files_release(struct log_files *files)
{
	macros_close_fd(&files->dirfd);
	free(files->name);
	free(files->program);
	*files = (struct log_files)LOG_FILES_INIT;
}

/* Without a name, beside the log where that can be. */
static int make_temporary(const struct log_files *files)
{
	int fd = openat(files->dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		fd = memfd_create("log", MFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int decompress(const struct log_files *files, const char *name)
{
	cleanup_fd int in = openat(files->dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	cleanup_fd int out = in < 0 ? -1 : make_temporary(files), pidfd = -1;
	char program[] = "hoy-log", mode[] = "decompress";
	char *argv[] = { program, mode, NULL };
	const struct fd_map fds[] = { { in, 0 }, { out, 1 } };
	int r, status;

	if (in < 0)
		return -errno;
	if (out < 0)
		return out;
	r = process_spawn(
		&(struct spawn){ .file = files->program, .argv = argv, .fds = fds, .n_fds = 2 },
		&pidfd, NULL);
	if (r >= 0)
		r = process_wait(pidfd, &status);
	if (r < 0)
		return r;
	/* What a damaged file gave up to there is shown. */
	return take_fd(&out);
}

int log_files_open(const struct log_files *files, unsigned int index)
{
	cleanup_free char *numbered = index ? xasprintf("%s.%u", files->name, index) : NULL;
	cleanup_free char *compressed = index ? xasprintf("%s.gz", numbered) : NULL;
	int fd = openat(files->dirfd, numbered ? numbered : files->name,
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd >= 0)
		return fd;
	return errno == ENOENT && compressed ? decompress(files, compressed) : -errno;
}

static bool exists(const struct log_files *files, unsigned int index)
{
	cleanup_free char *name = xasprintf("%s.%u", files->name, index);
	cleanup_free char *compressed = xasprintf("%s.gz", name);

	return faccessat(files->dirfd, name, F_OK, 0) == 0 ||
	       faccessat(files->dirfd, compressed, F_OK, 0) == 0;
}

int log_files_open_oldest(const struct log_files *files)
{
	unsigned int index = 0;
	int fd;

	while (index < LOG_FILES_MAX && exists(files, index + 1))
		index++;
	do
		fd = log_files_open(files, index);
	while (fd == -ENOENT && index-- > 0); /* it was deleted just now */
	return fd;
}

/* The same file, or what was compressed of it: a log's first bytes have a time in them. */
static bool is_same(int a, int b)
{
	char data[2][SAME_BYTES];
	struct stat st[2];
	ssize_t n;

	if (fstat(a, &st[0]) < 0 || fstat(b, &st[1]) < 0)
		return false;
	if (st[0].st_dev == st[1].st_dev && st[0].st_ino == st[1].st_ino)
		return true;
	n = pread(a, data[0], SAME_BYTES, 0);
	return st[0].st_size == st[1].st_size && n > 0 && pread(b, data[1], SAME_BYTES, 0) == n &&
	       memcmp(data[0], data[1], (size_t)n) == 0;
}

int log_files_open_newer(const struct log_files *files, int fd)
{
	cleanup_fd int newer = -1;

	for (unsigned int index = 0; index < LOG_FILES_MAX; index++) {
		cleanup_fd int other = log_files_open(files, index);

		if (other < 0 && index > 0)
			break; /* ours was deleted: go on with the oldest there is */
		if (other < 0)
			continue; /* between two renames of a rotation */
		if (fd >= 0 && is_same(fd, other))
			break;
		macros_close_fd(&newer);
		newer = take_fd(&other);
	}
	return newer >= 0 ? take_fd(&newer) : -ENOENT;
}
