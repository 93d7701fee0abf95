/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pause and unpause: the runtime freezes the container's cgroup.
 *
 * Invariant: what is frozen is PAUSED in the record. So the record comes first when a container is
 * frozen and last when it is let go: a crash in between leaves one that runs and is called paused,
 * which unpause and stop set right, never one that hangs and nobody knows why.
 */
#include "engine/pause.h"

#include <errno.h>
#include <string.h>

#include "engine/runtime.h"

static int find_runtime(struct engine *e, const struct instance *in, struct runtime_ref *ret,
			struct error *err)
{
	cleanup(host_config_release) struct host_config host = { 0 };
	int r = instance_host_config(in, &host, err);

	return r < 0 ? r : runtime_find(e, host.runtime, ret, err);
}

static int set_status(struct engine *e, const struct instance *in, enum container_status status,
		      struct error *err)
{
	struct container_life life = in->rec.life;

	life.status = status;
	return container_set_life(&e->store, in->rec.id, &life, err);
}

/* It may take a signal as soon as it is let go, and be gone before the runtime has had its look. */
static bool has_ended(const struct instance *in)
{
	struct monitor_state state = { 0 };
	bool ended = monitor_state_read_at(in->dirfd, "state", &state) >= 0 &&
		     state.status != MONITOR_RUNNING;

	monitor_state_release(&state);
	return ended;
}

/* Freeze or thaw. That it is so already is success. */
static int call(struct engine *e, const struct instance *in, const char *command,
		const char *wanted, struct error *err)
{
	cleanup(runtime_ref_release) struct runtime_ref runtime = { NULL, NULL };
	char *words[] = { (char *)command, in->rec.id, NULL };
	cleanup_free char *status = NULL;
	struct error why = ERROR_INIT;
	int r = find_runtime(e, in, &runtime, err);

	if (r < 0)
		return r;
	r = runtime_call(&runtime, &(struct runtime_call){ .words = words }, &why);
	if (r < 0 && runtime_status(&runtime, in->rec.id, &status, NULL) >= 0 &&
	    strcmp(status, wanted) == 0)
		r = 0;
	if (r < 0)
		(void)error_set(err, ERR_SYSTEM, 0, "cannot %s container %s: %s",
				strcmp(command, "pause") == 0 ? "pause" : "unpause", in->rec.id,
				error_text(&why));
	error_release(&why);
	return r;
}

static int pause_locked(struct engine *e, struct instance *in, struct error *err)
{
	int r = set_status(e, in, CONTAINER_PAUSED, err);

	if (r < 0)
		return r;
	r = call(e, in, "pause", "paused", err);
	if (r < 0) {
		ignore_result(set_status(e, in, in->rec.life.status, NULL));
		return r;
	}
	in->rec.life.status = CONTAINER_PAUSED;
	return instance_event(e, &in->rec, "pause", NULL, err);
}

static int unpause_locked(struct engine *e, const struct instance *in, struct error *err)
{
	struct error why = ERROR_INIT;
	int r = call(e, in, "resume", "running", &why);

	if (r < 0 && !has_ended(in)) {
		if (err)
			*err = why;
		else
			error_release(&why);
		return r;
	}
	error_release(&why);
	r = store_begin(&e->store, err);
	if (r < 0)
		return r;
	r = set_status(e, in, CONTAINER_RUNNING, err);
	if (r >= 0)
		r = instance_event(e, &in->rec, "unpause", NULL, err);
	if (r >= 0)
		return store_commit(&e->store, err);
	store_rollback(&e->store);
	return r;
}

int engine_pause(struct engine *e, const char *ref, struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	int r = instance_open_locked(e, ref, &in, err);

	if (r >= 0)
		r = instance_must_run(&in, err);
	if (r < 0)
		return r;
	if (in.rec.life.status == CONTAINER_PAUSED)
		return error_set(err, ERR_CONFLICT, 0, "container %s is already paused", in.rec.id);
	return pause_locked(e, &in, err);
}

int engine_unpause(struct engine *e, const char *ref, struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	int r = instance_open_locked(e, ref, &in, err);

	if (r < 0)
		return r;
	if (in.rec.life.status != CONTAINER_PAUSED) /* not a conflict: Docker's status is 500 */
		return error_set(err, ERR_SYSTEM, 0, "container %s is not paused", in.rec.id);
	return unpause_locked(e, &in, err);
}

int pause_lift(struct engine *e, const struct instance *in, struct error *err)
{
	cleanup(instance_release) struct instance own = INSTANCE_INIT;
	cleanup(container_release) struct container now = CONTAINER_INIT;
	struct error gone = ERROR_INIT;
	int r;

	if (in->mutex_fd >= 0)
		return in->rec.life.status == CONTAINER_PAUSED ? unpause_locked(e, in, err) : 0;
	r = container_get(&e->store, in->rec.id, &now, err);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (now.life.status != CONTAINER_PAUSED)
		return 0;
	r = instance_open_unfolded(e, in->rec.id, true, &own, &gone);
	if (r < 0) { /* removed meanwhile: nothing to let go */
		error_release(&gone);
		return 0;
	}
	return own.rec.life.status == CONTAINER_PAUSED ? unpause_locked(e, &own, err) : 0;
}
