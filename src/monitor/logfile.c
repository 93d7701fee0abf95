/* SPDX-License-Identifier: Apache-2.0 */
/* The log file: between output-log (which cuts the output into lines) and engine/logs. */
#include "monitor/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "sys/fd.h"
#include "sys/process.h"
#include "wire/local-log.h"

/* Records are gathered to OUT_FLUSH; the longest (all escaped) fits behind that. Allocated as one
 * piece, which is a mapping of its own: only the pages that are used count. */
enum { OUT_FLUSH = 32 * 1024, OUT_ROOM = OUT_FLUSH + 7 * JSON_LOG_PIECE_MAX, LOG_MODE = 0640 };

#define COMPRESSED ".gz"
#define COMPRESSING ".1.gz.new"

/* The length that stands at an offset of a local log, 0: none that can be. */
static uint32_t length_at(const struct logfile *log, int64_t offset)
{
	char data[LOCAL_LOG_LENGTH];

	if (offset < 0 || pread(log->fd, data, sizeof(data), offset) != sizeof(data))
		return 0;
	return local_log_length(data) <= LOCAL_LOG_RECORD_MAX ? local_log_length(data) : 0;
}

/* Both lengths of the record that ends there say the same. */
static bool ends_whole(const struct logfile *log, int64_t end)
{
	uint32_t len = length_at(log, end - LOCAL_LOG_LENGTH);

	return len > 0 && length_at(log, end - LOCAL_LOG_LENGTH * 2 - (int64_t)len) == len;
}

/* A monitor that was killed may have left half a record: what is behind the last whole one goes. */
static int cut_local(struct logfile *log)
{
	int64_t end = 0;
	uint32_t len;

	if (log->size == 0 || ends_whole(log, log->size))
		return 0;
	while ((len = length_at(log, end)) > 0 &&
	       end + LOCAL_LOG_LENGTH * 2 + (int64_t)len <= log->size)
		end += LOCAL_LOG_LENGTH * 2 + (int64_t)len;
	if (ftruncate(log->fd, end) < 0)
		return -errno;
	log->size = end;
	return 0;
}

static int open_file(struct logfile *log, int more_flags)
{
	int flags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | more_flags;
	struct stat st;
	char last = '\n';

	macros_close_fd(&log->fd);
	log->fd = openat(log->dirfd, log->name, flags, LOG_MODE);
	if (log->fd < 0 || fstat(log->fd, &st) < 0)
		return -errno;
	log->size = st.st_size;
	if (log->local)
		return cut_local(log);
	/* Likewise: begin on a line of its own. */
	if (st.st_size > 0 && pread(log->fd, &last, 1, st.st_size - 1) == 1 && last != '\n')
		ignore_result(fd_write_all(log->fd, "\n", 1));
	return 0;
}

static void set_options(const struct monitor_args *args, struct logfile *log)
{
	log->local = strcmp(args->log_driver, "local") == 0;
	log->max_size = args->log_max_size;
	log->max_file = args->log_max_file;
	log->compress = args->log_compress;
	log->attrs = args->log_attrs;
	if (log->attrs && log->local)
		local_log_attrs(&log->local_attrs, log->attrs);
}

int logfile_open(const struct monitor_args *args, struct logfile *ret, struct error *err)
{
	cleanup(logfile_release) struct logfile log = LOGFILE_INIT;
	cleanup_free char *dir = NULL;
	const char *slash;
	int r;

	if (!args->log_driver || strcmp(args->log_driver, "none") == 0) {
		*ret = log;
		return 0;
	}
	if (strcmp(args->log_driver, "json-file") != 0 && strcmp(args->log_driver, "local") != 0)
		return error_set(err, ERR_INVALID, 0, "unknown log driver %s", args->log_driver);
	slash = strrchr(args->log_path, '/');
	dir = slash ? xstrndup(args->log_path, (size_t)(slash - args->log_path) + 1) : xstrdup(".");
	log.dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (log.dirfd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open log directory %s", dir);
	log.name = slash ? slash + 1 : args->log_path;
	set_options(args, &log);
	r = open_file(&log, 0);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "open log file %s", args->log_path);
	*ret = log;
	log = (struct logfile)LOGFILE_INIT;
	return 0;
}

/* A record that was written in part would hide those behind it: a json-file log goes on with a new
 * line, a local one is cut where the record began. */
static void mend(struct logfile *log)
{
	if (log->local)
		log->torn = ftruncate(log->fd, log->size) < 0;
	else
		log->torn = fd_write_all(log->fd, "\n", 1) < 0;
}

static void write_out(struct logfile *log)
{
	bool lost;

	if (log->torn && log->fd >= 0)
		mend(log);
	if (log->out.len > 0 && log->fd >= 0 && !log->torn)
		log->torn = fd_write_all(log->fd, log->out.data, log->out.len) < 0;
	lost = log->local && (log->torn || log->fd < 0);
	if (!lost)
		log->size += (int64_t)log->out.len;
	strbuf_reset(&log->out);
}

