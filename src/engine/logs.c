/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logs: from the log's files to the client. Following sleeps on inotify for more lines, on the
 * monitor's socket for the container's end and on the client's for its going away.
 */
#include "engine/logs.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/json-scan.h"
#include "engine/log-reader.h"
#include "engine/log-setup.h"
#include "engine/monitor-client.h"
#include "engine/runtime.h"

enum { OUT_FLUSH = 32 * 1024, WATCH_BUFFER = 4096 };

struct logs {
	const struct logs_options *opts;
	struct engine_stream *stream;
	struct log_reader reader;
	struct strbuf out; /* text of out_stream that the client has not got yet */
	int out_stream;
	bool mid_line[2]; /* the stream's last record had no end of line */
	bool past_until;
	int watch_fd;
	int monitor_fd;
};

#define LOGS_INIT                                                                                  \
	{                                                                                          \
		.reader = LOG_READER_INIT, .out = STRBUF_INIT, .watch_fd = -1, .monitor_fd = -1    \
	}

static void logs_release(struct logs *logs)
{
	log_reader_release(&logs->reader);
	strbuf_release(&logs->out);
	macros_close_fd(&logs->watch_fd);
	macros_close_fd(&logs->monitor_fd);
}

static int client_gone(int r, struct error *err)
{
	return error_set(err, ERR_SYSTEM, -r, "send the log");
}

static int flush(struct logs *logs, struct error *err)
{
	int r = 0;

	if (logs->out.len > 0)
		r = logs->stream->write(logs->stream->arg, logs->out_stream, logs->out.data,
					logs->out.len);
	strbuf_reset(&logs->out);
	return r < 0 ? client_gone(r, err) : 0;
}

/* {"a":"b"} as "a=b ", as in a query string; what is no object of strings is left out. */
static void add_details(struct strbuf *out, const struct strbuf *attrs)
{
	struct json_scan scan = JSON_SCAN_INIT(strbuf_str(attrs), attrs->len);
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT, key = STRBUF_INIT,
					      value = STRBUF_INIT;
	bool first = true;

	if (attrs->len == 0 || json_scan_enter(&scan, '{') < 0) {
		strbuf_addc(out, ' ');
		return;
	}
	while (json_scan_next(&scan, '{', &first) > 0) {
		strbuf_reset(&key);
		strbuf_reset(&value);
		if (json_scan_key(&scan, &key) < 0 || json_scan_string(&scan, &value) < 0)
			break;
		if (text.len > 0)
			strbuf_addc(&text, ',');
		strbuf_addf(&text, "%s=%s", strbuf_str(&key), strbuf_str(&value));
	}
	strbuf_addf(out, "%s ", strbuf_str(&text));
}

static void add_record(struct logs *logs, const struct json_log_record *record)
{
	bool *mid_line = &logs->mid_line[record->stream - 1];

	if (logs->opts->timestamps && !*mid_line) {
		clock_format_fixed(record->time, &logs->out);
		strbuf_addc(&logs->out, ' ');
	}
	if (logs->opts->details && !*mid_line)
		add_details(&logs->out, &record->attrs);
	strbuf_add(&logs->out, record->log.data, record->log.len);
	*mid_line = record->log.len > 0 && record->log.data[record->log.len - 1] != '\n';
}

static int give_record(struct logs *logs, const struct json_log_record *record, struct error *err)
{
	const struct logs_options *opts = logs->opts;
	int r = 0;

	if (opts->until > 0 && record->time > opts->until) {
		logs->past_until = true;
		return 0;
	}
	if (record->time < opts->since ||
	    !(record->stream == 1 ? opts->want_stdout : opts->want_stderr))
		return 0;
	if (record->stream != logs->out_stream || logs->out.len >= OUT_FLUSH)
		r = flush(logs, err);
	logs->out_stream = record->stream;
	if (r == 0)
		add_record(logs, record);
	return r;
}

/* Everything that is in the files now. */
static int give_all(struct logs *logs, struct error *err)
{
	int r;

	while (!logs->past_until && (r = log_reader_next(&logs->reader)) != 0) {
		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "read the log");
		r = give_record(logs, &logs->reader.record, err);
		if (r < 0)
			return r;
	}
	return flush(logs, err);
}

static int find_place(struct engine *e, const struct instance *in, struct log_place *ret,
		      struct error *err)
{
	cleanup(host_config_release) struct host_config host = { 0 };
	int r = instance_host_config(in, &host, err);

	return r < 0 ? r : log_place_find(e, in->rec.id, &host.log_config, ret, err);
}

static int logs_open(struct engine *e, const struct instance *in, const struct logs_options *opts,
		     struct engine_stream *stream, struct logs *logs, struct error *err)
{
	struct log_place place cleanup(log_place_release) = { NULL, NULL, false };
	cleanup_free char *program = runtime_program(e, "hoy-log");
	int r = find_place(e, in, &place, err);

