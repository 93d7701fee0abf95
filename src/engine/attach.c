/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attach: a client's stream and a container's, whether it runs already or is started later.
 * Prepared while an error can still be an HTTP status, carried out on the hijacked connection.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/attachment.h"
#include "engine/exec-session.h"
#include "engine/logs.h"

void engine_attach_free(struct attachment *at)
{
	if (!at)
		return;
	if (at->exec && at->ended) /* nobody waits for that */
		exec_session_clear(&at->in, at->exec->rec.id);
	exec_session_free(at->exec);
	relay_release(&at->relay);
	macros_close_fd(&at->run_fd);
	instance_release(&at->in);
	free(at->replay);
	free(at);
}

static void attachment_release(struct attachment **at)
{
	engine_attach_free(*at);
}

static int check_state(const struct instance *in, const char *ref, struct error *err)
{
	if (in->rec.life.status == CONTAINER_PAUSED)
		return error_set(err, ERR_CONFLICT, 0,
				 "container %s is paused, unpause the container before attach",
				 ref);
	if (in->rec.life.status == CONTAINER_RESTARTING)
		return error_set(err, ERR_CONFLICT, 0,
				 "container %s is restarting, wait until the container is running",
				 ref);
	return 0;
}

/* The run directory, made when the container never ran: the pending socket lives there. */
static int make_dir(struct attachment *at, struct error *err)
{
	const char *id = at->in.rec.id;
	cleanup(container_release) struct container rec = CONTAINER_INIT;
	int r;

	if (at->in.dirfd >= 0)
		return 0;
	if (mkdirat(at->e->run_fd, id, 0700) < 0 && errno != EEXIST)
		return error_set(err, ERR_SYSTEM, errno, "create run directory of %s", id);
	r = container_get(&at->e->store, id, &rec, err);
	if (r == -ENOENT)
		return error_set(err, ERR_NOT_FOUND, ENOENT, "No such container: %s", id);
	if (r < 0)
		return r;
	instance_release(&at->in);
	r = instance_from_record(at->e, &rec, &at->in, err);
	if (r == 0 && at->in.dirfd < 0)
		return error_set(err, ERR_SYSTEM, ENOENT, "open run directory of a container");
	return r;
}

static unsigned int wanted_frames(const struct attach_options *opts, bool open_stdin)
{
	unsigned int flags = MONITOR_WANT_EXIT | (opts->start ? MONITOR_WILL_REAP : 0);

	if (opts->want_stdin && open_stdin)
		flags |= MONITOR_WANT_STDIN;
	if (opts->want_stdout)
		flags |= MONITOR_WANT_STDOUT;
	if (opts->want_stderr)
		flags |= MONITOR_WANT_STDERR;
	return flags;
}

static struct logs_options *replay_options(const struct attach_options *opts)
{
	struct logs_options *logs = opts->logs ? xcalloc(1, sizeof(*logs)) : NULL;

	if (logs)
		*logs = (struct logs_options){ .want_stdout = opts->want_stdout,
					       .want_stderr = opts->want_stderr,
					       .tail = -1 };
	return logs;
}

static int link_open(struct attachment *at, unsigned int flags, struct error *err)
{
	int r = monitor_link_open(at->in.dirfd, flags, &at->relay.link);

	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "reach the monitor of container %s",
				 at->in.rec.id)
		     : 0;
}

static int prepare(struct attachment *at, const struct attach_options *opts,
		   const struct container_config *config, struct error *err)
{
	unsigned int flags = wanted_frames(opts, config->open_stdin);
	struct detach_keys keys;
	int r = detach_keys_parse(opts->detach_keys, &keys, err);

	if (r < 0)
		return r;
	if (config->tty)
		at->relay.keys = keys;
	at->relay.want_stdin = flags & MONITOR_WANT_STDIN;
	at->relays = opts->stream;
	at->replay = replay_options(opts);
	if (!opts->stream)
		return 0;
	r = make_dir(at, err);
	if (r == 0)
		r = link_open(at, flags, err);
	return r < 0 ? r : instance_event(at->e, &at->in.rec, "attach", NULL, err);
}

int engine_attach_open(struct engine *e, const char *ref, const struct attach_options *opts,
		       struct attachment **ret, bool *ret_tty, struct error *err)
{
	cleanup(attachment_release) struct attachment *at = xcalloc(1, sizeof(*at));
	cleanup(container_config_release) struct container_config config = { 0 };
	int r;

	*at = (struct attachment)ATTACHMENT_INIT;
	at->e = e;
	r = instance_open(e, ref, &at->in, err);
	if (r == 0)
		r = check_state(&at->in, ref, err);
	if (r == 0)
		r = instance_config(&at->in, &config, err);
	if (r == 0)
		r = prepare(at, opts, &config, err);
	if (r < 0)
		return r;
	*ret_tty = config.tty;
	*ret = take_ptr(at);
	return 0;
}

