/* SPDX-License-Identifier: Apache-2.0 */
/* Output as it comes: logs, attach, stats; and the size of the terminal. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "api/cancel.h"
#include "api/handlers.h"
#include "api/output.h"
#include "api/reply.h"
#include "base/clock.h"
#include "base/parse.h"

static int parse_tail(const char *text, int64_t *ret)
{
	*ret = -1;
	/* docker: what is not a number is "all" */
	if (text && (parse_i64(text, ret) < 0 || *ret < 0))
		*ret = -1;
	return 0;
}

static int logs_options(struct request *req, struct logs_options *ret, struct error *err)
{
	int r;

	*ret = (struct logs_options){
		.follow = request_bool(req, "follow"),
		.want_stdout = request_bool(req, "stdout"),
		.want_stderr = request_bool(req, "stderr"),
		.timestamps = request_bool(req, "timestamps"),
		.details = request_bool(req, "details"),
	};
	if (!ret->want_stdout && !ret->want_stderr)
		return error_set(err, ERR_INVALID, EINVAL,
				 "Bad parameters: you must choose at least one stream");
	r = parse_tail(request_str(req, "tail"), &ret->tail);
	if (r == 0)
		r = request_time(req, "since", &ret->since, err);
	return r < 0 ? r : request_time(req, "until", &ret->until, err);
}

int streams_logs(struct request *req, struct error *err)
{
	struct output output = { .http = req->http };
	struct engine_stream stream = { .in_fd = req->http->fd,
					.write = output_chunk,
					.arg = &output };
	struct logs_options opts;
	struct engine *engine;
	bool tty;
	int r = logs_options(req, &opts, err);

	if (r < 0)
		return r;
	r = request_engine(req, &engine, err);
	if (r < 0)
		return r;
	r = engine_logs_check(engine, req->arg, &tty, err);
	if (r < 0)
		return r;
	output.framed = !tty;
	r = reply_stream(req, output_content_type(req, !tty));
	return r < 0 ? r : engine_logs(engine, req->arg, &opts, &stream, err);
}

static struct attach_options attach_options_of(const struct request *req)
{
	return (struct attach_options){
		.logs = request_bool(req, "logs"),
		.stream = request_bool(req, "stream"),
		.want_stdin = request_bool(req, "stdin"),
		.want_stdout = request_bool(req, "stdout"),
		.want_stderr = request_bool(req, "stderr"),
		.start = request_bool(req, "stream") && request_bool(req, "hoy-start"),
		.detach_keys = request_str(req, "detachKeys"),
	};
}

/* A start is not left half done. */
static int attach_start(struct attachment *at, struct error *err)
{
	int r;

	cancel_block_termination(true);
	r = engine_attach_start(at, err);
	cancel_block_termination(false);
	return r;
}

static int attach_open(struct request *req, struct attachment **ret, bool *ret_tty,
		       struct error *err)
{
	const struct attach_options opts = attach_options_of(req);
	struct attachment *at = NULL;
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	if (r == 0)
		r = engine_attach_open(engine, req->arg, &opts, &at, ret_tty, err);
	if (r == 0 && opts.start)
		r = attach_start(at, err);
	if (r < 0) {
		engine_attach_free(at);
		return r;
	}
	*ret = at;
	return 0;
}

int streams_attach(struct request *req, struct error *err)
{
	struct attachment *at = NULL;
	bool tty;
	int r = attach_open(req, &at, &tty, err);

	if (r < 0)
		return r;
	r = output_hijack(req, at, tty, err);
	engine_attach_free(at);
	return r;
}

int streams_attach_ws(struct request *req, struct error *err)
{
	struct attachment *at = NULL;
	bool tty;
	int r = attach_open(req, &at, &tty, err);

	if (r < 0)
		return r;
	r = output_websocket(req, at, err);
	engine_attach_free(at);
	return r;
}

int streams_resize(struct request *req, struct error *err)
{
	return output_resize(req, engine_resize, err);
}

/* True: the client is gone. The wait is the request's own timer. */
static bool client_gone_within(const struct request *req, int64_t ns)
{
	struct pollfd pfd = { .fd = req->http->fd }; /* POLLHUP: it closed, not only its half */
	int ms = ns > 0 ? (int)((ns + 999999) / 1000000) : 0;

	return poll(&pfd, 1, ms) > 0;
}

/* A sample each second, the first at once; *last is the one before. */
static int stats_stream(struct request *req, struct engine *engine, struct container_stats *last,
			struct error *err)
{
	int64_t next = clock_monotonic();

	for (;;) {
		struct container_stats now = { 0 };
		int r = reply_stream_json(req, &container_stats_shape, last);

		if (r < 0)
			return r;
		next += 1000000000;
		if (client_gone_within(req, next - clock_monotonic()))
			return -EPIPE;
		r = engine_stats(engine, req->arg, last, &now, err);
		if (r < 0)
			return r;
		container_stats_release(last);
		*last = now;
	}
}

/* One answer: alone, or with the sample of a second before in it. */
static int stats_once(struct request *req, struct engine *engine, struct container_stats *first,
		      struct error *err)
{
	cleanup(container_stats_release) struct container_stats second = { 0 };
	int r;

	if (request_bool(req, "one-shot"))
		return reply_json(req, 200, &container_stats_shape, first);
	if (client_gone_within(req, 1000000000))
		return -EPIPE;
	r = engine_stats(engine, req->arg, first, &second, err);
	return r < 0 ? r : reply_json(req, 200, &container_stats_shape, &second);
}

int streams_stats(struct request *req, struct error *err)
{
	cleanup(container_stats_release) struct container_stats first = { 0 };
	const char *stream = request_str(req, "stream");
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	if (r < 0)
		return r;
	r = engine_stats(engine, req->arg, NULL, &first, err);
	if (r < 0)
		return r;
	if (stream && !request_bool(req, "stream"))
		return stats_once(req, engine, &first, err);
	r = reply_stream(req, "application/json");
	return r < 0 ? r : stats_stream(req, engine, &first, err);
}
