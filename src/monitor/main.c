/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy-monitor: one per running container or exec session. It owns the container's root mount, its
 * stdio, log, exit status and restarts. Started by engine/start and engine/exec with the argv of
 * wire/monitor.h; runs as root of the engine; has no threads and parses nothing but its engine's
 * frames and the runtime's log.
 *
 * When the monitor itself is killed, the container cannot be told to die with it: a parent-death
 * signal would already fire when the runtime, the container's first parent, exits. Its stdio is
 * broken then, and the lock is free beside a state that says running: whoever looks next
 * (engine_reap) ends it by the runtime's `delete --force`.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "monitor/rootfs.h"
#include "monitor/serve.h"
#include "monitor/session.h"
#include "sys/fd.h"

enum { EXIT_USAGE = 2 };

static void answer_ready(struct session *s, const struct error *err)
{
	char text[MONITOR_READY_MAX];
	int n;

	if (s->args.ready_fd < 0)
		return;
	if (err->kind == ERR_NONE)
		n = snprintf(text, sizeof(text), "ok %d\n", (int)s->state.pid);
	else
		n = snprintf(text, sizeof(text), "error %.*s\n", MONITOR_READY_MAX - 16,
			     error_text(err));
	/* An engine that did not wait for the answer finds it in the state file. */
	ignore_result(fd_write_all(s->args.ready_fd, text, (size_t)n));
	macros_close_fd(&s->args.ready_fd);
}

static int start(struct session *s, struct error *err)
{
	int r = 0;

	/* First of all: a directory that was opened before would be one of the host's mounts. */
	if (!s->args.exec_id)
		r = rootfs_enter(&s->args, &s->home, &s->layers, err);
	if (r == 0)
		r = session_open(s, err);
	if (r == 0)
		r = session_start(s, err);
	return r;
}

/* Nobody folds the record: the exit command does it in our place. Its exec closes every fd, the
 * lock among them. Returns when it could not be run: the next look will fold it. */
static void run_exit_command(const struct session *s)
{
	if (s->args.exit_command && !s->clients.reaper_told)
		session_exec(s, s->args.exit_command);
}

/* The root of a container that does not run, for as long as somebody copies in it. */
static int hold_root(struct session *s, struct error *err)
{
	int r = rootfs_enter(&s->args, &s->home, &s->layers, err);

	s->state.pid = getpid();
	answer_ready(s, err);
	if (r < 0)
		return EXIT_FAILURE;
	while (true)
		(void)pause();
}

int main(int argc, char **argv)
{
	struct session session cleanup(session_release) = SESSION_INIT;
	struct error err cleanup(error_release) = ERROR_INIT;
	const char *bad = NULL;
	int r;

	log_init("hoy-monitor", LOG_WARNING);
	if (monitor_args_from_argv(argc, argv, &session.args, &bad) < 0)
		die(EXIT_USAGE, "bad or missing argument %s (started by hoyd only)", bad);
	if (fd_cloexec_from(3, NULL, 0) < 0)
		die(EXIT_FAILURE, "cannot close inherited files: %s", strerror(errno));
	(void)setsid(); /* fails only when we are a session's leader already */
	(void)umask(022);
	if (session.args.root_only)
		return hold_root(&session, &err);
	r = start(&session, &err);
	answer_ready(&session, &err);
	if (r < 0)
		return EXIT_FAILURE;
	serve(&session);
	layer_mounts_untell(&session.args, &session.layers);
	output_log_release(&session.log); /* while nobody else may have the files */
	run_exit_command(&session);
	/* Before the clients hear our end: what they do next wants the lock to be free, and the
	 * kernel would drop it only after it has taken down our mounts. */
	macros_close_fd(&session.args.lock_fd);
	return EXIT_SUCCESS;
}
