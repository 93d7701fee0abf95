/* SPDX-License-Identifier: Apache-2.0 */
/* hoy-runtime events: a line of JSON when the out-of-memory killer was there, and one with figures
 * at each interval, until the container ends. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>

#include "runtime/cgroup-container.h"
#include "runtime/container.h"
#include "runtime/event-stats.h"

enum { NS_PER_S = 1000000000 };

struct events_options {
	int64_t interval;
	bool stats;
};

static const struct arg_option events_rows[] = {
	ARG_DURATION(struct events_options, interval, "interval", 0,
		     "how often figures are printed", .def = "5s"),
	ARG_BOOL(struct events_options, stats, "stats", 0, "print the figures once"),
};

static const struct arg_spec events_spec = {
	.command = "events",
	.usage = "[OPTIONS] CONTAINER",
	.summary = "Print what happens in a container and what it uses",
	ARG_OPTIONS(events_rows),
	.min_args = 1,
	.max_args = 1,
};

enum { SLOT_PROCESS, SLOT_TIMER, SLOT_OOM, SLOT_COUNT };

struct watch {
	struct pollfd fds[SLOT_COUNT];
	uint64_t oom_kills;
};

static void watch_release(struct watch *w)
{
	for (size_t i = 0; i < SLOT_COUNT; i++)
		macros_close_fd(&w->fds[i].fd);
}

/* Readable after each visit of the killer: v1 by the eventfd that memory.oom_control feeds, v2 when
 * memory.events changes. */
static int oom_open(const struct cgroup *cg)
{
	const struct cgroup_dir *dir = cgroup_dir_of(cg, "memory");
	cleanup_fd int fd = -1, control = -1;
	cleanup_free char *file = NULL;
	char text[32];
	int r;

	if (!dir)
		return -ENODEV;
	if (cg->mode == CGROUP_V2) {
		file = xasprintf("%s/memory.events", dir->path);
		fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
		if (fd < 0 || inotify_add_watch(fd, file, IN_MODIFY) < 0)
			return -errno;
		return take_fd(&fd);
	}
	file = xasprintf("%s/memory.oom_control", dir->path);
	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	control = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || control < 0)
		return -errno;
	(void)snprintf(text, sizeof(text), "%d %d", fd, control);
	r = cgroup_write(cg, "memory", "cgroup.event_control", text);
	return r < 0 ? r : take_fd(&fd);
}

static int timer_open(int64_t interval)
{
	const struct timespec period = { interval / NS_PER_S, interval % NS_PER_S };
	const struct itimerspec spec = { .it_interval = period, .it_value = period };
	cleanup_fd int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0 || timerfd_settime(fd, 0, &spec, NULL) < 0)
		return -errno;
	return take_fd(&fd);
}

static int print_event(const struct container *c, const struct cgroup *cg, const char *type,
		       struct error *err)
{
	struct strbuf line = STRBUF_INIT;
	int r = 0;

	strbuf_addf(&line, "{\"type\":\"%s\",\"id\":", type);
	json_quote(&line, c->id, strlen(c->id));
	if (cg) {
		strbuf_adds(&line, ",\"data\":");
		event_stats_json(cg, &line);
	}
	strbuf_addc(&line, '}');
	if (puts(line.data) < 0 || fflush(stdout) != 0)
		r = error_set(err, ERR_SYSTEM, errno, "write an event");
	strbuf_release(&line);
	return r;
}

/* v1 signals the eventfd before the killer has counted its victim, and once more when the cgroup
 * has gone: what it says counts, the last of a cgroup that is no more apart. */
static bool oom_signalled(const struct watch *w, const struct cgroup *cg)
{
	cleanup_free char *text = NULL;
	uint64_t signals;

	if (read(w->fds[SLOT_OOM].fd, &signals, sizeof(signals)) != sizeof(signals))
		return false;
	return signals > 1 || cgroup_read(cg, "memory", "memory.oom_control", &text) >= 0;
}

