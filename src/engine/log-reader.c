/* SPDX-License-Identifier: Apache-2.0 */
/* The log's files as one stream: between the monitor's logfile and engine/logs. */
#include "engine/log-reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

enum {
	CHUNK = 64 * 1024,
	LINE_MAX_BYTES = 1024 * 1024, /* a record is a tenth of this at most: more is garbage */
	FILES_MAX = 1000,
};

/* Behind the text of a record that ends a line. Within a text the quote would be escaped. */
static const char line_mark[] = "\\n\",\"stream\"";
enum { MARK_LEN = sizeof(line_mark) - 1 };

static int open_index(const struct log_reader *reader, unsigned int index)
{
	cleanup_free char *numbered = index ? xasprintf("%s.%u", reader->name, index) : NULL;
	int fd = openat(reader->dirfd, numbered ? numbered : reader->name,
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	return fd < 0 ? -errno : fd;
}

static void use_file(struct log_reader *reader, int fd, int64_t offset)
{
	macros_close_fd(&reader->fd);
	reader->fd = fd;
	reader->offset = offset;
	strbuf_reset(&reader->buf);
	reader->pos = 0;
}

/* Search one chunk backwards for marks until *left is used up. Returns the position in the chunk of
 * the mark that was one too many, or -1. */
static ssize_t search_chunk(const char *data, size_t len, int64_t *left)
{
	for (size_t i = len; i >= MARK_LEN; i--) {
		const char *p = data + i - MARK_LEN;

		if (*p != '\\' || memcmp(p, line_mark, MARK_LEN) != 0)
			continue;
		if (*left == 0)
			return p - data;
		(*left)--;
	}
	return -1;
}

/* Where the line behind the record at offset begins. */
static int64_t next_line(int fd, int64_t offset)
{
	char data[512];

	for (;;) {
		ssize_t n = pread(fd, data, sizeof(data), offset);
		const char *end = n > 0 ? memchr(data, '\n', (size_t)n) : NULL;

		if (n <= 0)
			return offset;
		if (end)
			return offset + (end - data) + 1;
		offset += n;
	}
}

/* Where the last *left lines of a file begin, or 0 with *left the number that is missing. */
static int64_t tail_offset(int fd, int64_t *left)
{
	cleanup_free char *data = xmalloc(CHUNK + MARK_LEN);
	struct stat st;
	int64_t begin, end;

	if (fstat(fd, &st) < 0)
		return 0;
	for (end = st.st_size; end > 0; end = begin) {
		/* The chunk reaches a little beyond its end: a mark may lie across. */
		size_t want = (size_t)(end < CHUNK ? end : CHUNK) + MARK_LEN - 1;
		ssize_t n, found;

		begin = end < CHUNK ? 0 : end - CHUNK;
		n = pread(fd, data, want, begin);
		if (n <= 0)
			return 0;
		found = search_chunk(data, (size_t)n, left);
		if (found >= 0)
			return next_line(fd, begin + found);
	}
	return 0;
}

static int begin_at_tail(struct log_reader *reader, int64_t tail)
{
	int64_t left = 0, offset = 0, complete;
	unsigned int index = 0;
	cleanup_fd int fd = open_index(reader, 0);
	struct stat st;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	complete = tail_offset(fd, &left);
	left = tail - (complete < st.st_size); /* a last line without an end is one of them */
	if (left <= 0) {
		use_file(reader, take_fd(&fd), tail > 0 ? complete : st.st_size);
		return 0;
	}
	while ((offset = tail_offset(fd, &left)) == 0 && index < FILES_MAX) {
		int older = open_index(reader, index + 1);

		if (older < 0)
			break;
		macros_close_fd(&fd);
		fd = older;
		index++;
	}
	use_file(reader, take_fd(&fd), offset);
	return 0;
}

static int begin_at_oldest(struct log_reader *reader)
{
	int fd = open_index(reader, 0);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	for (unsigned int index = 1; index < FILES_MAX; index++) {
		int older = open_index(reader, index);

		if (older < 0)
			break;
		macros_close_fd(&fd);
		fd = older;
	}
	use_file(reader, fd, 0);
	return 0;
}

int log_reader_open(const char *dir, const char *name, int64_t tail, struct log_reader *ret)
{
	cleanup(log_reader_release) struct log_reader reader = LOG_READER_INIT;
	int r;

	reader.dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (reader.dirfd < 0)
		return -errno;
	reader.name = xstrdup(name);
	r = tail < 0 ? begin_at_oldest(&reader) : begin_at_tail(&reader, tail);
	if (r < 0)
		return r;
	*ret = reader;
	reader = (struct log_reader)LOG_READER_INIT;
	return 0;
}

/* Open the file that follows the one in use, which may have been renamed meanwhile. -ENOENT. */
static int open_newer(const struct log_reader *reader)
{
	struct stat mine, other;
	int newer = -ENOENT;

	if (reader->fd >= 0 && fstat(reader->fd, &mine) < 0)
		return -errno;
	for (unsigned int index = 0; index < FILES_MAX; index++) {
		cleanup_fd int fd = open_index(reader, index);

		if (fd < 0 && index > 0)
			break; /* ours was deleted: go on with the oldest there is */
		if (fd < 0)
			continue; /* between two renames of a rotation */
		if (fstat(fd, &other) < 0)
			return -errno;
		if (reader->fd >= 0 && other.st_ino == mine.st_ino && other.st_dev == mine.st_dev)
			break;
		if (newer >= 0)
			(void)close(newer);
		newer = take_fd(&fd);
	}
	return newer;
}

/* 1: more was read, 0: end of file. */
static int read_more(struct log_reader *reader)
{
	struct stat st;
	ssize_t n;

	if (reader->fd < 0)
		return 0;
	if (reader->pos > 0) {
		memmove(reader->buf.data, reader->buf.data + reader->pos,
			reader->buf.len - reader->pos);
		reader->buf.len -= reader->pos;
		reader->pos = 0;
	}
	if (reader->buf.len > LINE_MAX_BYTES)
		strbuf_reset(&reader->buf);
	strbuf_reserve(&reader->buf, CHUNK);
	do
		n = pread(reader->fd, reader->buf.data + reader->buf.len, CHUNK, reader->offset);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	reader->offset += n;
	reader->buf.len += (size_t)n;
	if (n > 0)
		return 1;
	if (fstat(reader->fd, &st) == 0 && st.st_size < reader->offset) {
		/* A log of one file began anew. */
		strbuf_reset(&reader->buf);
		reader->offset = 0;
		return st.st_size > 0;
	}
	return 0;
}

/* 1: a whole line was taken from the buffer (record or not), 0: there is none. */
static int take_line(struct log_reader *reader, bool *ret_record)
{
	const char *line = strbuf_str(&reader->buf) + reader->pos;
	size_t len = reader->buf.len - reader->pos;
	const char *end = len > 0 ? memchr(line, '\n', len) : NULL;

	if (!end)
		return 0;
	reader->pos += (size_t)(end - line) + 1;
	*ret_record = json_log_decode(line, (size_t)(end - line), &reader->record) == 0;
	return 1;
}

/* At the end of a file: 1: there is more, here or in the next one, 0: there is none. */
static int go_on(struct log_reader *reader)
{
	cleanup_fd int newer = open_newer(reader);
	int r;

	if (newer < 0)
		return newer == -ENOENT ? 0 : newer;
	/* Now that a next file is there, this one is complete: its last lines first. */
	r = read_more(reader);
	if (r == 0)
		use_file(reader, take_fd(&newer), 0);
	return r < 0 ? r : 1;
}

int log_reader_next(struct log_reader *reader)
{
	for (;;) {
		bool record = false;
		int r = take_line(reader, &record);

		if (record)
			return 1;
		if (r > 0)
			continue;
		r = read_more(reader);
		if (r == 0)
			r = go_on(reader);
		if (r <= 0)
			return r;
	}
}

int log_reader_watch(const struct log_reader *reader, int *ret_fd)
{
	cleanup_fd int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char path[32];

	if (fd < 0)
		return -errno;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", reader->dirfd);
	if (inotify_add_watch(fd, path, IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0)
		return -errno;
	*ret_fd = take_fd(&fd);
	return 0;
}

void log_reader_release(struct log_reader *reader)
{
	if (!reader)
		return;
	macros_close_fd(&reader->fd);
	macros_close_fd(&reader->dirfd);
	free(reader->name);
	strbuf_release(&reader->buf);
	json_log_record_release(&reader->record);
	*reader = (struct log_reader)LOG_READER_INIT;
}
