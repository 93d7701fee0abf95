/* SPDX-License-Identifier: Apache-2.0 */
/* Progress lines of the engine -> the screen. */
#include "cli/progress.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/strv.h"
#include "cli/tty.h"
#include "sys/fd.h"

enum { BAR_WIDTH = 50, BAR_LEAST_SCREEN = 110 };

void progress_view_init(struct progress_view *view, int fd)
{
	unsigned int height;

	*view = (struct progress_view){ .fd = fd, .terminal = fd >= 0 && isatty(fd) };
	if (view->terminal)
		tty_size(fd, &height, &view->width);
	if (view->width == 0)
		view->width = 200;
}

void progress_view_release(struct progress_view *view)
{
	strv_release(&view->ids);
}

static void add_counts(const struct progress_detail *d, struct strbuf *out)
{
	cleanup(strbuf_release) struct strbuf size = STRBUF_INIT;

	if (d->units && *d->units) {
		strbuf_addf(out, "%lld/%lld %s", (long long)d->current, (long long)d->total,
			    d->units);
		return;
	}
	size_human((double)d->current, &size);
	strbuf_addf(out, "%8s", strbuf_str(&size));
	if (d->current > d->total)
		return;
	strbuf_addc(out, '/');
	size_human((double)d->total, out);
}

void progress_bar(const struct progress_detail *d, unsigned int width, struct strbuf *out)
{
	int done;

	if (d->current <= 0 && d->total <= 0)
		return;
	if (d->total <= 0) {
		cleanup(strbuf_release) struct strbuf size = STRBUF_INIT;

		size_human((double)d->current, &size);
		if (d->units && *d->units)
			strbuf_addf(out, "%lld %s", (long long)d->current, d->units);
		else
			strbuf_addf(out, "%8s", strbuf_str(&size));
		return;
	}
	done = (int)((double)d->current / (double)d->total * 100) / 2;
	if (done > BAR_WIDTH)
		done = BAR_WIDTH;
	if (width > BAR_LEAST_SCREEN) {
		strbuf_addc(out, '[');
		for (int i = 0; i < done; i++)
			strbuf_addc(out, '=');
		strbuf_addf(out, ">%*s] ", BAR_WIDTH - done, "");
	}
	if (!d->hidecounts)
		add_counts(d, out);
}

/* The line of an id, from the top; a new one goes below all others. */
static size_t line_of(struct progress_view *view, const char *id, struct strbuf *out)
{
	size_t n = strv_len(view->ids);

	for (size_t i = 0; i < n; i++)
		if (strcmp(view->ids[i], id) == 0)
			return i;
	strv_push(&view->ids, id);
	if (view->terminal)
		strbuf_addc(out, '\n');
	return n;
}

static void render_text(struct progress_view *view, const struct progress_message *msg,
			struct strbuf *out)
{
	cleanup(strbuf_release) struct strbuf bar = STRBUF_INIT;
	const char *end = "";

	if (msg->progress_detail)
		progress_bar(msg->progress_detail, view->width, &bar);
	if (view->terminal && !msg->stream && msg->progress_detail) {
		strbuf_adds(out, "\033[2K\r");
		end = "\r";
	} else if (bar.len) {
		return; /* a bar that cannot move says nothing */
	}
	if (msg->id && *msg->id)
		strbuf_addf(out, "%s: ", msg->id);
	if (msg->progress_detail && view->terminal && !msg->stream)
		strbuf_addf(out, "%s %s%s", msg->status ? msg->status : "", strbuf_str(&bar), end);
	else if (msg->stream && *msg->stream)
		strbuf_adds(out, msg->stream);
	else
		strbuf_addf(out, "%s\n", msg->status ? msg->status : "");
}

int progress_render(struct progress_view *view, const struct progress_message *msg,
		    struct strbuf *out, struct error *err)
{
	bool has_id = msg->id && *msg->id;
	size_t up = 0;

	if (msg->error && *msg->error)
		return error_set(err, ERR_SYSTEM, 0, "%s", msg->error);
	if (msg->aux) {
		if (view->aux)
			view->aux(view->aux_arg, msg->aux);
		return 0;
	}
	if (has_id && msg->progress_detail) {
		size_t line = line_of(view, msg->id, out);

		up = strv_len(view->ids) - line;
		if (view->terminal)
			strbuf_addf(out, "\033[%zuA", up);
	} else {
		strv_release(&view->ids);
	}
	render_text(view, msg, out);
	if (has_id && view->terminal && up)
		strbuf_addf(out, "\033[%zuB", up);
	return 0;
}

static int show_line(struct progress_view *view, const char *line, struct error *err)
{
	cleanup(progress_message_release) struct progress_message msg = { NULL };
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	int r = json_decode(&progress_message_shape, line, strlen(line), &msg, err);

	if (r < 0)
		return r;
	r = progress_render(view, &msg, &out, err);
	if (r < 0)
		return r;
	if (view->fd < 0)
		return 0;
	r = fd_write_all(view->fd, strbuf_str(&out), out.len);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write progress") : 0;
}

int progress_show(struct progress_view *view, struct client_stream *stream, struct error *err)
{
	char *line;
	int r;

	for (;;) {
		r = client_stream_line(stream, &line, err);
		if (r <= 0)
			return r;
		if (!*line)
			continue;
		r = show_line(view, line, err);
		if (r < 0)
			return r;
	}
}

int progress_call(struct client *client, const struct client_call *call, int fd, struct error *err)
{
	cleanup(client_stream_release) struct client_stream stream = CLIENT_STREAM_INIT;
	struct progress_view view;
	int r = client_stream_open(client, call, &stream, err);

	if (r < 0)
		return r;
	progress_view_init(&view, fd);
	r = progress_show(&view, &stream, err);
	progress_view_release(&view);
	if (r >= 0)
		client_stream_done(client, &stream);
	return r;
}
