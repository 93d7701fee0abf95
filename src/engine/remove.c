/* SPDX-License-Identifier: Apache-2.0 */
/* Removing and renaming containers. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "engine/links.h"
#include "engine/names.h"
#include "engine/reap.h"
#include "engine/start.h"
#include "network/names.h"

enum { REMOVE_TRIES = 100 }; /* each is one start of somebody else's that we lost against */

static bool is_up(const struct instance *in)
{
	return container_status_is_up(in->rec.life.status);
}

/* End it without the mutex (a stop may hold on for long); the exit is folded by the caller. */
static int remove_end(struct engine *e, const struct instance *in, bool force, struct error *err)
{
	int r;

	if (!is_up(in))
		return 0;
	if (!force && in->rec.life.status == CONTAINER_PAUSED)
		return error_set(err, ERR_CONFLICT, EBUSY,
				 "cannot remove container \"/%s\": container is paused and must be "
				 "unpaused first",
				 in->rec.name);
	if (!force)
		return error_set(err, ERR_CONFLICT, EBUSY,
				 "cannot remove container \"/%s\": container is %s: stop the "
				 "container before removing or force remove",
				 in->rec.name, container_status_name(in->rec.life.status));
	r = container_set_stopped(&e->store, in->rec.id, true, err);
	if (r >= 0)
		r = kill_instance(e, in, SIGKILL, true, err);
	if (r < 0)
		return error_prefix(err,
				    "cannot remove container \"/%s\": could not kill container",
				    in->rec.name);
	return 0;
}

/* The instance, ended and with its mutex. 1: that; 0: it is gone (its own --rm, or another remove,
 * was first); 2: it was started again before we had the mutex. */
static int remove_take(struct engine *e, const char *ref, bool force, struct instance *in,
		       struct error *err)
{
	cleanup_free char *id = NULL;
	struct error gone = ERROR_INIT;
	int r = instance_open(e, ref, in, err);

	if (r >= 0)
		r = remove_end(e, in, force, err);
	if (r < 0)
		return r;
	id = xstrdup(in->rec.id);
	instance_release(in);
	r = instance_open_locked(e, id, in, &gone);
	if (r < 0 && gone.kind == ERR_NOT_FOUND) {
		error_release(&gone);
		return 0;
	}
	if (r < 0) {
		if (err)
			*err = gone;
		else
			error_release(&gone);
		return r;
	}
	return is_up(in) ? 2 : 1;
}

int engine_remove(struct engine *e, const char *ref, const struct engine_remove_options *opts,
		  struct error *err)
{
	int r = 2;

	if (opts->link)
		return links_remove(e, ref, err);
	for (int i = 0; r == 2 && i < REMOVE_TRIES; i++) {
		cleanup(instance_release) struct instance in = INSTANCE_INIT;

		r = remove_take(e, ref, opts->force, &in, err);
		if (r == 1)
			return remove_instance(e, &in, opts->volumes, err);
	}
	if (r <= 0)
		return r;
	return error_set(err, ERR_CONFLICT, EBUSY,
			 "cannot remove container \"%s\": it is started again and again", ref);
}

int engine_rename(struct engine *e, const char *ref, const char *new_name, struct error *err)
{
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	cleanup(strmap_release) struct strmap extra = STRMAP_INIT;
	cleanup_free char *old = NULL;
	int r;

	if (!new_name || !new_name[0])
		return error_set(err, ERR_INVALID, EINVAL,
				 "Neither old nor new names may be empty");
	if (new_name[0] == '/')
		new_name++;
	r = instance_open_locked(e, ref, &in, err);
	if (r >= 0 && strcmp(in.rec.name, new_name) == 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "Renaming a container with the same name as its current name");
	if (r >= 0)
		r = name_check(new_name, err);
	if (r >= 0)
		r = store_begin(&e->store, err);
	if (r < 0)
		return r;
	r = container_rename(&e->store, in.rec.id, new_name, err);
	if (r >= 0) {
		old = xasprintf("/%s", in.rec.name);
		strmap_set(&extra, "oldName", old);
		free(in.rec.name);
		in.rec.name = xstrdup(new_name);
		r = instance_event(e, &in.rec, "rename", &extra, err);
	}
	if (r >= 0)
		r = store_commit(&e->store, err);
	if (r < 0)
		store_rollback(&e->store);
	return r < 0 ? r : names_refresh(&e->store, &e->network, in.rec.id, err);
}
