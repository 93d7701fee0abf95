/* SPDX-License-Identifier: Apache-2.0 */
/* hoy logs */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/times.h"
#include "client/containers.h"
#include "http/hijack.h"
#include "http/url.h"
#include "sys/fd.h"

struct logs_flags {
	bool details, follow, timestamps;
	char *since, *until, *tail;
};

static const struct arg_option logs_rows[] = {
	ARG_BOOL(struct logs_flags, details, "details", 0, "Show extra details provided to logs"),
	ARG_BOOL(struct logs_flags, follow, "follow", 'f', "Follow log output"),
	ARG_STR(struct logs_flags, since, "since", 0, "string",
		"Show logs since a time (e.g. \"2013-01-02T13:23:37Z\") or for so long (e.g. "
		"\"42m\" for 42 minutes)"),
	ARG_STR(struct logs_flags, tail, "tail", 'n', "string",
		"Number of lines to show from the end of the logs", .def = "all"),
	ARG_BOOL(struct logs_flags, timestamps, "timestamps", 't', "Show timestamps"),
	ARG_STR(struct logs_flags, until, "until", 0, "string",
		"Show logs before a time (e.g. \"2013-01-02T13:23:37Z\") or until so long ago "
		"(e.g. \"42m\")"),
};

static int write_piece(void *arg, int stream, const void *data, size_t len)
{
	return fd_write_all(stream == 2 ? STDERR_FILENO : STDOUT_FILENO, data, len);
}

static int copy_logs(struct client_stream *stream, struct error *err)
{
	const char *type = http_headers_get(&stream->response.headers, "Content-Type");
	bool framed = type && strcmp(type, CONTENT_TYPE_MULTIPLEXED_STREAM) == 0;
	struct hijack_demux demux = HIJACK_DEMUX_INIT;
	char buf[32 * 1024];

	for (;;) {
		ssize_t n = http_client_read(&stream->http, buf, sizeof(buf), err);
		int r;

		if (n <= 0)
			return (int)n;
		r = framed ? hijack_demux_feed(&demux, buf, (size_t)n, write_piece, NULL)
			   : write_piece(NULL, 1, buf, (size_t)n);
		if (r == -EPIPE)
			command_die_of_pipe();
		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "write the logs");
	}
}

static int run_logs(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct logs_flags *flags = options;
	cleanup(client_stream_release) struct client_stream stream = CLIENT_STREAM_INIT;
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;
	struct client_call call = { .method = "GET" };
	int r;

	client_container_target(&target, argv[0], "/logs?stdout=1&stderr=1");
	url_add(&target, "details", flags->details ? "1" : NULL);
	url_add(&target, "follow", flags->follow ? "1" : NULL);
	r = times_add(&target, "since", flags->since, err);
	if (r == 0)
		r = times_add(&target, "until", flags->until, err);
	if (r < 0)
		return r;
	url_add(&target, "tail", flags->tail);
	url_add(&target, "timestamps", flags->timestamps ? "1" : NULL);
	call.target = strbuf_str(&target);
	r = client_stream_open(&cli->client, &call, &stream, err);
	return r < 0 ? r : copy_logs(&stream, err);
}

const struct command cmd_logs = {
	.spec =
		{
			.usage = "[OPTIONS] CONTAINER",
			.summary = "Fetch the logs of a container",
			ARG_OPTIONS(logs_rows),
			.min_args = 1,
			.max_args = 1,
		},
	.options_size = sizeof(struct logs_flags),
	.run = run_logs,
};
