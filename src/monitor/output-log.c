/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting output into lines, between the streams and what keeps or carries the log. */
#include "monitor/output-log.h"

#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "wire/json-log.h"

int output_log_open(const struct monitor_args *args, const struct mount_home *home,
		    struct output_log *ret, struct error *err)
{
	cleanup(output_log_release) struct output_log log = OUTPUT_LOG_INIT;
	int r = logfile_open(args, &log.file, err);

	if (r >= 0 && args->log_forward)
		r = shipper_open(args, home, &log.shipper, err);
	if (r < 0)
		return r;
	log.off = log.file.dirfd < 0 && !args->log_forward;
	*ret = log;
	log = (struct output_log)OUTPUT_LOG_INIT;
	return 0;
}

static void give(struct output_log *log, const struct log_piece *piece)
{
	logfile_add(&log->file, piece);
	shipper_add(&log->shipper, piece);
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

/* The first len bytes of the tail. */
static void give_tail(struct output_log *log, struct log_piece *piece, size_t len)
{
	struct log_tail *tail = &log->tails[piece->stream - 1];

	piece->text = tail->data;
	piece->len = len;
	piece->continued = tail->continued;
	give(log, piece);
	memmove(tail->data, tail->data + len, tail->len - len);
	tail->len -= len;
	tail->continued = !piece->ends;
}

/* Give away the tail's full pieces, and with its newline the rest of it. piece: stream and time. */
static void add_tail(struct output_log *log, struct log_piece *piece, const char *data, size_t len,
		     bool newline)
{
	struct log_tail *tail = &log->tails[piece->stream - 1];

	if (!tail->data)
		tail->data = xmalloc(JSON_LOG_PIECE_MAX);
	piece->ends = false;
	while (len > 0 || tail->len == JSON_LOG_PIECE_MAX) {
		size_t room = JSON_LOG_PIECE_MAX - tail->len, n = len < room ? len : room;

		if (n > 0)
			memcpy(tail->data + tail->len, data, n);
		tail->len += n;
		data += n;
		len -= n;
		if (tail->len < JSON_LOG_PIECE_MAX)
			break;
		give_tail(log, piece, cut_point(tail->data, tail->len));
	}
	if (newline) {
		piece->ends = true;
		give_tail(log, piece, tail->len);
	}
}

static void add_line(struct output_log *log, struct log_piece *piece, const char *data, size_t len)
{
	piece->text = data;
	piece->len = len;
	piece->ends = true;
	piece->continued = false;
	give(log, piece);
}

void output_log_write(struct output_log *log, int stream, const char *data, size_t len)
{
	const struct log_tail *tail = &log->tails[stream - 1];
	cleanup(strbuf_release) struct strbuf time = STRBUF_INIT;
	struct log_piece piece = { .stream = stream };

	if (log->off || len == 0)
		return;
	piece.time = clock_now();
	clock_format(piece.time, &time);
	piece.time_str = time.data;
	while (len > 0) {
		const char *newline = memchr(data, '\n', len);
		size_t n = newline ? (size_t)(newline - data) : len;

		if (newline && tail->len == 0 && !tail->continued && n < JSON_LOG_PIECE_MAX)
			add_line(log, &piece, data, n);
		else
			add_tail(log, &piece, data, n, newline != NULL);
		n += newline != NULL;
		data += n;
		len -= n;
	}
	logfile_write(&log->file);
	shipper_flush(&log->shipper);
}

void output_log_flush(struct output_log *log)
{
	cleanup(strbuf_release) struct strbuf time = STRBUF_INIT;
	struct log_piece piece = { .time = clock_now() };

	if (log->off)
		return;
	clock_format(piece.time, &time);
	piece.time_str = time.data;
	for (piece.stream = 1; piece.stream <= 2; piece.stream++) {
		struct log_tail *tail = &log->tails[piece.stream - 1];

		piece.ends = false;
		if (tail->len > 0)
			give_tail(log, &piece, tail->len);
		tail->continued = false;
	}
	logfile_write(&log->file);
	shipper_flush(&log->shipper);
}

void output_log_release(struct output_log *log)
{
	if (!log)
		return;
	logfile_release(&log->file);
	shipper_release(&log->shipper);
	free(log->tails[0].data);
	free(log->tails[1].data);
	*log = (struct output_log)OUTPUT_LOG_INIT;
}
