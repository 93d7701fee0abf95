/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wait: the end of a container as an event on its monitor's socket, its removal as a change of the
 * database. The waiter folds the record itself when the monitor told it of the end.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "engine/instance.h"
#include "engine/monitor-client.h"
#include "store/events.h"

struct waiter {
	struct engine *e;
	char *id;
	enum wait_condition condition;
	int cancel_fd;
	struct instance in;
	struct monitor_link link;
	bool linked;  /* link is in use */
	bool started; /* the monitor said so, or told of an end */
	int run_fd;   /* monitor_run_open of link's run; < 0 none */
	int watch_fd; /* the database, for WAIT_REMOVED; -1 */
	int code;
};

#define WAITER_INIT                                                                                \
	{                                                                                          \
		.in = INSTANCE_INIT, .link = MONITOR_LINK_INIT, .run_fd = -1, .watch_fd = -1       \
	}

static void waiter_release(struct waiter *w)
{
	monitor_link_release(&w->link);
	macros_close_fd(&w->run_fd);
	instance_release(&w->in);
	if (w->e)
		engine_close_late(w->e, take_fd(&w->watch_fd));
	free(w->id);
}

static int fail(const struct waiter *w, int r, const char *what, struct error *err)
{
	return error_set(err, ERR_SYSTEM, -r, "wait for container %s: %s", w->id, what);
}

/* Read the record again. -ENOENT, err unset: it is gone. */
static int look(struct waiter *w, struct error *err)
{
	cleanup(container_release) struct container rec = CONTAINER_INIT;
	int r = container_get(&w->e->store, w->id, &rec, err);

	if (r < 0)
		return r;
	instance_release(&w->in);
	return instance_from_record(w->e, &rec, &w->in, err);
}

static bool is_up(const struct waiter *w)
{
	return container_status_is_up(w->in.rec.life.status);
}

/* The run directory, made when this container never ran: the pending socket lives there. */
static int make_dir(struct waiter *w, struct error *err)
{
	int r;

	if (w->in.dirfd >= 0)
		return 0;
	if (mkdirat(w->e->run_fd, w->id, 0700) < 0 && errno != EEXIST)
		return fail(w, -errno, "create its run directory", err);
	r = look(w, err);
	if (r == -ENOENT)
		return error_set(err, ERR_NOT_FOUND, ENOENT, "No such container: %s", w->id);
	if (r == 0 && w->in.dirfd < 0) /* removed in between */
		return fail(w, -ENOENT, "open its run directory", err);
	return r;
}

static void take_run(struct waiter *w)
{
	macros_close_fd(&w->run_fd);
	w->run_fd = monitor_run_open(w->in.dirfd);
}

static int connect_monitor(struct waiter *w, struct error *err)
{
	int r = make_dir(w, err);

	if (r < 0)
		return r;
	monitor_link_release(&w->link);
	w->started = false;
	take_run(w);
	r = monitor_link_open(w->in.dirfd, MONITOR_WANT_EXIT | MONITOR_WILL_REAP, &w->link);
	if (r < 0)
		return fail(w, r, "connect to its monitor", err);
	w->linked = true;
	return 0;
}

/* Sleep until the monitor, the database or the client has news. */
static int sleep_for_news(struct waiter *w, bool *ret_monitor, struct error *err)
{
	bool watch = w->watch_fd >= 0 && !(w->linked && w->link.fd >= 0);
	struct pollfd fds[3] = {
		{ .fd = w->linked ? monitor_link_fd(&w->link) : -1, .events = POLLIN },
		{ .fd = w->cancel_fd, .events = POLLRDHUP },
		{ .fd = watch ? w->watch_fd : -1, .events = POLLIN },
	};
	int r;

	do
		r = poll(fds, 3, -1);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return fail(w, -errno, "poll", err);
	if (fds[1].revents)
		return -ECANCELED;
	if (fds[2].revents)
		event_watch_drain(&w->e->store, w->watch_fd);
	*ret_monitor = fds[0].revents != 0;
	return 0;
}

/* Wait for the monitor's last step: the removal of the runtime's part. One that was killed has its
 * connections closed before its lock is dropped, so the lock is waited for; not the whole process,
 * which may still be busy with its mounts. */
static int wait_monitor_end(struct waiter *w, struct error *err)
{
	struct monitor_frame frame;
	char data[MONITOR_DATA_MAX];
	size_t len;
	int r;

	while (w->link.fd >= 0 && monitor_frame_recv(w->link.fd, false, &frame, data, &len, 0) > 0)
		;
	r = monitor_wait_gone(w->in.dirfd, w->run_fd);
	return r < 0 ? fail(w, r, "see its monitor's end", err) : 0;
}

