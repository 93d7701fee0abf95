/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stop, kill and restart: a signal through the monitor (it holds the pidfd), then its end as an
 * event on the same connection, then the lock that it drops when all is done. One that was killed
 * closes its connections some time before its lock, and may not answer a new one at all: the lock
 * is what counts, so that whoever folds the record afterwards finds the run ended.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/parse.h"
#include "engine/monitor-client.h"
#include "engine/pause.h"
#include "engine/reap.h"
#include "engine/start.h"

enum { STOP_TIMEOUT_DEFAULT_S = 10 };

static int signal_parse(const char *text, int fallback, int *ret, struct error *err)
{
	*ret = fallback;
	if (!text || !text[0])
		return 0;
	if (parse_signal(text, ret) < 0)
		return error_set(err, ERR_INVALID, EINVAL, "invalid signal: %s", text);
	return 0;
}

static int event_kill(struct engine *e, const struct instance *in, int sig, struct error *err)
{
	cleanup(strmap_release) struct strmap extra = STRMAP_INIT;
	cleanup_free char *number = xasprintf("%d", sig);

	strmap_set(&extra, "signal", number);
	return instance_event(e, &in->rec, "kill", &extra, err);
}

static int poll_until(int fd, int64_t deadline)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	int64_t left;
	int r, ms;

	do {
		left = deadline < 0 ? -1 : (deadline - clock_monotonic() + 999999) / 1000000;
		ms = left > INT32_MAX ? INT32_MAX : (int)left;
		if (deadline >= 0 && ms < 0)
			ms = 0;
		r = poll(&pfd, 1, ms);
	} while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : r;
}

/* Read frames until the monitor is gone. 0: gone, -ETIMEDOUT: the deadline (CLOCK_MONOTONIC, -1
 * never) came first, or another error. */
static int wait_end(int fd, int64_t deadline)
{
	struct monitor_frame frame;
	char data[MONITOR_DATA_MAX];
	size_t len;
	int r;

	for (;;) {
		r = poll_until(fd, deadline);
		if (r < 0)
			return r;
		if (r == 0)
			return -ETIMEDOUT;
		r = monitor_frame_recv(fd, false, &frame, data, &len, MSG_DONTWAIT);
		if (r == 0 || r == -ECONNRESET)
			return 0;
		if (r < 0 && r != -EAGAIN)
			return r;
	}
}

static int send_signal(int fd, int sig, bool no_restart)
{
	struct monitor_frame frame = {
		.type = MONITOR_SIGNAL,
		.flags = no_restart ? MONITOR_NO_RESTART : 0,
		.arg = (uint32_t)sig,
	};
	int r = monitor_frame_send(fd, &frame, NULL, 0, 0);

	return r == -EPIPE || r == -ECONNRESET ? 0 : r; /* it ended meanwhile */
}

static int monitor_fail(const struct instance *in, int r, struct error *err)
{
	return error_set(err, ERR_SYSTEM, -r, "talk to the monitor of container %s", in->rec.id);
}

static int64_t stop_deadline(const struct container_config *config,
			     const struct engine_stop_options *opts)
{
	int64_t seconds = STOP_TIMEOUT_DEFAULT_S;

	if (opts && opts->timeout.set)
		seconds = opts->timeout.value;
	else if (config->stop_timeout.set)
		seconds = config->stop_timeout.value;
	if (seconds < 0)
		return -1;
	if (seconds > INT32_MAX)
		seconds = INT32_MAX;
	return clock_monotonic() + seconds * 1000000000;
}

static int wait_gone(const struct instance *in, int run_fd, struct error *err)
{
	int r = monitor_wait_gone(in->dirfd, run_fd);

	return r < 0 ? monitor_fail(in, r, err) : 0;
}

/* The event, and the freezer opened where the signal means the end. */
static int signal_sent(struct engine *e, const struct instance *in, int sig, bool ends,
		       struct error *err)
{
	int r = ends ? pause_lift(e, in, err) : 0;

	return r < 0 ? r : event_kill(e, in, sig, err);
}

/* The signal, the grace time, SIGKILL; ends when the monitor is gone, or goes. */
static int stop_dialogue(struct engine *e, const struct instance *in, int sig, int64_t deadline,
			 struct error *err)
{
	cleanup_fd int fd = monitor_connect(in->dirfd, MONITOR_WANT_EXIT | MONITOR_WILL_REAP);
	int r = fd < 0 ? fd : send_signal(fd, sig, true);

	if (r == -ESRCH)
		return 0;
	if (r < 0)
		return monitor_fail(in, r, err);
	r = signal_sent(e, in, sig, true, err);
	if (r < 0)
		return r;
	r = wait_end(fd, deadline);
	if (r != -ETIMEDOUT)
		return r < 0 ? monitor_fail(in, r, err) : 0;
	r = send_signal(fd, SIGKILL, true);
	if (r < 0)
		return monitor_fail(in, r, err);
	r = signal_sent(e, in, SIGKILL, true, err);
	if (r < 0)
		return r;
	r = wait_end(fd, -1);
	return r < 0 ? monitor_fail(in, r, err) : 0;
}

