/* SPDX-License-Identifier: Apache-2.0 */
/* Receiving archives: into a file that gets its name when it is whole. */
#include "cli/archive-out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sys/fd.h"

enum { PIECE = 256 * 1024 };

static int check_path(const char *path, const char *what, struct error *err)
{
	const char *slash = strrchr(path, '/');
	cleanup_free char *dir = slash ? xstrndup(path, slash > path ? (size_t)(slash - path) : 1)
				       : xstrdup(".");
	struct stat st;

	if (stat(dir, &st) < 0)
		return error_set(err, ERR_INVALID, 0, "%s: invalid output path: stat %s: %s", what,
				 dir,
				 errno == ENOENT ? "no such file or directory" : strerror(errno));
	if (stat(path, &st) < 0)
		return 0;
	if (S_ISDIR(st.st_mode))
		return error_set(err, ERR_INVALID, 0, "%s: cannot write to a directory", what);
	if (S_ISCHR(st.st_mode))
		return error_set(err, ERR_INVALID, 0, "%s: cannot write to a character device file",
				 what);
	if (S_ISBLK(st.st_mode))
		return error_set(err, ERR_INVALID, 0, "%s: cannot write to a device", what);
	return 0;
}

static int copy_stream(struct client_stream *stream, int fd, const char *where, struct error *err)
{
	cleanup_free char *buf = xmalloc(PIECE);

	for (;;) {
		ssize_t n = http_client_read(&stream->http, buf, PIECE, err);
		int r;

		if (n <= 0)
			return (int)n;
		r = fd_write_all(fd, buf, (size_t)n);
		if (r == -EPIPE && fd == STDOUT_FILENO)
			command_die_of_pipe();
		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "write %s", where);
	}
}

/* A file without a name, so that nothing is left of a command that is interrupted. On file systems
 * without such: one with a name, *ret_temp. */
static int open_unnamed(const char *path, char **ret_temp)
{
	const char *slash = strrchr(path, '/');
	cleanup_free char *dir = slash ? xstrndup(path, slash > path ? (size_t)(slash - path) : 1)
				       : xstrdup(".");
	int fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);

	*ret_temp = xasprintf("%s.%d.part", path, (int)getpid());
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT))
		fd = open(*ret_temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	return fd < 0 ? -errno : fd;
}

static int give_name(int fd, const char *temp, const char *path)
{
	cleanup_free char *self = xasprintf("/proc/self/fd/%d", fd);
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_nlink == 0 && linkat(AT_FDCWD, self, AT_FDCWD, temp, AT_SYMLINK_FOLLOW) < 0)
		return -errno;
	return rename(temp, path) < 0 ? -errno : 0;
}

static int receive_file(struct client_stream *stream, const char *path, struct error *err)
{
	cleanup_free char *temp = NULL;
	cleanup_fd int fd = open_unnamed(path, &temp);
	int r;

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, -fd, "create %s", path);
	r = copy_stream(stream, fd, path, err);
	if (r >= 0) {
		r = give_name(fd, temp, path);
		if (r < 0)
			r = error_set(err, ERR_SYSTEM, -r, "create %s", path);
	}
	if (r < 0)
		(void)unlink(temp);
	return r;
}

int archive_stream(struct cli *cli, const char *target, struct error *err)
{
	cleanup(client_stream_release) struct client_stream stream = CLIENT_STREAM_INIT;
	const struct client_call call = { .method = "GET", .target = target };
	int r = client_stream_open(&cli->client, &call, &stream, err);

	return r < 0 ? r : copy_stream(&stream, STDOUT_FILENO, "to standard output", err);
}

int archive_receive(struct cli *cli, const char *target, const char *path, const char *what,
		    struct error *err)
{
	cleanup(client_stream_release) struct client_stream stream = CLIENT_STREAM_INIT;
	const struct client_call call = { .method = "GET", .target = target };
	bool to_file = path && *path;
	int r = 0;

	if (to_file)
		r = check_path(path, what, err);
	else if (isatty(STDOUT_FILENO))
		r = error_set(
			err, ERR_INVALID, 0,
			"cowardly refusing to save to a terminal. Use the -o flag or redirect");
	if (r >= 0)
		r = client_stream_open(&cli->client, &call, &stream, err);
	if (r < 0)
		return r;
	return to_file ? receive_file(&stream, path, err)
		       : copy_stream(&stream, STDOUT_FILENO, "to standard output", err);
}
