/* SPDX-License-Identifier: Apache-2.0 */
/* events: rows of the past, then each new one as it is committed. */
#include "store/events.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/strv.h"
#include "engine/engine.h"
#include "wire/filters.h"

static const char *const allowed[] = {
	"config", "container", "daemon", "event",   "image", "label",  "network", "node",
	"plugin", "scope",     "secret", "service", "type",  "volume", NULL,
};

struct follower {
	struct filters filters;
	int64_t until;
	event_sink sink;
	void *arg;
	bool ended; /* a row beyond until, or a sink that had enough */
};

/* Filters that name an object of one type: by id, its beginning, or name. */
static bool object_fits(const struct filters *f, const char *type, const struct event_message *m)
{
	char *const *values = filters_get(f, type);
	const char *name = strmap_get(&m->actor.attributes, "name");

	if (!values)
		return true;
	if (strcmp(m->type, type) != 0)
		return false;
	return filters_match_prefix(f, type, m->actor.id) || (name && filters_match(f, type, name));
}

/* "nginx" fits "nginx:latest" too; containers are found by their image. */
static bool image_fits(const struct filters *f, const struct event_message *m)
{
	char *const *values = filters_get(f, "image");
	const char *name = strmap_get(&m->actor.attributes, "name");
	const char *image = strmap_get(&m->actor.attributes, "image");
	const char *full = strcmp(m->type, "image") == 0 ? name : image;

	for (size_t i = 0; values && values[i]; i++) {
		size_t len = strlen(values[i]);

		if (full && strncmp(full, values[i], len) == 0 &&
		    (full[len] == '\0' || full[len] == ':' || full[len] == '@'))
			return true;
		if (strcmp(m->type, "image") == 0 && strcmp(m->actor.id, values[i]) == 0)
			return true;
	}
	return !values;
}

/* "exec_create" fits "exec_create: sh". */
static bool action_fits(const struct filters *f, const char *action)
{
	cleanup_free char *head = xstrndup(action, strcspn(action, ":"));

	return filters_match(f, "event", action) || filters_match(f, "event", head);
}

static bool event_fits(const struct filters *f, const struct event_message *m)
{
	static const char *const types[] = { "config", "container", "daemon",  "network", "node",
					     "plugin", "secret",    "service", "volume" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (!object_fits(f, types[i], m))
			return false;
	}
	return filters_match(f, "type", m->type) && filters_match(f, "scope", m->scope) &&
	       action_fits(f, m->action) && image_fits(f, m) &&
	       filters_match_labels(f, "label", &m->actor.attributes);
}

/* A bare JSON object of strings. */
struct attributes_view {
	struct strmap map;
};

static const struct json_field attributes_fields[] = {
	FIELD_MAP(struct attributes_view, map, "a"),
};
static const struct json_shape attributes_shape =
	JSON_SHAPE(struct attributes_view, attributes_fields, 0);

static void message_fill(const struct event_row *row, struct event_message *m)
{
	cleanup_free char *wrapped = xasprintf("{\"a\":%s}", row->attributes);
	struct attributes_view view = { STRMAP_INIT };

	if (json_decode(&attributes_shape, wrapped, strlen(wrapped), &view, NULL) >= 0)
		m->actor.attributes = view.map;
	m->type = xstrdup(row->type);
	m->action = xstrdup(row->action);
	m->actor.id = xstrdup(row->actor_id);
	m->scope = xstrdup("local");
	m->time_nano = row->time;
	m->time = row->time / 1000000000;
	if (strcmp(row->type, "container") != 0 && strcmp(row->type, "image") != 0)
		return;
	m->status = xstrdup(row->action);
	m->id = xstrdup(row->actor_id);
	m->from = xstrdup(strmap_get(&m->actor.attributes, "image"));
}

static int follow_row(void *arg, const struct event_row *row)
{
	cleanup(event_message_release) struct event_message m = { 0 };
	struct follower *f = arg;

	if (f->ended || (f->until && row->time > f->until)) {
		f->ended = true;
		return 0;
	}
	message_fill(row, &m);
	if (event_fits(&f->filters, &m) && f->sink(f->arg, &m) < 0)
		f->ended = true;
	return 0;
}

/* Until something was committed (1), the time is over (0), or the client is gone (-ECANCELED). */
static int follow_wait(int watch_fd, int cancel_fd, int64_t until)
{
	struct pollfd fds[2] = { { watch_fd, POLLIN, 0 }, { cancel_fd, POLLIN | POLLRDHUP, 0 } };
	int64_t left = until ? (until - clock_now() + 999999) / 1000000 : -1;
	int r;

	if (until && left <= 0)
		return 0;
	r = poll(fds, cancel_fd >= 0 ? 2 : 1, left > INT32_MAX ? INT32_MAX : (int)left);
	if (r < 0)
		return errno == EINTR ? 1 : -errno;
	if (r > 0 && fds[1].revents)
		return -ECANCELED;
	return r > 0 || left > INT32_MAX ? 1 : 0;
}

static int follow(struct engine *e, struct follower *f, int64_t last, int cancel_fd,
		  struct error *err)
{
	cleanup_fd int watch_fd = -1;
	int r = event_watch(&e->store, &watch_fd, err);

	while (r >= 0 && !f->ended) {
		event_watch_drain(&e->store, watch_fd);
		r = event_read(&e->store, last, 0, follow_row, f, &last, err);
		if (r < 0 || f->ended)
			return r;
		r = follow_wait(watch_fd, cancel_fd, f->until);
		if (r == -ECANCELED || r == 0)
			return 0;
		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "wait for events");
	}
	return r;
}

static int filters_read(const char *json, struct filters *ret, struct error *err)
{
	int r = filters_parse(json, ret, err);

	return r < 0 ? r : filters_check(ret, allowed, err);
}

int engine_events_check(const char *filters_json, struct error *err)
{
	cleanup(filters_release) struct filters filters = FILTERS_INIT;

	return filters_read(filters_json, &filters, err);
}

int engine_events(struct engine *e, int64_t since, int64_t until, const char *filters_json,
		  int cancel_fd, event_sink sink, void *arg, struct error *err)
{
	struct follower f = { FILTERS_INIT, until, sink, arg, false };
	int64_t last = 0;
	int r;

	r = filters_read(filters_json, &f.filters, err);
	if (r >= 0)
		r = since ? event_read(&e->store, 0, since, follow_row, &f, &last, err)
			  : event_last_id(&e->store, &last, err);
	if (r >= 0)
		r = follow(e, &f, last, cancel_fd, err);
	filters_release(&f.filters);
	return r;
}
