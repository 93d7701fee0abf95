/* SPDX-License-Identifier: Apache-2.0 */
/* Progress lines. */
#include "api/progress.h"

#include <errno.h>
#include <string.h>

#include "api/reply.h"
#include "base/clock.h"

enum { BAR_INTERVAL_NS = 100 * 1000 * 1000, SEEN_MAX = 4096 };

static struct progress_seen *find_seen(struct progress *progress, const char *id)
{
	for (size_t i = 0; i < progress->n; i++)
		if (strcmp(progress->seen[i].id, id) == 0)
			return &progress->seen[i];
	if (progress->n >= SEEN_MAX)
		return NULL;
	progress->seen = xrealloc(progress->seen, progress->n + 1, sizeof(*progress->seen));
	progress->seen[progress->n] = (struct progress_seen){ xstrdup(id), 0 };
	return &progress->seen[progress->n++];
}

/* A bar that moved only a moment ago. Its first and last positions always go out. */
static bool too_soon(struct progress *progress, const struct progress_message *msg)
{
	const struct progress_detail *detail = msg->progress_detail;
	struct progress_seen *seen;
	int64_t now;

	if (!msg->id || !detail || detail->current <= 0 || detail->current == detail->total)
		return false;
	seen = find_seen(progress, msg->id);
	now = clock_monotonic();
	if (seen && seen->last && now - seen->last < BAR_INTERVAL_NS)
		return true;
	if (seen)
		seen->last = now;
	return false;
}

static int send_line(struct request *req, const struct progress_message *msg)
{
	struct strbuf line = STRBUF_INIT;
	int r = req->http->reply == REPLY_NONE ? reply_stream(req, "application/json") : 0;

	if (r == 0) {
		json_encode(&progress_message_shape, msg, &line);
		strbuf_adds(&line, "\r\n");
		r = http_server_write(req->http, line.data, line.len);
		strbuf_release(&line);
	}
	return r;
}

int progress_send(void *arg, const struct progress_message *msg)
{
	struct progress *progress = arg;

	return too_soon(progress, msg) ? 0 : send_line(progress->req, msg);
}

int progress_finish(struct progress *progress, int result, struct error *err)
{
	struct progress_error detail = { .message = (char *)error_text(err) };
	struct progress_message msg = { .error_detail = &detail, .error = detail.message };
	int r;

	if (result >= 0)
		return progress->req->http->reply == REPLY_NONE
			       ? reply_stream(progress->req, "application/json")
			       : 0;
	if (progress->req->http->reply == REPLY_NONE || err->kind == ERR_NONE)
		return result;
	r = send_line(progress->req, &msg);
	error_release(err);
	return r;
}

void progress_release(struct progress *progress)
{
	for (size_t i = 0; i < progress->n; i++)
		free(progress->seen[i].id);
	free(progress->seen);
	*progress = (struct progress){ 0 };
}