/* v2 tells of other changes too: the count has to have grown. */
static bool oom_counted(struct watch *w, const struct cgroup *cg)
{
	char changes[4096];
	ssize_t n = read(w->fds[SLOT_OOM].fd, changes, sizeof(changes));
	uint64_t kills = cgroup_oom_kills(cg);

	if (n <= 0 && errno != EAGAIN)
		macros_close_fd(&w->fds[SLOT_OOM].fd);
	if (kills <= w->oom_kills)
		return false;
	w->oom_kills = kills;
	return true;
}

static int report_oom(struct watch *w, const struct container *c, const struct cgroup *cg,
		      struct error *err)
{
	bool happened = cg->mode == CGROUP_V2 ? oom_counted(w, cg) : oom_signalled(w, cg);

	return happened ? print_event(c, NULL, "oom", err) : 0;
}

static int watch_until_end(struct watch *w, const struct container *c, const struct cgroup *cg,
			   struct error *err)
{
	int r = 0;

	while (!r) {
		uint64_t ticks;

		if (poll(w->fds, SLOT_COUNT, -1) < 0 && errno != EINTR)
			return error_set(err, ERR_SYSTEM, errno, "poll");
		/* v2 may tell of the last one later than of the process's end */
		if (w->fds[SLOT_OOM].revents ||
		    (w->fds[SLOT_PROCESS].revents && w->fds[SLOT_OOM].fd >= 0))
			r = report_oom(w, c, cg, err);
		if (w->fds[SLOT_PROCESS].revents)
			return r;
		if (!r && w->fds[SLOT_TIMER].revents &&
		    read(w->fds[SLOT_TIMER].fd, &ticks, sizeof(ticks)) == sizeof(ticks))
			r = print_event(c, cg, "stats", err);
	}
	return r;
}

static int watch(const struct container *c, const struct cgroup *cg, int64_t interval,
		 struct error *err)
{
	cleanup(watch_release) struct watch w = { .oom_kills = cgroup_oom_kills(cg) };

	w.fds[SLOT_PROCESS] = (struct pollfd){ .fd = container_pidfd(c), .events = POLLIN };
	w.fds[SLOT_TIMER] = (struct pollfd){ .fd = timer_open(interval), .events = POLLIN };
	/* without a memory controller there are figures still */
	w.fds[SLOT_OOM] = (struct pollfd){ .fd = oom_open(cg), .events = POLLIN };
	if (w.fds[SLOT_PROCESS].fd < 0)
		return 0; /* it has ended since */
	if (w.fds[SLOT_TIMER].fd < 0)
		return error_set(err, ERR_SYSTEM, -w.fds[SLOT_TIMER].fd, "make a timer");
	return watch_until_end(&w, c, cg, err);
}

static int events(const struct globals *g, const char *id, const struct events_options *o,
		  struct error *err)
{
	cleanup(container_unload) struct container c = CONTAINER_INIT;
	cleanup(cgroup_release) struct cgroup cg = { 0 };
	int r;

	if (o->interval <= 0)
		return error_set(err, ERR_INVALID, 0, "duration interval must be greater than 0");
	r = container_open(g->root, id, &c, err);
	if (r < 0)
		return r;
	if (c.half_made || container_status(&c) == CONTAINER_STOPPED)
		return error_set(err, ERR_CONFLICT, 0, "container with id %s is not running", id);
	r = container_cgroup_find(&c, &cg, err);
	if (r < 0)
		return r;
	return o->stats ? print_event(&c, &cg, "stats", err) : watch(&c, &cg, o->interval, err);
}

static int run_events(const struct globals *g, int argc, char **argv, int *ret_status,
		      struct error *err)
{
	struct events_options o = { 0 };
	cleanup_free char **words = NULL;
	int r = command_parse(&events_spec, argc, argv, &o, &words, err);

	*ret_status = 0;
	if (!r)
		r = events(g, words[0], &o, err);
	args_release(&events_spec, &o);
	return r;
}

const struct command cmd_events = { .spec = &events_spec, .run = run_events };
