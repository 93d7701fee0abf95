/* SPDX-License-Identifier: Apache-2.0 */
/* What engine_attach_open and engine_exec_open prepare and engine_attach_run carries out. */
#pragma once

#include "engine/instance.h"
#include "engine/relay.h"

struct exec_session;

struct attachment {
	struct engine *e;
	struct instance in;
	struct relay relay;
	bool relays;		     /* attach with stream=0 shows the log only */
	struct logs_options *replay; /* owned; NULL: no log first */
	struct exec_session *exec;   /* owned; NULL: attached to the container itself */
	int run_fd;		     /* monitor_run_open of a run that was started here; < 0 none */
	bool ended;		     /* the program's end is on record: exit_code */
	int exit_code;
};

#define ATTACHMENT_INIT                                                                            \
	{                                                                                          \
		.in = INSTANCE_INIT, .relay = RELAY_INIT, .run_fd = -1                             \
	}

/* engine/exec: start the session, relay, record its end. */
must_check int exec_session_run(struct attachment *at, struct engine_stream *stream,
				struct error *err);
void exec_session_free(struct exec_session *session);
