/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The database: SQLite (WAL, synchronous=NORMAL, foreign keys on) at <data root>/hoy.db. A connection belongs to one process: every
 * worker opens its own and never carries one over fork(2). Writers take the lock at BEGIN (IMMEDIATE), so a
 * transaction never fails half-way for a reader that wants to write. Busy: waits up to 30 s.
 */
#pragma once

#include <sqlite3.h>

#include "base/error.h"

struct store {
	sqlite3 *db;
	int data_fd;	/* O_PATH directory: the data root */
	char *data_root;
};

#define STORE_INIT { NULL, -1, NULL }

/* Create what is missing (0700 directories, schema), migrate an older schema, refuse a newer one. */
must_check int store_open(const char *data_root, struct store *ret, struct error *err);
void store_release(struct store *store);

must_check int store_begin(struct store *store, struct error *err);	/* BEGIN IMMEDIATE; nests as SAVEPOINT is not allowed */
must_check int store_commit(struct store *store, struct error *err);
void store_rollback(struct store *store);	/* harmless when no transaction is open */

/* Prepare with positional binds by type letters: 's' const char * (NULL is null), 'i' int64_t, 'b' data+size_t,
 * as variadic arguments. The statement is finalised by store_stmt_release. */
must_check int store_prepare(struct store *store, sqlite3_stmt **ret, struct error *err, const char *sql,
			     const char *binds, ...);
/* 1: a row, 0: done, < 0: failed. */
must_check int store_step(struct store *store, sqlite3_stmt *stmt, struct error *err);
/* Prepare, step to the end, finalise. *changes may be NULL. */
must_check int store_exec(struct store *store, int64_t *ret_changes, struct error *err, const char *sql,
			  const char *binds, ...);
void store_stmt_release(sqlite3_stmt **stmt);
/* Column text as owned copy; NULL for null. */
char *store_column_str(sqlite3_stmt *stmt, int column);

/* Each file of store/ owns its tables and gives its schema to db.c as a row here. */
extern const char *const store_schema_containers, *const store_schema_images, *const store_schema_networks,
	*const store_schema_events;
