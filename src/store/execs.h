/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exec sessions: one row each, from their creation until their container goes or, once ended, for
 * five minutes. The text request is wire/exec.h's exec_create_request: what was asked.
 */
#pragma once

#include "store/db.h"

enum exec_status { EXEC_CREATED, EXEC_RUNNING, EXEC_ENDED };

struct exec_record {
	char *id; /* 64 hexadecimal digits */
	char *container_id;
	char *request;
	enum exec_status status;
	int64_t pid;	   /* host pid, of the last that ran */
	int64_t exit_code; /* valid in EXEC_ENDED */
};

#define EXEC_RECORD_INIT                                                                           \
	{                                                                                          \
		0                                                                                  \
	}

void exec_record_release(struct exec_record *rec);

/* ERR_NOT_FOUND "No such exec instance: ID". */
must_check int exec_find(struct store *store, const char *id, struct exec_record *ret,
			 struct error *err);
/* Drops the container's sessions that ended long ago, too. */
must_check int exec_insert(struct store *store, const struct exec_record *rec, struct error *err);
/* Move on, but only from the status before it (created -> running -> ended, created -> ended).
 * *ret_moved: whether this call did it. */
must_check int exec_set_running(struct store *store, const char *id, int64_t pid, bool *ret_moved,
				struct error *err);
must_check int exec_set_ended(struct store *store, const char *id, int64_t exit_code,
			      bool *ret_moved, struct error *err);

/* Ids of a container's sessions that run (with all: that have not ended), oldest first. strv. */
must_check int exec_list(struct store *store, const char *container_id, bool all, char ***ret,
			 struct error *err);
