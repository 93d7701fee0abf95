/* SPDX-License-Identifier: Apache-2.0 */
/* The log's files as one stream: between the monitor's logfile and engine/logs. */
#include "engine/log-reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "wire/local-log.h"

enum {
	CHUNK = 64 * 1024,
	LINE_MAX_BYTES = LOCAL_LOG_RECORD_MAX + CHUNK, /* a record is a tenth of it at most */
};

static void use_file(struct log_reader *reader, int fd, int64_t offset)
{
	macros_close_fd(&reader->fd);
	reader->fd = fd;
	reader->offset = offset;
	strbuf_reset(&reader->buf);
	reader->pos = 0;
}

static int begin_at_tail(struct log_reader *reader, int64_t tail)
{
	int64_t left = 0, offset = 0, complete;
	unsigned int index = 0;
	cleanup_fd int fd = log_files_open(&reader->files, 0);
	struct stat st;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	complete = log_tail_offset(&reader->files, fd, &left);
	left = tail - (complete < st.st_size); /* a last line without an end is one of them */
	if (left <= 0) {
		use_file(reader, take_fd(&fd), tail > 0 ? complete : st.st_size);
		return 0;
	}
	while ((offset = log_tail_offset(&reader->files, fd, &left)) == 0 &&
	       index < LOG_FILES_MAX) {
		int older = log_files_open(&reader->files, index + 1);

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
	int fd = log_files_open_oldest(&reader->files);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	use_file(reader, fd, 0);
	return 0;
}

int log_reader_open(const struct log_source *source, int64_t tail, struct log_reader *ret)
{
	cleanup(log_reader_release) struct log_reader reader = LOG_READER_INIT;
	struct log_files *files = &reader.files;
	int r;

	files->dirfd = open(source->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (files->dirfd < 0)
		return -errno;
	files->name = xstrdup(source->name);
	files->program = xstrdup(source->program);
	files->local = source->local;
	r = tail < 0 ? begin_at_oldest(&reader) : begin_at_tail(&reader, tail);
	if (r < 0)
		return r;
	*ret = reader;
	reader = (struct log_reader)LOG_READER_INIT;
	return 0;
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

/* Behind what is no record nothing can be found: on to the end of the file. */
static void skip_file(struct log_reader *reader)
{
	struct stat st;

	strbuf_reset(&reader->buf);
	reader->pos = 0;
	if (fstat(reader->fd, &st) == 0 && st.st_size > reader->offset)
		reader->offset = st.st_size;
}

static int take_local(struct log_reader *reader, bool *ret_record)
{
	const char *data = strbuf_str(&reader->buf) + reader->pos;
	size_t left = reader->buf.len - reader->pos, len;

	if (left < LOCAL_LOG_LENGTH)
		return 0;
	len = local_log_length(data);
	if (len > LOCAL_LOG_RECORD_MAX) {
		skip_file(reader);
		return 0;
	}
	if (left < len + 2 * (size_t)LOCAL_LOG_LENGTH)
		return 0;
	reader->pos += len + 2 * (size_t)LOCAL_LOG_LENGTH;
	*ret_record = local_log_decode(data + LOCAL_LOG_LENGTH, len, &reader->record) == 0;
	return 1;
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
	cleanup_fd int newer = log_files_open_newer(&reader->files, reader->fd);
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
		int r = reader->files.local ? take_local(reader, &record)
					    : take_line(reader, &record);

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
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", reader->files.dirfd);
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
	log_files_release(&reader->files);
	strbuf_release(&reader->buf);
	json_log_record_release(&reader->record);
	*reader = (struct log_reader)LOG_READER_INIT;
}