/* What is removed at its end (--rm) is so when its monitor is gone; else nobody waits for that,
 * unless it went without a word. */
static int fold(struct waiter *w, struct error *err)
{
	int r = 0;

	if (w->link.fd < 0 || w->condition == WAIT_REMOVED || w->in.rec.auto_remove)
		r = wait_monitor_end(w, err);
	if (r == 0)
		r = engine_reap(w->e, w->id, err);
	if (r < 0)
		return r;
	monitor_link_release(&w->link);
	w->linked = false;
	return 0;
}

/* One message of the monitor. 1: the run has ended, w->code says how; 0: wait on; < 0. */
static int hear_monitor(struct waiter *w, struct error *err)
{
	struct monitor_frame frame;
	char data[MONITOR_DATA_MAX];
	size_t len;
	int r;

	if (w->link.fd < 0) {
		r = monitor_link_accept(&w->link);
		take_run(w); /* that of the one which has connected */
		return r < 0 ? fail(w, r, "accept its monitor", err) : 0;
	}
	r = monitor_frame_recv(w->link.fd, false, &frame, data, &len, 0);
	if (r <= 0) { /* its start failed, it was killed, or it was ending when we came */
		bool failed = w->started || w->link.dirfd >= 0;

		macros_close_fd(&w->link.fd);
		r = fold(w, err);
		if (r < 0 || !failed)
			return r;
		r = look(w, err);
		w->code = r < 0 ? w->code : (int)w->in.rec.life.exit_code;
		return r == -ENOENT || r == 0 ? 1 : r;
	}
	w->started = true;
	if (frame.type != MONITOR_EXIT)
		return 0;
	w->code = (int)frame.arg;
	if (frame.flags & MONITOR_WILL_RESTART)
		return w->condition == WAIT_REMOVED ? 0 : 1;
	r = fold(w, err);
	return r < 0 ? r : 1;
}

/* Connected to whatever has to be heard. A monitor that ended between the look at the record and
 * this tells nobody any more: then there is no link, and the record says the rest. */
static int connect_news(struct waiter *w, struct error *err)
{
	int r = connect_monitor(w, err);

	return r < 0 || w->link.fd >= 0 || w->condition != WAIT_NOT_RUNNING ? r : fold(w, err);
}

/* Between events: what the record says now. 1: the wait is over; 0: it goes on, connected to
 * whatever has to be heard; < 0. */
static int settle(struct waiter *w, struct error *err)
{
	while (true) {
		int r = look(w, err);

		if (r == -ENOENT)
			return 1;
		if (r < 0 || w->linked)
			return r;
		w->code = (int)w->in.rec.life.exit_code;
		if (w->condition == WAIT_NOT_RUNNING && !is_up(w))
			return 1;
		r = connect_news(w, err);
		if (r < 0 || w->linked)
			return r;
	}
}

static int wait_loop(struct waiter *w, struct error *err)
{
	int r = settle(w, err);

	while (r == 0) {
		bool monitor = false;

		r = sleep_for_news(w, &monitor, err);
		if (r == 0 && monitor)
			r = hear_monitor(w, err);
		if (r == 1 && w->condition != WAIT_REMOVED)
			return 1;
		if (r == 1 || (r == 0 && !(w->linked && w->link.fd >= 0)))
			r = settle(w, err);
	}
	return r;
}

static int waiter_open(struct waiter *w, const char *ref, struct error *err)
{
	int r = instance_open(w->e, ref, &w->in, err);

	if (r < 0)
		return r;
	w->id = xstrdup(w->in.rec.id);
	if (w->condition == WAIT_REMOVED) {
		r = event_watch(&w->e->store, &w->watch_fd, err);
		if (r < 0)
			return r;
	}
	if (w->condition == WAIT_NOT_RUNNING && !is_up(w))
		return 0;
	return connect_news(w, err);
}

int engine_wait(struct engine *e, const char *ref, enum wait_condition condition, int cancel_fd,
		int (*armed)(void *arg), void *arg, int *ret_code, struct error *err)
{
	cleanup(waiter_release) struct waiter w = WAITER_INIT;
	int r;

	w.e = e;
	w.condition = condition;
	w.cancel_fd = cancel_fd;
	r = waiter_open(&w, ref, err);
	if (r < 0)
		return r;
	r = armed ? armed(arg) : 0;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "answer the waiting client");
	r = wait_loop(&w, err);
	if (r < 0)
		return r;
	*ret_code = w.code;
	return 0;
}
