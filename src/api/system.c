/* SPDX-License-Identifier: Apache-2.0 */
/* /_ping, /version, /info, /events, and what is not there. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "api/handlers.h"
#include "api/reply.h"
#include "api/versions.h"
#include "base/clock.h"

int system_ping(struct request *req, struct error *err)
{
	cleanup(http_headers_release) struct http_headers headers = HTTP_HEADERS_INIT;
	struct http_reply reply = {
		.status = 200,
		.content_type = "text/plain; charset=utf-8",
		.headers = &headers,
		.body = "OK",
		.body_len = 2,
	};

	http_headers_add(&headers, "Builder-Version", "1");
	http_headers_add(&headers, "Swarm", "inactive");
	http_headers_add(&headers, "Cache-Control", "no-cache, no-store, must-revalidate");
	http_headers_add(&headers, "Pragma", "no-cache");
	return http_server_reply(req->http, &reply);
}

int system_version(struct request *req, struct error *err)
{
	cleanup(system_version_release) struct system_version version = { 0 };
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	if (r < 0)
		return r;
	r = engine_version(engine, &version, err);
	return r < 0 ? r : reply_json(req, 200, &system_version_shape, &version);
}

int system_info(struct request *req, struct error *err)
{
	cleanup(system_info_release) struct system_info info = { 0 };
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	if (r < 0)
		return r;
	r = engine_info(engine, &info, err);
	if (r < 0)
		return r;
	versions_info(req, &info);
	return reply_json(req, 200, &system_info_shape, &info);
}

#define JSON_SEQ "application/json-seq"

enum { SEQ_MARK = 0x1e, EVENT_TYPES_MINOR = 52 };

struct event_answer {
	struct request *req;
	bool seq; /* RFC 7464: a mark before each */
};

static int send_event(void *arg, const struct event_message *event)
{
	static const char mark = SEQ_MARK;
	const struct event_answer *answer = arg;
	struct event_message shown = *event;
	int r = answer->seq ? http_server_write(answer->req->http, &mark, 1) : 0;

	versions_event(answer->req, &shown);
	return r < 0 ? r : reply_stream_json(answer->req, &event_message_shape, &shown);
}

/* The first of Accept's types that there is; what comes is the same but for the marks. */
static const char *events_type(const struct request *req)
{
	static const char *const types[] = { "application/jsonl", "application/x-ndjson",
					     JSON_SEQ };
	const char *accept = http_headers_get(&req->http->head.headers, "Accept");

	if (req->minor < EVENT_TYPES_MINOR)
		return "application/json";
	while (accept && *accept) {
		size_t len;

		accept += strspn(accept, " ,");
		len = strcspn(accept, " ;,");
		for (size_t i = 0; i < ARRAY_SIZE(types); i++)
			if (strlen(types[i]) == len && strncasecmp(types[i], accept, len) == 0)
				return types[i];
		accept += strcspn(accept, ",");
	}
	return "application/json";
}

/* The header goes out at once, so that a client knows that it is heard; what happens from then
 * on must not be missed, therefore "no past" is from this moment on, not from when the engine
 * first looks. */
int system_events(struct request *req, struct error *err)
{
	struct event_answer answer = { .req = req };
	int64_t since, until, now = clock_now();
	struct engine *engine;
	int r = request_time(req, "since", &since, err);

	if (r < 0)
		return r;
	r = request_time(req, "until", &until, err);
	if (r < 0)
		return r;
	if (since && until && since > until)
		return error_set(err, ERR_INVALID, EINVAL,
				 "`since` time (%s) cannot be after `until` time (%s)",
				 request_str(req, "since"), request_str(req, "until"));
	r = engine_events_check(request_str(req, "filters"), err);
	if (r >= 0)
		r = request_engine(req, &engine, err);
	if (r < 0)
		return r;
	answer.seq = strcmp(events_type(req), JSON_SEQ) == 0;
	r = reply_stream(req, events_type(req));
	if (r < 0)
		return r;
	if (!since) /* "until" alone means the past too */
		since = until ? 1 : now;
	r = engine_events(engine, since, until, request_str(req, "filters"), req->http->fd,
			  send_event, &answer, err);
	return r == -ECANCELED || r == -EPIPE ? -EPIPE : r;
}

int system_not_implemented(struct request *req, struct error *err)
{
	return error_set(err, ERR_NOT_IMPLEMENTED, ENOSYS, "hoy does not implement %s %s yet",
			 req->http->head.method, req->path);
}

int system_no_swarm(struct request *req, struct error *err)
{
	return error_set(
		err, ERR_UNAVAILABLE, EHOSTDOWN,
		"This node is not a swarm manager. hoy runs single nodes and has no swarm mode.");
}