int stop_instance(struct engine *e, const struct instance *in,
		  const struct engine_stop_options *opts, struct error *err)
{
	cleanup(container_config_release) struct container_config config = { 0 };
	cleanup_fd int run_fd = -1;
	int sig, r;

	if (in->dirfd < 0)
		return 0;
	run_fd = monitor_run_open(in->dirfd);
	r = instance_config(in, &config, err);
	if (r >= 0)
		r = signal_parse(config.stop_signal, SIGTERM, &sig, err);
	if (r >= 0 && opts)
		r = signal_parse(opts->signal, sig, &sig, err);
	if (r >= 0)
		r = container_set_stopped(&e->store, in->rec.id, true, err);
	if (r >= 0)
		r = stop_dialogue(e, in, sig, stop_deadline(&config, opts), err);
	return r < 0 ? r : wait_gone(in, run_fd, err);
}

static bool instance_runs(const struct instance *in)
{
	return container_status_is_up(in->rec.life.status);
}

int engine_stop(struct engine *e, const char *ref, const struct engine_stop_options *opts,
		struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	int r = instance_open(e, ref, &in, err);

	if (r < 0)
		return r;
	if (!instance_runs(&in))
		return -EALREADY;
	r = stop_instance(e, &in, opts, err);
	if (r >= 0)
		r = engine_reap(e, in.rec.id, err);
	return r < 0 ? r : instance_event(e, &in.rec, "stop", NULL, err);
}

int engine_restart(struct engine *e, const char *ref, const struct engine_stop_options *opts,
		   struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	int r = instance_open_locked(e, ref, &in, err);

	if (r < 0)
		return r;
	if (instance_runs(&in)) {
		r = stop_instance(e, &in, opts, err);
		in.rec.auto_remove = false; /* this end is not the end */
		if (r >= 0)
			r = reap_instance(e, &in, err);
		if (r >= 0)
			r = instance_event(e, &in.rec, "stop", NULL, err);
		if (r < 0)
			return r;
	}
	r = start_instance(e, &in, err);
	return r < 0 ? r : instance_event(e, &in.rec, "restart", NULL, err);
}

/* SIGKILL, and what comes of it. */
static int kill_and_wait(struct engine *e, const struct instance *in, bool no_restart,
			 struct error *err)
{
	cleanup_fd int run_fd = monitor_run_open(in->dirfd);
	cleanup_fd int fd = monitor_connect(in->dirfd, MONITOR_WANT_EXIT | MONITOR_WILL_REAP);
	int r = fd < 0 ? fd : send_signal(fd, SIGKILL, no_restart);

	if (r < 0 && r != -ESRCH)
		return monitor_fail(in, r, err);
	if (r >= 0) {
		r = pause_lift(e, in, err);
		if (r < 0)
			return r;
		r = wait_end(fd, -1);
		if (r < 0)
			return monitor_fail(in, r, err);
	}
	return wait_gone(in, run_fd, err);
}

int kill_instance(struct engine *e, const struct instance *in, int sig, bool no_restart,
		  struct error *err)
{
	int r;

	if (sig == SIGKILL) {
		r = kill_and_wait(e, in, no_restart, err);
		return r < 0 ? r : event_kill(e, in, sig, err);
	}
	r = monitor_signal(in->dirfd, sig, no_restart);
	if (r < 0 && r != -ESRCH)
		return monitor_fail(in, r, err);
	return signal_sent(e, in, sig, no_restart, err);
}

/* Docker's rule: the signal that stops, and SIGKILL, mean that the user wants it down. */
static int kill_ends(const struct instance *in, int sig, bool *ret, struct error *err)
{
	cleanup(container_config_release) struct container_config config = { 0 };
	int stop_signal, r;

	r = instance_config(in, &config, err);
	if (r >= 0)
		r = signal_parse(config.stop_signal, 0, &stop_signal, err);
	if (r < 0)
		return r;
	*ret = stop_signal == 0 || sig == stop_signal || sig == SIGKILL;
	return 0;
}

int engine_kill(struct engine *e, const char *ref, const char *signal_text, struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	bool ends = false;
	int sig, r;

	r = signal_parse(signal_text, SIGKILL, &sig, err);
	if (r < 0)
		return r;
	r = instance_open(e, ref, &in, err);
	if (r >= 0)
		r = instance_must_run(&in, err);
	if (r < 0)
		return error_prefix(err, "cannot kill container: %s", ref);
	r = kill_ends(&in, sig, &ends, err);
	if (r >= 0 && ends)
		r = container_set_stopped(&e->store, in.rec.id, true, err);
	if (r >= 0)
		r = kill_instance(e, &in, sig, ends, err);
	return r < 0 || sig != SIGKILL ? r : engine_reap(e, in.rec.id, err);
}
