/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The database: SQLite (WAL, synchronous=NORMAL, foreign keys on) at <data root>/hoy.db. A
 * connection belongs to one
 * process: every worker opens its own and never carries one over fork(2). Writers queue at a file
 * lock (no busy
 * waiting) and take SQLite's at BEGIN (IMMEDIATE), so a transaction never fails half-way for a
 * reader that wants to
 * write. The log is folded into the database when a connection that saw it grow is closed: after
 * the answer.
 */
#pragma once

#include <sqlite3.h>

#include "base/error.h"

struct store {
	sqlite3 *db;
	int data_fd; /* O_PATH directory: the data root           */
	char *data_root;
	int write_lock_fd; /* writers queue here: <data root>/hoy.lock  */
	int wal_pages;	   /* length of the log after the last commit   */
	bool durable;	   /* the open transaction is one of store_begin_durable */
	int keep_fd;	   /* store_keep_fd; -1 none */
};

#define STORE_INIT                                                                                 \
	{                                                                                          \
		NULL, -1, NULL, -1, 0, false, -1                                                   \
	}

/* Create what is missing (0700 directories, schema), migrate an older schema, refuse a newer one.
 * */
must_check int store_open(const char *data_root, struct store *ret, struct error *err);
void store_release(struct store *store);

must_check int store_begin(struct store *store,
			   struct error *err); /* BEGIN IMMEDIATE; does not nest */
/* The same for what must outlive a power cut in its order: when store_commit has returned, this
 * transaction and all before it are on the disk. Others are within seconds, in their order. */
must_check int store_begin_durable(struct store *store, struct error *err);
must_check int store_commit(struct store *store, struct error *err);
void store_rollback(struct store *store); /* harmless when no transaction is open */

/* Prepare with positional binds by type letters: 's' const char * (NULL is null), 'i' int64_t,
 * 'b' data+size_t,
 * as variadic arguments. The statement is finalised by store_stmt_release. Strings are copied. */
must_check int store_prepare(struct store *store, sqlite3_stmt **ret, struct error *err,
			     const char *sql, const char *binds, ...);
/* 1: a row, 0: done, < 0: failed. */
must_check int store_step(struct store *store, sqlite3_stmt *stmt, struct error *err);
/* Prepare, step to the end, finalise. *ret_changes may be NULL. Outside a transaction it queues
 * like one. */
must_check int store_exec(struct store *store, int64_t *ret_changes, struct error *err,
			  const char *sql, const char *binds, ...);
void store_stmt_release(sqlite3_stmt **stmt);
/* Column text as owned copy; NULL for null. */
char *store_column_str(sqlite3_stmt *stmt, int column);

/* Each file of store/ owns its tables and gives its schema of version 1 to db.c, and the steps that
 * later versions added to them. */
extern const char *const store_schema_containers,
	*const store_schema_images, *const store_schema_networks, *const store_schema_events,
									  *const store_schema_execs;
extern const char *const store_step_networks_2,
	*const store_step_idmaps, *const store_step_volumes,
					  *const store_step_health, *const store_step_layer_blobs,
									    *const store_step_holds;
extern const char *const store_step_image_uses, *const store_step_summaries,
							*const store_step_summary_rest;
