/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy stats. Each container is a stream of samples of its own; the screen is drawn again when
 * samples came. Without names all running containers are shown, and a stream of events tells of
 * those that come and go.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/strv.h"
#include "cli/command.h"
#include "cli/listing.h"
#include "cli/stats-rounds.h"
#include "cli/stats-sample.h"
#include "client/containers.h"
#include "http/url.h"
#include "wire/event.h"

struct stats_flags {
	bool all, no_stream, no_trunc;
	char *format;
};

static const struct arg_option stats_rows[] = {
	ARG_BOOL(struct stats_flags, all, "all", 'a',
		 "Show all containers (default shows just running)"),
	ARG_STR(struct stats_flags, format, "format", 0, "string", FORMAT_HELP_TABLE),
	ARG_BOOL(struct stats_flags, no_stream, "no-stream", 0, "Only show the first result"),
	ARG_BOOL(struct stats_flags, no_trunc, "no-trunc", 0, "Do not truncate output"),
};

static const struct listing_column stats_columns[] = {
	{ "BlockIO", "BLOCK I/O" }, { "CPUPerc", "CPU %" }, { "Container", "CONTAINER" },
	{ "ID", "CONTAINER ID" },   { "MemPerc", "MEM %" }, { "MemUsage", "MEM USAGE / LIMIT" },
	{ "Name", "NAME" },	    { "NetIO", "NET I/O" }, { "PIDs", "PIDS" },
};

static const struct listing stats_listing = {
	LISTING_COLUMNS(stats_columns),
	.table = "{{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{."
		 "BlockIO}}\t{{.PIDs}}",
};

struct watched {
	char *ref;
	struct client_stream stream;
	char *row;  /* of the last sample */
	bool ended; /* no more samples come       */
	bool gone;  /* removed: no longer a row   */
};

struct stats_view {
	struct cli *cli;
	const struct stats_flags *flags;
	struct watched *items;
	size_t n;
	struct listing_view view;
	struct client_stream events; /* http.fd -1: the containers were named */
};

static void view_release(struct stats_view *v)
{
	for (size_t i = 0; i < v->n; i++) {
		free(v->items[i].ref);
		free(v->items[i].row);
		client_stream_release(&v->items[i].stream);
	}
	free(v->items);
	client_stream_release(&v->events);
	listing_view_release(&v->view);
}

static int view_add(struct stats_view *v, const char *ref, struct error *err)
{
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;
	struct client_call call = { .method = "GET" };
	struct watched item = { .stream = CLIENT_STREAM_INIT };
	int r;

	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->items[i].ref, ref) == 0 && !v->items[i].ended)
			return 0;
	client_container_target(&target, ref,
				v->flags->no_stream ? "/stats?stream=0" : "/stats?stream=1");
	call.target = strbuf_str(&target);
	r = client_begin(&v->cli->client, &call, &item.stream.http, err);
	if (r < 0) {
		client_stream_release(&item.stream);
		return r;
	}
	item.ref = xstrdup(ref);
	item.row = stats_row(ref, NULL, true);
	v->items = xrealloc(v->items, v->n + 1, sizeof(*v->items));
	v->items[v->n++] = item;
	return 0;
}

static int listed_refs(const struct stats_view *v, char ***ret, struct error *err)
{
	const char *target = v->flags->all ? "/containers/json?all=1" : "/containers/json";
	struct container_summary *items = NULL;
	size_t n = 0;
	int r = client_list(&v->cli->client, target, &container_summary_shape, &items, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++)
		strv_push(ret, items[i].id);
	json_release_array(&container_summary_shape, items, n);
	return r;
}

static int watch_events(struct stats_view *v, struct error *err)
{
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;
	struct client_call call = { .method = "GET" };

	strbuf_adds(&target, "/events");
	url_add(&target, "filters", "{\"type\":{\"container\":true}}");
	call.target = strbuf_str(&target);
	return client_stream_open(&v->cli->client, &call, &v->events, err);
}

/* Read the head of the answer when it was not read yet. */
static int ensure_head(struct watched *w, struct error *err)
{
	cleanup(strbuf_release) struct strbuf body = STRBUF_INIT;
	int r;

	if (w->stream.response.status)
		return 0;
	r = http_client_receive(&w->stream.http, &w->stream.response, err);
	if (r < 0 || w->stream.response.status < 400)
		return r;
	return error_set(err, ERR_NOT_FOUND, 0, "Error response from daemon: No such container: %s",
			 w->ref);
}

static int take_sample(struct stats_view *v, struct watched *w, struct error *err)
{
	cleanup(container_stats_release) struct container_stats stats = { NULL };
	char *line = NULL;
	int r = ensure_head(w, err);

	if (r >= 0)
		r = client_stream_line(&w->stream, &line, err);
	if (r <= 0) {
		w->ended = true;
		return r;
	}
	if (!*line)
		return 0;
	r = json_decode(&container_stats_shape, line, strlen(line), &stats, err);
	if (r < 0)
		return r;
	free(w->row);
	/* A container that does not run answers with zeros. */
	w->row = stats_row(w->ref, stats.read ? &stats : NULL, v->flags->no_trunc);
	return 0;
}

static int take_samples(struct stats_view *v, struct watched *w, struct error *err)
{
	int r;

	do
		r = take_sample(v, w, err);
	while (r == 0 && !w->ended && client_stream_buffered(&w->stream));
	return r;
}