	if (r < 0)
		return r;
	logs->opts = opts;
	logs->stream = stream;
	if (!place.dir)
		return 0;
	r = log_reader_open(&(struct log_source){ .dir = place.dir,
						  .name = place.name,
						  .program = program,
						  .local = place.local },
			    opts->tail, &logs->reader);
	if (r == -ENOENT) /* it was never started */
		return 0;
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "open the log of container %s", in->rec.id)
		     : 0;
}

/* The monitor's next word but that the log has grown. 1: the container has ended for good (or its
 * monitor has). */
static int hear_monitor(struct logs *logs)
{
	struct monitor_frame frame;
	char data[MONITOR_DATA_MAX];
	size_t len;
	int r;

	do
		r = monitor_frame_recv(logs->monitor_fd, false, &frame, data, &len, MSG_DONTWAIT);
	while (r > 0 && frame.type == MONITOR_LOG);
	if (r == -EAGAIN)
		return 0;
	return r <= 0 || (frame.type == MONITOR_EXIT && !(frame.flags & MONITOR_WILL_RESTART));
}

static int until_timeout(const struct logs *logs)
{
	int64_t left;

	if (logs->opts->until <= 0)
		return -1;
	left = (logs->opts->until - clock_now()) / 1000000 + 1;
	return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

/* Sleep until there may be more. 1: go on; 0: that was all. */
static int sleep_for_more(struct logs *logs, bool *ended, struct error *err)
{
	struct pollfd fds[3] = {
		{ .fd = logs->watch_fd, .events = POLLIN },
		{ .fd = logs->monitor_fd, .events = POLLIN },
		{ .fd = logs->stream->in_fd, .events = POLLRDHUP },
	};
	char drop[WATCH_BUFFER];
	int r = poll(fds, 3, until_timeout(logs));

	if (r < 0 && errno != EINTR)
		return error_set(err, ERR_SYSTEM, errno, "wait for the log");
	if (r == 0 || (r > 0 && fds[2].revents))
		return 0;
	if (r > 0 && fds[0].revents)
		while (read(logs->watch_fd, drop, sizeof(drop)) > 0)
			;
	if (r > 0 && fds[1].revents)
		*ended = hear_monitor(logs);
	return 1;
}

static int follow(struct logs *logs, struct error *err)
{
	bool ended = false;
	int r;

	for (;;) {
		r = give_all(logs, err);
		if (r < 0 || ended || logs->past_until)
			return r;
		r = sleep_for_more(logs, &ended, err);
		if (r <= 0)
			return r;
	}
}

int logs_replay(struct engine *e, const struct instance *in, const struct logs_options *opts,
		struct engine_stream *stream, struct error *err)
{
	cleanup(logs_release) struct logs logs = LOGS_INIT;
	int r = logs_open(e, in, opts, stream, &logs, err);

	return r < 0 ? r : give_all(&logs, err);
}

static int check_driver(struct engine *e, const struct instance *in, struct error *err)
{
	struct log_place place cleanup(log_place_release) = { NULL, NULL, false };
	int r = find_place(e, in, &place, err);

	if (r < 0 || place.dir)
		return r;
	return error_set(err, ERR_NOT_IMPLEMENTED, 0,
			 "configured logging driver does not support reading");
}

int engine_logs_check(struct engine *e, const char *ref, bool *ret_tty, struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	cleanup(container_config_release) struct container_config config = { 0 };
	int r = instance_open(e, ref, &in, err);

	if (r == 0)
		r = check_driver(e, &in, err);
	if (r == 0)
		r = instance_config(&in, &config, err);
	if (r == 0)
		*ret_tty = config.tty;
	return r;
}

/* A user has a hundred inotify fds or so: what is beyond them hears of it from the monitor. (Not
 * everybody: a monitor that was started by an older engine cannot do that.) */
static int hear_of_growth(const struct instance *in, struct logs *logs)
{
	macros_close_fd(&logs->monitor_fd);
	logs->monitor_fd = monitor_connect(in->dirfd, MONITOR_WANT_EXIT | MONITOR_WANT_LOG);
	if (logs->monitor_fd < 0)
		logs->monitor_fd = -1; /* it has ended meanwhile */
	return 0;
}

int engine_logs(struct engine *e, const char *ref, const struct logs_options *opts,
		struct engine_stream *stream, struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	cleanup(logs_release) struct logs logs = LOGS_INIT;
	int r = instance_open(e, ref, &in, err);

	if (r == 0)
		r = logs_open(e, &in, opts, stream, &logs, err);
	if (r < 0)
		return r;
	/* Connected before the files are read: an end after that is heard of. */
	if (opts->follow && in.dirfd >= 0)
		logs.monitor_fd = monitor_connect(in.dirfd, MONITOR_WANT_EXIT);
	if (logs.monitor_fd < 0) { /* it does not run: there will not be more */
		logs.monitor_fd = -1;
		return give_all(&logs, err);
	}
	r = log_reader_watch(&logs.reader, &logs.watch_fd);
	if (r == -EMFILE || r == -ENOSPC)
		r = hear_of_growth(&in, &logs);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "watch the log");
	return logs.monitor_fd < 0 ? give_all(&logs, err) : follow(&logs, err);
}
