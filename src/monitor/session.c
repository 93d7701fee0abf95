/* SPDX-License-Identifier: Apache-2.0 */
/* A container's runs: the state machine of session.h. serve.c calls it from the loop. */
#include "monitor/session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "monitor/runtime.h"
#include "sys/process.h"
#include "sys/rlimit.h"
#include "sys/signals.h"

enum { EXIT_START_FAILED = 128, EXIT_PROBE_FAILED = 126 };

int session_open(struct session *s, struct error *err)
{
	/* SIGPIPE only ever arrives blocked: a write to a closed pipe is an ordinary -EPIPE. */
	static const int signals[] = { SIGCHLD, SIGPIPE };
	int r;

	s->dirfd = open(s->args.dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (s->dirfd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open %s", s->args.dir);
	if (restart_init(&s->restart, s->args.restart, s->args.restart_max) < 0)
		return error_set(err, ERR_INVALID, 0, "unknown restart policy '%s'",
				 s->args.restart);
	s->health = (struct health_timer){ .interval = s->args.health_interval,
					   .start_interval = s->args.health_start_interval,
					   .start_period = s->args.health_start_period };
	s->signal_fd = signals_open(signals, ARRAY_SIZE(signals));
	if (s->signal_fd < 0)
		return error_set(err, ERR_SYSTEM, -s->signal_fd, "make a signal fd");
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "become a subreaper");
	if (s->args.resolver && resolver_watch_set(&s->resolver, s->args.resolver, 0) < 0)
		return error_set(err, ERR_INVALID, 0, "bad resolver '%s'", s->args.resolver);
	r = output_log_open(&s->args, &s->home, &s->log, err);
	if (r < 0)
		return r;
	s->state.status = MONITOR_STARTING;
	r = monitor_state_write_at(s->dirfd, &s->state);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "write the state file");
	r = clients_open(s->dirfd, &s->clients, err);
	if (r >= 0)
		layer_mounts_tell(&s->args, &s->layers);
	return r;
}

void session_release(struct session *s)
{
	macros_close_fd(&s->init_pidfd);
	oom_release(&s->oom);
	resolver_watch_release(&s->resolver);
	streams_release(&s->io);
	output_log_release(&s->log);
	clients_release(&s->clients);
	monitor_state_release(&s->state);
	macros_close_fd(&s->signal_fd);
	macros_close_fd(&s->dirfd);
	layer_mounts_untell(&s->args, &s->layers);
	layer_mounts_release(&s->layers);
	mount_home_release(&s->home);
	monitor_args_release(&s->args);
}

static void write_state(struct session *s)
{
	/* A full run directory cannot be helped here: the lock still tells when we end. */
	ignore_result(monitor_state_write_at(s->dirfd, &s->state));
}

static int start(struct session *s, struct error *err)
{
	int r = streams_open(&s->args, s->dirfd, &s->io, err);

	if (r < 0)
		return r;
	r = runtime_start(&s->args, s->dirfd, &s->io, &s->state.pid, &s->init_pidfd, err);
	if (r < 0)
		return r;
	s->state.started = clock_now();
	r = process_start_time(s->state.pid, &s->state.pid_start);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read the start time of the container");
	if (!s->args.exec_id)
		oom_open(&s->oom, s->state.pid);
	return streams_started(&s->io, err);
}

static void remove_runtime_part(struct session *s)
{
	if (!s->args.exec_id)
		runtime_delete(&s->args);
}

static void start_failed(struct session *s, const struct error *err)
{
	if (s->init_pidfd >= 0)
		ignore_result(process_signal(s->init_pidfd, SIGKILL));
	macros_close_fd(&s->init_pidfd);
	streams_release(&s->io);
	oom_release(&s->oom);
	remove_runtime_part(s);
	s->state.status = MONITOR_STOPPED;
	s->state.pid = 0;
	s->state.pid_start = 0;
	s->state.cleaned = true;
	s->state.exit_code = EXIT_START_FAILED;
	s->state.finished = clock_now();
	s->state.error = xstrdup(error_text(err));
	write_state(s);
}

