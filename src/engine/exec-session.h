/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A running exec session: its directory <run>/containers/<id>/exec/<exec id>/, its monitor, and how
 * its end gets into the record. engine/exec has the API's functions.
 */
#pragma once

#include "engine/attachment.h"
#include "store/execs.h"

struct exec_session {
	struct exec_record rec;
	struct exec_create_request request;
	int dirfd;
	bool detach;
};

/* Read the record of exec_id, check that it may start and its container runs, make its directory
 * with process.json. start: what the start asks for, NULL nothing. *ret_in is that container. */
must_check int exec_session_prepare(struct engine *e, const char *exec_id,
				    const struct exec_start_request *start, struct instance *ret_in,
				    struct exec_session *ret, struct error *err);
void exec_session_release(struct exec_session *session);
/* Only its directory: ERR_INVALID when it was never started. */
must_check int exec_session_open_dir(const struct instance *in, struct exec_session *session,
				     struct error *err);

/* Start the monitor; returns when the process runs, or with the runtime's words. */
must_check int exec_session_start(struct engine *e, const struct instance *in,
				  struct exec_session *session, struct error *err);

/* Record an end: status, event. Only the first to do so counts. Removes the directory. */
must_check int exec_session_end(struct engine *e, const struct instance *in, const char *exec_id,
				int64_t exit_code, struct error *err);

/* The directory alone, of a session whose end is on record. */
void exec_session_clear(const struct instance *in, const char *exec_id);

/* Record the ends that nobody saw of this container's sessions. */
must_check int execs_fold(struct engine *e, const struct instance *in, struct error *err);

/* It runs and is not paused; ERR_CONFLICT otherwise. */
must_check int exec_check_container(const struct instance *in, const char *ref, struct error *err);