static void begin_compression(struct logfile *log)
{
	cleanup_free char *from = xasprintf("%s.1", log->name);
	cleanup_free char *to = xasprintf("%s" COMPRESSING, log->name);
	char name[] = "hoy-log", mode[] = "compress";
	char *argv[] = { name, mode, NULL };
	cleanup_fd int in = openat(log->dirfd, from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	cleanup_fd int out =
		openat(log->dirfd, to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, LOG_MODE);
	const struct fd_map fds[] = { { in, 0 }, { out, 1 } };

	if (in < 0 || out < 0 ||
	    process_spawn(
		    &(struct spawn){ .file = log->compress, .argv = argv, .fds = fds, .n_fds = 2 },
		    &log->compressor, NULL) < 0)
		(void)unlinkat(log->dirfd, to, 0); /* it stays as it is */
}

/* hoy-log has ended: whole is what ends like a gzip file of so many bytes. */
static bool is_whole(const struct logfile *log, const char *from, const char *to)
{
	cleanup_fd int fd = openat(log->dirfd, to, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	unsigned char size[4];
	struct stat st, old;

	return fd >= 0 && fstat(fd, &st) == 0 && fstatat(log->dirfd, from, &old, 0) == 0 &&
	       pread(fd, size, sizeof(size), st.st_size - 4) == 4 &&
	       (size[0] | size[1] << 8 | size[2] << 16 | (uint32_t)size[3] << 24) ==
		       (uint32_t)old.st_size;
}

static void end_compression(struct logfile *log)
{
	cleanup_free char *from = xasprintf("%s.1", log->name);
	cleanup_free char *to = xasprintf("%s" COMPRESSING, log->name);
	cleanup_free char *done = xasprintf("%s.1" COMPRESSED, log->name);

	macros_close_fd(&log->compressor);
	if (is_whole(log, from, to) && renameat(log->dirfd, to, log->dirfd, done) == 0)
		(void)unlinkat(log->dirfd, from, 0);
	else
		(void)unlinkat(log->dirfd, to, 0);
}

/* The pidfd is readable when it has ended, reaped or not. */
static void wait_for_compression(struct logfile *log, int timeout)
{
	struct pollfd pfd = { .fd = log->compressor, .events = POLLIN };

	if (log->compressor >= 0 && poll(&pfd, 1, timeout) > 0)
		end_compression(log);
}

void logfile_reap(struct logfile *log)
{
	wait_for_compression(log, 0);
}

static void move(struct logfile *log, unsigned int from, unsigned int to, const char *suffix)
{
	cleanup_free char *new_name = xasprintf("%s.%u%s", log->name, to, suffix);
	cleanup_free char *old_name = xasprintf("%s.%u%s", log->name, from, suffix);

	if (from == 0)
		(void)renameat(log->dirfd, log->name, log->dirfd, new_name);
	else
		(void)renameat(log->dirfd, old_name, log->dirfd, new_name);
}

/* The last of them goes, compressed or not. */
static void drop_last(struct logfile *log)
{
	cleanup_free char *name = xasprintf("%s.%u", log->name, log->max_file - 1);
	cleanup_free char *compressed = xasprintf("%s" COMPRESSED, name);

	(void)unlinkat(log->dirfd, name, 0);
	(void)unlinkat(log->dirfd, compressed, 0);
}

/* NAME.(n-2) -> NAME.(n-1), …, NAME -> NAME.1; with a single file, begin it anew. */
static void rotate(struct logfile *log)
{
	write_out(log);
	wait_for_compression(log, -1);
	if (log->max_file > 1)
		drop_last(log);
	for (unsigned int i = log->max_file - 1; i >= 1 && log->max_file > 1; i--) {
		move(log, i - 1, i, "");
		if (i > 1)
			move(log, i - 1, i, COMPRESSED);
	}
	if (open_file(log, log->max_file > 1 ? 0 : O_TRUNC) < 0)
		macros_close_fd(&log->fd); /* a full disk: logfile_write tries again */
	if (log->compress && log->max_file > 1)
		begin_compression(log);
}

/* The part of a line that this piece is; NULL: it is a whole line. */
static const struct local_log_part *part_of(struct logfile *log, const struct log_piece *piece)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char random[LOCAL_LOG_ID / 2];
	struct local_log_part *part;

	if (piece->ends && !piece->continued)
		return NULL;
	if (!log->parts)
		log->parts = xcalloc(2, sizeof(*log->parts));
	part = &log->parts[piece->stream - 1];
	if (piece->continued) {
		part->ordinal++;
		return part;
	}
	part->ordinal = 1;
	/* It only tells lines apart: fewer random bytes do no harm. */
	if (getrandom(random, sizeof(random), GRND_NONBLOCK) < 0)
		memset(random, 0, sizeof(random));
	for (size_t i = 0; i < LOCAL_LOG_ID; i++)
		part->id[i] = hex[i % 2 ? random[i / 2] & 15 : random[i / 2] >> 4];
	return part;
}

void logfile_add(struct logfile *log, const struct log_piece *piece)
{
	if (log->dirfd < 0)
		return;
	if (log->max_size > 0 && log->size + (int64_t)log->out.len >= log->max_size)
		rotate(log);
	if (!log->out.data)
		strbuf_reserve(&log->out, OUT_ROOM);
	if (log->local)
		local_log_encode(&log->out, piece->text, piece->len, piece->ends, piece->stream,
				 piece->time, part_of(log, piece), &log->local_attrs);
	else
		json_log_encode(&log->out, piece->text, piece->len, piece->ends, piece->stream,
				piece->time_str, log->attrs);
	if (log->out.len >= OUT_FLUSH)
		write_out(log);
}

void logfile_write(struct logfile *log)
{
	if (log->dirfd < 0)
		return;
	if (log->fd < 0 && open_file(log, 0) < 0)
		macros_close_fd(&log->fd); /* still no room: these lines are lost */
	write_out(log);
}

void logfile_release(struct logfile *log)
{
	if (!log)
		return;
	wait_for_compression(log, -1);
	macros_close_fd(&log->fd);
	macros_close_fd(&log->dirfd);
	free(log->parts);
	strbuf_release(&log->local_attrs);
	strbuf_release(&log->out);
	*log = (struct logfile)LOGFILE_INIT;
}