static int draw(struct stats_view *v, bool screen, struct error *err)
{
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT, over = STRBUF_INIT;
	cleanup_free char **rows = xcalloc(v->n + 1, sizeof(*rows));
	size_t n = 0;
	int r;

	for (size_t i = 0; i < v->n; i++)
		if (!v->items[i].gone &&
		    (!v->items[i].ended || v->flags->all || v->flags->no_stream))
			rows[n++] = v->items[i].row;
	r = listing_render(&v->view, rows, &out, err);
	if (r < 0 || !screen)
		return r < 0 ? r : command_print(&out, err);
	/* From the top, the rest of each line and of the screen cleared: nothing flickers. */
	strbuf_adds(&over, "\033[H");
	for (size_t i = 0; i < out.len; i++) {
		if (out.data[i] == '\n')
			strbuf_adds(&over, "\033[K");
		strbuf_addc(&over, out.data[i]);
	}
	strbuf_adds(&over, "\033[J");
	return command_print(&over, err);
}

static int take_event(struct stats_view *v, struct error *err)
{
	cleanup(event_message_release) struct event_message event = { NULL };
	char *line;
	int r = client_stream_line(&v->events, &line, err);

	if (r <= 0)
		return r < 0 ? r
			     : error_set(err, ERR_SYSTEM, 0,
					 "the engine closed the stream of events");
	if (!*line || json_decode(&event_message_shape, line, strlen(line), &event, NULL) < 0)
		return 0;
	if (!event.action || !event.actor.id)
		return 0;
	if (strcmp(event.action, "start") == 0 ||
	    (v->flags->all && strcmp(event.action, "create") == 0))
		return view_add(v, event.actor.id, err);
	for (size_t i = 0; i < v->n; i++) {
		struct watched *w = &v->items[i];

		if (strcmp(w->ref, event.actor.id) != 0)
			continue;
		w->gone |= strcmp(event.action, "destroy") == 0;
		w->ended |= w->gone || (!v->flags->all && strcmp(event.action, "die") == 0);
	}
	return 0;
}

static struct pollfd *poll_set(const struct stats_view *v, size_t *ret_live)
{
	struct pollfd *fds = xcalloc(v->n + 1, sizeof(*fds));

	fds[v->n] = (struct pollfd){ .fd = v->events.http.fd, .events = POLLIN };
	*ret_live = v->events.http.fd >= 0;
	for (size_t i = 0; i < v->n; i++) {
		fds[i] = (struct pollfd){ .fd = v->items[i].ended ? -1 : v->items[i].stream.http.fd,
					  .events = POLLIN };
		*ret_live += fds[i].fd >= 0;
	}
	return fds;
}

static int stats_live(struct stats_view *v, bool screen, struct error *err)
{
	for (;;) {
		size_t live, n = v->n;
		cleanup_free struct pollfd *fds = poll_set(v, &live);
		int r = 0;

		if (live == 0)
			return 0;
		if (poll(fds, n + 1, -1) < 0)
			return errno == EINTR ? 0 : error_set(err, ERR_SYSTEM, errno, "poll");
		for (size_t i = 0; i < n && r == 0; i++)
			if (fds[i].revents)
				r = take_samples(v, &v->items[i], err);
		if (r == 0 && fds[n].revents)
			r = take_event(v, err);
		if (r == 0)
			r = draw(v, screen, err);
		if (r < 0)
			return r;
	}
}

/* Many at once: see stats-rounds.h. */
static int stats_in_rounds(struct stats_view *v, char *const *refs, bool named, struct error *err)
{
	size_t n = strv_len(refs), shown = 0;
	cleanup_free char **rows = xcalloc(n + 1, sizeof(*rows));
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	int r = stats_rounds(v->cli, refs, n, v->flags->no_trunc, !named, rows, err);

	for (size_t i = 0; i < n; i++)
		if (rows[i])
			rows[shown++] = rows[i];
	rows[shown] = NULL;
	if (r >= 0)
		r = listing_render(&v->view, rows, &out, err);
	for (size_t i = 0; i < shown; i++)
		free(rows[i]);
	return r < 0 ? r : command_print(&out, err);
}

static int stats_once(struct stats_view *v, struct error *err)
{
	for (size_t i = 0; i < v->n; i++) {
		int r = take_sample(v, &v->items[i], err);

		if (r < 0)
			return r;
	}
	return draw(v, false, err);
}

static int run_stats(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct stats_flags *flags = options;
	cleanup(view_release) struct stats_view v = { .cli = cli,
						      .flags = flags,
						      .events = CLIENT_STREAM_INIT };
	cleanup(strv_release) char **refs = NULL;
	int r = listing_view_init(&v.view, &stats_listing, flags->format, false, err);

	if (argc == 0 && !flags->no_stream && r == 0)
		r = watch_events(&v, err);
	if (argc == 0 && r == 0)
		r = listed_refs(&v, &refs, err);
	for (int i = 0; i < argc; i++)
		strv_push(&refs, argv[i]);
	if (r == 0 && flags->no_stream && strv_len(refs) >= STATS_ROUNDS_FROM &&
	    stats_rounds_possible(&cli->client))
		return stats_in_rounds(&v, refs, argc > 0, err);
	for (char **ref = refs; r == 0 && ref && *ref; ref++)
		r = view_add(&v, *ref, err);
	if (r < 0)
		return r;
	return flags->no_stream ? stats_once(&v, err) : stats_live(&v, isatty(STDOUT_FILENO), err);
}

const struct command cmd_stats = {
	.spec =
		{
			.usage = "[OPTIONS] [CONTAINER...]",
			.summary =
				"Display a live stream of container(s) resource usage statistics",
			ARG_OPTIONS(stats_rows),
			.max_args = -1,
		},
	.options_size = sizeof(struct stats_flags),
	.run = run_stats,
};
