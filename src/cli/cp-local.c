/* SPDX-License-Identifier: Apache-2.0 */
/* cp's archives, made and taken apart on this side. */
#include "cli/cp-local.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/parse.h"
#include "cli/cp-path.h"
#include "layer/pack.h"
#include "layer/unpack.h"
#include "sys/fd.h"
#include "sys/path.h"
#include "sys/process.h"

enum { PIECE = 256 * 1024, TOLD_NS = 75 * 1000 * 1000, RESULT_MAX = 64 * 1024, WALK_FDS = 32 };

void cp_meter_begin(struct cp_meter *meter, const char *header)
{
	*meter = (struct cp_meter){ .header = header, .terminal = isatty(STDERR_FILENO) };
}

void cp_meter_add(struct cp_meter *meter, size_t len)
{
	cleanup(strbuf_release) struct strbuf size = STRBUF_INIT;
	int64_t now = clock_monotonic();

	meter->total += (int64_t)len;
	if (!meter->header || !meter->terminal || now - meter->last < TOLD_NS)
		return;
	meter->last = now;
	size_human_short((double)meter->total, &size);
	fprintf(stderr, "\r\033[K%s%s", meter->header, strbuf_str(&size));
}

void cp_meter_end(struct cp_meter *meter)
{
	if (meter->header && meter->terminal)
		(void)fputs("\r\033[K", stderr);
}

struct pack_sink {
	int fd;
	struct cp_meter *meter;
};

static int write_to(void *arg, const void *data, size_t len)
{
	struct pack_sink *sink = arg;
	int r = fd_write_all(sink->fd, data, len);

	if (r >= 0)
		cp_meter_add(sink->meter, len);
	return r;
}

static int pack_all(struct packer *packer, const char *path, const char *name, struct error *err)
{
	cleanup_free char *dir = NULL, *base = NULL;
	struct pack_item item = { .path = name, .dirfd = AT_FDCWD };
	cleanup_fd int parent = -1, fd = -1;
	int r;

	cp_dir_entry(path, &dir, &base);
	parent = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return error_set(err, ERR_SYSTEM, errno, "open %s", dir);
	item.dirfd = parent;
	item.name = strcmp(base, "/") == 0 ? "." : base;
	if (strcmp(name, "/") == 0)
		item.path = ".";
	r = pack_item(packer, &item, err);
	if (r < 0)
		return r;
	fd = openat(parent, item.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno != ENOTDIR && errno != ELOOP)
		return error_set(err, ERR_SYSTEM, errno, "open %s", path);
	r = fd < 0 ? 0 : pack_dir(packer, fd, item.path, err);
	return r < 0 ? r : pack_end(packer, err);
}

/* In the child. */
static _Noreturn void pack(const char *path, const char *name, struct pack_sink *sink,
			   int result_fd)
{
	cleanup(strbuf_release) struct strbuf result = STRBUF_INIT;
	struct error err = ERROR_INIT;
	struct packer packer;
	int r;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGPIPE, SIG_DFL); /* the engine takes no more: it says why */
	packer_init(&packer, write_to, sink);
	r = pack_all(&packer, path, name, &err);
	if (r < 0)
		strbuf_adds(&result, error_text(&err));
	else
		strbuf_addf(&result, "ok %lld", (long long)sink->meter->total);
	ignore_result(fd_write_all(result_fd, result.data, result.len)); /* or nobody waits */
	_exit(r < 0);
}

int cp_packer_start(const char *path, const char *name, struct cp_meter *meter,
		    struct cp_packer *ret, struct error *err)
{
	cleanup_fd int read_fd = -1, write_fd = -1, result_read = -1, result_write = -1;
	int r = fd_pipe(&read_fd, &write_fd);
	pid_t pid;

	if (r >= 0)
		r = fd_pipe(&result_read, &result_write);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "make a pipe");
	pid = fork();
	if (pid < 0)
		return error_set(err, ERR_SYSTEM, errno, "fork");
	if (pid == 0) {
		struct pack_sink sink = { write_fd, meter };

		(void)close(read_fd);
		pack(path, name, &sink, result_write);
	}
	*ret = (struct cp_packer){ process_pidfd(pid), take_fd(&read_fd), take_fd(&result_read) };
	return 0;
}

int cp_packer_end(struct cp_packer *packer, struct cp_meter *meter, struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len = 0;
	int r;

	macros_close_fd(&packer->fd); /* when the engine took no more of it */
	packer->fd = -1;
	r = fd_read_all(packer->result_fd, RESULT_MAX, &text, &len);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "pack the files");
	if (len == 0) /* by SIGPIPE, or killed: then the engine said why */
		return 0;
	if (strncmp(text, "ok ", 3) != 0)
		return error_set(err, ERR_SYSTEM, 0, "%s", text);
	return parse_i64(text + 3, &meter->total) < 0 ? error_set(err, ERR_SYSTEM, 0, "pack") : 0;
}

void cp_packer_release(struct cp_packer *packer)
{
	int status;

	macros_close_fd(&packer->fd);
	macros_close_fd(&packer->result_fd);
	if (packer->pidfd >= 0) {
		ignore_result(process_signal(packer->pidfd, SIGKILL));
		ignore_result(process_wait(packer->pidfd, &status));
	}
	macros_close_fd(&packer->pidfd);
	*packer = (struct cp_packer)CP_PACKER_INIT;
}

struct unpack_source {
	struct client_stream *stream;
	struct cp_meter *meter;
	uint8_t *buf;
};

static int next_chunk(void *arg, const uint8_t **ret_data, size_t *ret_len, struct error *err)
{
	struct unpack_source *source = arg;
	ssize_t n = http_client_read(&source->stream->http, source->buf, PIECE, err);

	if (n < 0)
		return (int)n;
	cp_meter_add(source->meter, (size_t)n);
	*ret_data = source->buf;
	*ret_len = (size_t)n;
	return 0;
}

int cp_unpack(const struct cp_unpack *opts, struct client_stream *stream, struct error *err)
{
	cleanup_fd int dirfd = open(opts->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_free uint8_t *buf = xmalloc(PIECE);
	cleanup_free char *shown = path_clean(opts->dir);
	struct unpack_source source = { stream, opts->meter, buf };
	const struct unpack_shared into = {
		.rootfd = dirfd,
		.dest = "",
		.shown = shown,
		.keep_kinds = true,
		.own = true,
		.uid = geteuid(),
		.gid = getegid(),
		.from = opts->from,
		.to = opts->name,
	};
	struct tar_reader reader;

	if (dirfd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open %s", opts->dir);
	tar_reader_init(&reader, next_chunk, &source);
	return unpack_shared(&into, &reader, err);
}

static int64_t content_total; /* nftw has no argument of the caller's */

static int add_size(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	if (type == FTW_F && S_ISREG(st->st_mode))
		content_total += st->st_size;
	return 0;
}

int64_t cp_content_size(const char *path)
{
	content_total = 0;
	(void)nftw(path, add_size, WALK_FDS, FTW_PHYS);
	return content_total;
}
