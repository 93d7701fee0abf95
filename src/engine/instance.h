/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An instance: a container's record in a worker's hands, together with its run directory
 * (<run>/containers/<id>/, see wire/monitor.h) and, where it is to be changed, its mutex.
 *
 * Directories: <data>/containers/<id>/ (0700) holds hostname, hosts, resolv.conf, <id>-json.log,
 * upper/ and work/; the run directory goes with the container, not with each run of it.
 */
#pragma once

#include "engine/engine.h"
#include "store/containers.h"
#include "wire/monitor.h"

struct instance {
	struct container rec;
	int dirfd;    /* run directory, O_PATH; -1: there is none, so it does not run */
	int mutex_fd; /* held; -1: only looked at                                     */
};

#define INSTANCE_INIT                                                                              \
	{                                                                                          \
		CONTAINER_INIT, -1, -1                                                             \
	}

/* Find the container and open its run directory. A run that ended unseen is folded first, unless
 * somebody else is at it: then the status is corrected in memory by what the kernel says (running
 * but
 * lock free: exited). */
must_check int instance_open(struct engine *e, const char *ref, struct instance *ret,
			     struct error *err);
/* The same, and take the mutex (waits), making the run directory when it is missing. The record is
 * read after the mutex was taken, folded (see reap.h) first when a run has ended unseen. */
must_check int instance_open_locked(struct engine *e, const char *ref, struct instance *ret,
				    struct error *err);
/* As the one before, but nothing is folded: for reap itself. Without wait: -EAGAIN, err unset, when
 * another has the mutex. */
must_check int instance_open_unfolded(struct engine *e, const char *ref, bool wait,
				      struct instance *ret, struct error *err);
/* instance_open for a record that was read already; the record is taken over. -ENOENT with err
 * unset:
 * it was a --rm container that ended, and is gone now. */
must_check int instance_from_record(struct engine *e, struct container *rec, struct instance *ret,
				    struct error *err);
void instance_release(struct instance *in); /* drops the mutex */
/* Call visit for every container, newest first, until it fails; those that go meanwhile are left
 * out. */
must_check int instances_each(struct engine *e,
			      int (*visit)(const struct instance *in, void *arg, struct error *err),
			      void *arg, struct error *err);

/* What lock and state file say now. */
struct instance_news {
	bool alive;   /* a monitor holds the lock                                */
	bool told;    /* the monitor wrote how the last run ended, and cleans or cleaned up */
	bool changed; /* the record is behind *life                              */
};

/* Put what lock and state file say into *life, which holds what the record says. Writes nothing. */
must_check int instance_look(const struct instance *in, struct container_life *life,
			     struct instance_news *ret, struct error *err);
/* The same of a container that is only listed, by the fewest system calls. */
must_check int instance_glance(const struct engine *e, const char *id, struct container_life *life,
			       struct instance_news *ret, struct error *err);
/* The pure part of it. known: there is a state; alive: the lock is held. Returns "changed". */
bool instance_fold_life(const struct monitor_state *state, bool known, bool alive,
			struct container_life *life);

/* Whether a monitor lives for it: the kernel's word (lock), one system call or two. */
must_check int instance_alive(const struct instance *in, bool *ret_alive, struct error *err);

/* The config texts of a record as structs. */
must_check int instance_config(const struct instance *in, struct container_config *ret,
			       struct error *err);
must_check int instance_host_config(const struct instance *in, struct host_config *ret,
				    struct error *err);
must_check int instance_networking(const struct instance *in, struct networking_config *ret,
				   struct error *err);
/* Put one of them into the record, with an event of that action (NULL: none). */
must_check int instance_set_host_config(struct engine *e, const struct instance *in,
					const struct host_config *host, const char *action,
					struct error *err);

/* Owned paths: <data>/containers/<id>[/name], <run>/containers/<id>[/name]; name may be NULL. */
char *instance_data_path(const struct engine *e, const char *id, const char *name);
char *instance_run_path(const struct engine *e, const char *id, const char *name);

/* Record an event with the attributes that every container event has (image, name, labels) and
 * those
 * of extra (NULL none). */
must_check int instance_event(struct engine *e, const struct container *rec, const char *action,
			      const struct strmap *extra, struct error *err);

/* ERR_CONFLICT "Container ID is not running" and friends, as Docker words them. */
must_check int instance_must_run(const struct instance *in, struct error *err);
