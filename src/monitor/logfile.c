/* SPDX-License-Identifier: Apache-2.0 */
/* The log file: between stdio (which reads the container's output) and engine/logs. */
#include "monitor/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "sys/fd.h"
#include "wire/json-log.h"

/* Records are gathered to OUT_FLUSH; the longest (all escaped) fits behind that. Allocated as one
 * piece, which is a mapping of its own: only the pages that are used count. */
enum { OUT_FLUSH = 32 * 1024, OUT_ROOM = OUT_FLUSH + 7 * JSON_LOG_PIECE_MAX, LOG_MODE = 0640 };

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
	/* A monitor that was killed may have left half a record: begin on a line of its own. */
	if (st.st_size > 0 && pread(log->fd, &last, 1, st.st_size - 1) == 1 && last != '\n')
		ignore_result(fd_write_all(log->fd, "\n", 1));
	return 0;
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
	if (strcmp(args->log_driver, "json-file") != 0)
		return error_set(err, ERR_INVALID, 0, "unknown log driver %s", args->log_driver);
	slash = strrchr(args->log_path, '/');
	dir = slash ? xstrndup(args->log_path, (size_t)(slash - args->log_path) + 1) : xstrdup(".");
	log.dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (log.dirfd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open log directory %s", dir);
	log.name = slash ? slash + 1 : args->log_path;
	log.max_size = args->log_max_size;
	log.max_file = args->log_max_file;
	r = open_file(&log, 0);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "open log file %s", args->log_path);
	*ret = log;
	log = (struct logfile)LOGFILE_INIT;
	return 0;
}

static void write_out(struct logfile *log)
{
	if (log->torn && log->fd >= 0)
		log->torn = fd_write_all(log->fd, "\n", 1) < 0;
	if (log->out.len > 0 && log->fd >= 0 && !log->torn)
		log->torn = fd_write_all(log->fd, log->out.data, log->out.len) < 0;
	log->size += (int64_t)log->out.len;
	strbuf_reset(&log->out);
}

/* NAME.(n-2) -> NAME.(n-1), …, NAME -> NAME.1; with a single file, begin it anew. */
static void rotate(struct logfile *log)
{
	write_out(log);
	for (unsigned int i = log->max_file - 1; i >= 1 && log->max_file > 1; i--) {
		cleanup_free char *to = xasprintf("%s.%u", log->name, i);
		cleanup_free char *from = xasprintf("%s.%u", log->name, i - 1);

		(void)renameat(log->dirfd, i > 1 ? from : log->name, log->dirfd, to);
	}
	if (open_file(log, log->max_file > 1 ? 0 : O_TRUNC) < 0)
		macros_close_fd(&log->fd); /* a full disk: logfile_write tries again */
}

static void add_record(struct logfile *log, int stream, const char *text, size_t len, bool newline,
		       const char *time)
{
	if (log->max_size > 0 && log->size + (int64_t)log->out.len >= log->max_size)
		rotate(log);
	if (!log->out.data)
		strbuf_reserve(&log->out, OUT_ROOM);
	json_log_encode(&log->out, text, len, newline, stream, time);
	if (log->out.len >= OUT_FLUSH)
		write_out(log);
}

/* Where to cut a long line, at most len, so that no UTF-8 sequence is cut in two. */
static size_t cut_point(const char *data, size_t len)
{
	size_t back = 0;

	while (back < 3 && back < len && ((unsigned char)data[len - 1 - back] & 0xc0) == 0x80)
		back++;
	if (back < len && (unsigned char)data[len - 1 - back] >= 0xc0 &&
	    utf8_sequence(data + len - 1 - back, back + 1) == 0)
		return len - 1 - back > 0 ? len - 1 - back : len;
	return len;
}

/* Write out the tail's full pieces, and with its newline the rest of it. */
static void add_tail(struct logfile *log, int stream, const char *data, size_t len, bool newline,
		     const char *time)
{
	struct log_tail *tail = &log->tails[stream - 1];

	if (!tail->data)
		tail->data = xmalloc(JSON_LOG_PIECE_MAX);
	while (len > 0 || tail->len == JSON_LOG_PIECE_MAX) {
		size_t room = JSON_LOG_PIECE_MAX - tail->len, n = len < room ? len : room, cut;

		if (n > 0)
			memcpy(tail->data + tail->len, data, n);
		tail->len += n;
		data += n;
		len -= n;
		if (tail->len < JSON_LOG_PIECE_MAX)
			break;
		cut = cut_point(tail->data, tail->len);
		add_record(log, stream, tail->data, cut, false, time);
		memmove(tail->data, tail->data + cut, tail->len - cut);
		tail->len -= cut;
	}
	if (newline) {
		add_record(log, stream, tail->data, tail->len, true, time);
		tail->len = 0;
	}
}

void logfile_write(struct logfile *log, int stream, const char *data, size_t len)
{
	cleanup(strbuf_release) struct strbuf time = STRBUF_INIT;

	if (log->dirfd < 0 || len == 0)
		return;
	clock_format(clock_now(), &time);
	while (len > 0) {
		const char *newline = memchr(data, '\n', len);
		size_t n = newline ? (size_t)(newline - data) : len;

		if (newline && log->tails[stream - 1].len == 0 && n < JSON_LOG_PIECE_MAX)
			add_record(log, stream, data, n, true, time.data);
		else
			add_tail(log, stream, data, n, newline != NULL, time.data);
		n += newline != NULL;
		data += n;
		len -= n;
	}
	if (log->fd < 0 && open_file(log, 0) < 0)
		macros_close_fd(&log->fd); /* still no room: these lines are lost */
	write_out(log);
}

void logfile_flush(struct logfile *log)
{
	cleanup(strbuf_release) struct strbuf time = STRBUF_INIT;

	if (log->dirfd < 0)
		return;
	clock_format(clock_now(), &time);
	for (int stream = 1; stream <= 2; stream++) {
		struct log_tail *tail = &log->tails[stream - 1];

		if (tail->len > 0)
			add_record(log, stream, tail->data, tail->len, false, time.data);
		tail->len = 0;
	}
	write_out(log);
}

void logfile_release(struct logfile *log)
{
	if (!log)
		return;
	macros_close_fd(&log->fd);
	macros_close_fd(&log->dirfd);
	free(log->tails[0].data);
	free(log->tails[1].data);
	strbuf_release(&log->out);
	*log = (struct logfile)LOGFILE_INIT;
}