static int relay_container(struct attachment *at, struct engine_stream *stream, struct error *err)
{
	int r;

	for (;;) {
		unsigned int flags = at->relay.link.flags;
		/* Without a pending socket, silence means that the monitor we found was the
		 * last run's, about to end: the next run is the one that is meant. */
		bool found = at->relay.link.listen_fd < 0;

		r = relay_run(&at->relay, stream, err);
		if (r < 0 || at->relay.end != RELAY_LOST || !found || at->relay.started)
			break;
		monitor_link_release(&at->relay.link);
		r = link_open(at, flags, err);
		if (r < 0)
			return r;
	}
	if (r == 0 && at->relay.end == RELAY_DETACHED)
		r = instance_event(at->e, &at->in.rec, "detach", NULL, err);
	if (r == 0 && at->relay.end == RELAY_LOST)
		r = engine_reap(at->e, at->in.rec.id, err);
	return r;
}

/* The end of a run that was started here, told or not, onto the record. What is removed at its end
 * (--rm) is so when its monitor is gone; else nobody waits for that, unless it went without a
 * word. */
static int fold_run(struct attachment *at, struct error *err)
{
	struct container_life life = at->in.rec.life;
	bool lost = at->relay.end == RELAY_LOST;
	struct instance_news news;
	int r = 0;

	if (lost || at->in.rec.auto_remove)
		r = monitor_wait_gone(at->in.dirfd, at->run_fd);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "see the end of the monitor of container %s",
				 at->in.rec.id);
	life.status = CONTAINER_RUNNING;
	if (lost)
		r = instance_look(&at->in, &life, &news, err);
	if (r == 0 && !at->relay.will_restart)
		r = engine_reap(at->e, at->in.rec.id, err);
	if (r < 0)
		return r;
	at->exit_code = lost ? (int)life.exit_code : at->relay.exit_code;
	at->ended = true;
	return 0;
}

static int relay_started(struct attachment *at, struct engine_stream *stream, struct error *err)
{
	int r = relay_run(&at->relay, stream, err);

	if (r < 0)
		return r;
	switch (at->relay.end) {
	case RELAY_EXIT:
	case RELAY_LOST:
		monitor_link_release(&at->relay.link);
		return fold_run(at, err);
	case RELAY_DETACHED:
		return instance_event(at->e, &at->in.rec, "detach", NULL, err);
	case RELAY_CLIENT_GONE:
		return 0; /* it runs on; its monitor's exit command records its end */
	}
	return 0;
}

int engine_attach_start(struct attachment *at, struct error *err)
{
	int r = engine_start(at->e, at->in.rec.id, err);

	if (r == -EALREADY)
		return error_set(err, ERR_CONFLICT, r, "container %s is running already",
				 at->in.rec.id);
	if (r < 0)
		return r;
	at->run_fd = monitor_run_open(at->in.dirfd);
	return at->run_fd < 0 ? error_set(err, ERR_SYSTEM, -at->run_fd,
					  "see the monitor of container %s", at->in.rec.id)
			      : 0;
}

bool engine_attach_ended(const struct attachment *at, int *ret_exit_code)
{
	if (at->ended)
		*ret_exit_code = at->exit_code;
	return at->ended;
}

int engine_attach_run(struct attachment *at, struct engine_stream *stream, struct error *err)
{
	int r = 0;

	if (at->replay)
		r = logs_replay(at->e, &at->in, at->replay, stream, err);
	if (r == 0 && at->exec)
		r = exec_session_run(at, stream, err);
	else if (r == 0 && at->run_fd >= 0)
		r = relay_started(at, stream, err);
	else if (r == 0 && at->relays)
		r = relay_container(at, stream, err);
	return r;
}

int engine_resize(struct engine *e, const char *ref, unsigned int height, unsigned int width,
		  struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	int r = instance_open(e, ref, &in, err);

	if (r == 0)
		r = instance_must_run(&in, err);
	if (r < 0)
		return r;
	r = monitor_resize(in.dirfd, height, width);
	if (r == -ERANGE)
		return error_set(err, ERR_INVALID, 0, "invalid terminal size %ux%u", height, width);
	if (r == -ESRCH)
		return error_set(err, ERR_CONFLICT, 0, "container %s is not running", in.rec.id);
	if (r == -ENOTTY)
		return error_set(err, ERR_CONFLICT, 0, "container %s has no terminal", in.rec.id);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "resize container %s", in.rec.id) : 0;
}
