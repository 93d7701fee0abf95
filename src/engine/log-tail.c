/* SPDX-License-Identifier: Apache-2.0 */
/* A log's last lines, found from its end. */
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "engine/log-files.h"
#include "wire/local-log.h"

enum { CHUNK = 64 * 1024 };

/* Behind the text of a record that ends a line. Within a text the quote would be escaped. */
static const char line_mark[] = "\\n\",\"stream\"";
enum { MARK_LEN = sizeof(line_mark) - 1 };

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

static int64_t json_offset(int fd, int64_t size, int64_t *left)
{
	cleanup_free char *data = xmalloc(CHUNK + MARK_LEN);
	int64_t begin, end;

	for (end = size; end > 0; end = begin) {
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

/* What lies from begin to end of a file, in a buffer that is read backwards. */
struct window {
	int fd;
	int64_t begin, end;
	char *data;
};

static bool window_has(struct window *w, int64_t begin, int64_t end)
{
	if (begin < 0 || end - begin > CHUNK)
		return false;
	if (begin >= w->begin && end <= w->end)
		return true;
	w->end = end;
	w->begin = end < CHUNK ? 0 : end - CHUNK;
	return pread(w->fd, w->data, (size_t)(w->end - w->begin), w->begin) == w->end - w->begin;
}

/* Records of more than CHUNK are no records of ours: there the log begins. */
static int64_t local_offset(int fd, int64_t size, int64_t *left)
{
	cleanup_free char *data = xmalloc(CHUNK);
	struct window w = { .fd = fd, .data = data };
	int64_t end = size, begin, len;

	while (window_has(&w, end - LOCAL_LOG_LENGTH, end)) {
		len = local_log_length(data + (end - LOCAL_LOG_LENGTH - w.begin));
		begin = end - len - (int64_t)2 * LOCAL_LOG_LENGTH;
		if (!window_has(&w, begin, end))
			break;
		if (local_log_ends(data + (begin + LOCAL_LOG_LENGTH - w.begin), (size_t)len) &&
		    (*left)-- == 0) {
			*left = 0;
			return end;
		}
		end = begin;
	}
	return 0;
}

int64_t log_tail_offset(const struct log_files *files, int fd, int64_t *left)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return 0;
	return files->local ? local_offset(fd, st.st_size, left)
			    : json_offset(fd, st.st_size, left);
}
