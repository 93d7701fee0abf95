/* SPDX-License-Identifier: Apache-2.0 */
/* What lock and state file say of a run, beside what the record says. Nothing is written here. */
#include "engine/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/clock.h"
#include "sys/lock.h"

enum { EXIT_CODE_LOST = 255, EXIT_CODE_KILLED = 137 };

static int lock_look(int dirfd, const char *name, bool *ret_held)
{
	cleanup_fd int fd = openat(dirfd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	*ret_held = false;
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	return lock_is_held(fd, ret_held);
}

static int lock_failed(int r, const char *id, struct error *err)
{
	return error_set(err, ERR_SYSTEM, -r, "look at the lock of container %s", id);
}

int instance_alive(const struct instance *in, bool *ret_alive, struct error *err)
{
	int r;

	*ret_alive = false;
	if (in->dirfd < 0)
		return 0;
	r = lock_look(in->dirfd, "lock", ret_alive);
	return r < 0 ? lock_failed(r, in->rec.id, err) : 0;
}

static void life_end(const struct monitor_state *state, bool known, struct container_life *life)
{
	bool told = known && state->status == MONITOR_STOPPED;

	life->status = CONTAINER_EXITED;
	life->pid = 0;
	if (known)
		life->restart_count = state->restarts;
	life->oom_killed = told && state->oom_killed;
	if (told)
		life->exit_code = state->exit_code;
	else
		life->exit_code = known ? EXIT_CODE_KILLED : EXIT_CODE_LOST;
	life->finished = told ? state->finished : clock_now();
}

/* A run that began anew is not paused, even if the one before it was (and was killed). */
static void life_go_on(const struct monitor_state *state, struct container_life *life)
{
	bool anew = state->restarts > life->restart_count;

	life->restart_count = state->restarts;
	life->exit_code = state->restarts > 0 ? state->exit_code : 0;
	life->oom_killed = state->oom_killed;
	if (state->started)
		life->started = state->started;
	if (state->finished)
		life->finished = state->finished;
	life->pid = state->status == MONITOR_RUNNING ? state->pid : 0;
	if (state->status == MONITOR_RESTARTING)
		life->status = CONTAINER_RESTARTING;
	else if (life->status != CONTAINER_PAUSED || anew)
		life->status = CONTAINER_RUNNING;
}

bool instance_fold_life(const struct monitor_state *state, bool known, bool alive,
			struct container_life *life)
{
	struct container_life old = *life;

	if (!known && alive)
		return false; /* a start that has not come far */
	if (alive && state->status == MONITOR_STARTING)
		return false;
	if (alive && state->status != MONITOR_STOPPED)
		life_go_on(state, life);
	else if (container_status_is_up(life->status))
		life_end(state, known, life);
	return old.status != life->status || old.pid != life->pid ||
	       old.restart_count != life->restart_count;
}

/* A run that ended without ever having been in the record (the worker that started it was killed
 * before it wrote), or whose monitor was killed before it had removed what the kernel has of it. */
static bool run_is_unseen(const struct monitor_state *state, bool alive,
			  const struct container_life *life)
{
	if (state->status == MONITOR_STOPPED && state->started > life->started)
		return true;
	return !alive && (state->status != MONITOR_STOPPED || !state->cleaned);
}

/* 1: *life is set up to be folded; 0: there is nothing to fold. */
static int look_at_ended(const struct monitor_state *state, bool known, bool alive,
			 struct container_life *life)
{
	if (container_status_is_up(life->status))
		return 1;
	if (alive && !(known && state->status == MONITOR_STOPPED))
		return 1; /* a run that the record does not know of yet */
	if (!known || !run_is_unseen(state, alive, life))
		return 0;
	life->status = CONTAINER_RUNNING;
	life->started = state->started;
	return 1;
}

/* state: as it could be read (known), released here. */
static void look_fold(struct monitor_state *state, bool known, bool alive,
		      struct container_life *life, struct instance_news *ret)
{
	*ret = (struct instance_news){ .alive = alive };
	if (look_at_ended(state, known, alive, life)) {
		ret->told = known && state->status == MONITOR_STOPPED && (alive || state->cleaned);
		ret->changed = instance_fold_life(state, known, alive, life);
	}
	monitor_state_release(state);
}

int instance_look(const struct instance *in, struct container_life *life, struct instance_news *ret,
		  struct error *err)
{
	struct monitor_state state = { 0 };
	bool known, alive;
	int r = instance_alive(in, &alive, err);

	if (r < 0)
		return r;
	known = in->dirfd >= 0 && monitor_state_read_at(in->dirfd, "state", &state) >= 0;
	look_fold(&state, known, alive, life, ret);
	return 0;
}

int instance_glance(const struct engine *e, const char *id, struct container_life *life,
		    struct instance_news *ret, struct error *err)
{
	struct monitor_state state = { 0 };
	char name[128];
	bool known, alive;
	int r;

	(void)snprintf(name, sizeof(name), "%s/lock", id);
	if (!container_status_is_up(life->status) && faccessat(e->run_fd, name, F_OK, 0) < 0 &&
	    errno == ENOENT) {
		*ret = (struct instance_news){ .alive = false };
		return 0; /* no run was ever begun: the lock is made before anything else of it */
	}
	r = lock_look(e->run_fd, name, &alive);
	if (r < 0)
		return lock_failed(r, id, err);
	(void)snprintf(name, sizeof(name), "%s/state", id);
	known = monitor_state_read_at(e->run_fd, name, &state) >= 0;
	look_fold(&state, known, alive, life, ret);
	return 0;
}