int session_start(struct session *s, struct error *err)
{
	struct monitor_frame started = { .type = MONITOR_STARTED };
	int r;

	s->restart_at = 0;
	s->reaped = false;
	r = start(s, err);
	if (r < 0) {
		start_failed(s, err);
		return r;
	}
	s->state.status = MONITOR_RUNNING;
	write_state(s);
	health_timer_begin(&s->health, clock_monotonic());
	resolver_watch_begin(&s->resolver, clock_monotonic());
	started.arg = (uint32_t)s->state.pid;
	clients_broadcast(&s->clients, MONITOR_WANT_EXIT, &started, NULL, 0);
	return 0;
}

void session_reap(struct session *s)
{
	for (;;) {
		siginfo_t si = { 0 };

		if (waitid(P_ALL, 0, &si, WEXITED | WNOHANG) < 0 || si.si_pid == 0)
			return;
		logfile_reap(&s->log.file);
		if (s->health.probe > 0 && si.si_pid == s->health.probe)
			health_timer_probed(&s->health,
					    si.si_code == CLD_EXITED && si.si_status == 0,
					    clock_monotonic());
		if (s->init_pidfd < 0 || si.si_pid != s->state.pid)
			continue; /* an orphan of a container that shares the host's pids */
		s->reaped = true;
		s->state.exit_code = si.si_code == CLD_EXITED ? si.si_status : 128 + si.si_status;
		s->state.finished = clock_now();
	}
}

static void tell_exit(struct session *s)
{
	struct monitor_frame frame = { .type = MONITOR_EXIT, .arg = (uint32_t)s->state.exit_code };

	if (s->state.oom_killed)
		frame.flags |= MONITOR_OOM_KILLED;
	if (s->state.status == MONITOR_RESTARTING)
		frame.flags |= MONITOR_WILL_RESTART;
	clients_broadcast(&s->clients, MONITOR_WANT_EXIT, &frame, NULL, 0);
}

void session_ended(struct session *s)
{
	int64_t delay, ran = s->state.finished - s->state.started;

	health_timer_end(&s->health);
	output_log_flush(&s->log);
	streams_release(&s->io);
	macros_close_fd(&s->init_pidfd);
	s->state.oom_killed = oom_happened(&s->oom);
	oom_release(&s->oom);
	s->state.pid = 0;
	s->state.pid_start = 0;
	s->state.status = MONITOR_STOPPED;
	if (restart_next(&s->restart, s->state.exit_code, ran, &delay)) {
		s->state.status = MONITOR_RESTARTING;
		s->state.restarts = s->restart.count;
		s->restart_at = clock_monotonic() + delay;
	}
	write_state(s);
	tell_exit(s);
	remove_runtime_part(s);
	if (s->state.status == MONITOR_STOPPED) {
		s->state.cleaned = true;
		write_state(s);
	}
}

void session_exec(const struct session *s, char *const *argv)
{
	if (s->home.ns >= 0 && rootfs_leave(&s->home) < 0)
		return;
	signals_reset();
	rlimit_restore_files();
	(void)execv(argv[0], argv);
}

/* In a child, which session_reap waits for. */
static pid_t run_beside(const struct session *s, char *const *argv)
{
	pid_t pid = fork();

	if (pid == 0) {
		session_exec(s, argv);
		_exit(EXIT_PROBE_FAILED);
	}
	return pid;
}

void session_renew_resolver(struct session *s)
{
	s->resolver.due_at = 0;
	if (s->args.resolver_command)
		(void)run_beside(s, s->args.resolver_command);
}

void session_probe(struct session *s)
{
	pid_t pid = run_beside(s, s->args.health_command);

	if (pid > 0)
		s->health.probe = pid;
	else
		health_timer_probed(&s->health, false, clock_monotonic()); /* later, then */
}

void session_cancel(struct session *s)
{
	s->restart.cancelled = true;
	if (s->state.status != MONITOR_RESTARTING)
		return;
	s->restart_at = 0;
	s->state.status = MONITOR_STOPPED;
	s->state.cleaned = true;
	write_state(s);
	tell_exit(s); /* whoever still owes the last EXIT gets this one in its place */
}
