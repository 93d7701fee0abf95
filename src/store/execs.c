/* SPDX-License-Identifier: Apache-2.0 */
/* The table of exec sessions. */
#include "store/execs.h"

#include <errno.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "base/strv.h"

const char *const store_schema_execs =
	"CREATE TABLE IF NOT EXISTS execs ("
	" id TEXT PRIMARY KEY,"
	" container_id TEXT NOT NULL REFERENCES containers(id) ON DELETE CASCADE,"
	" request TEXT NOT NULL, status INTEGER NOT NULL, pid INTEGER NOT NULL DEFAULT 0,"
	" exit_code INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL,"
	" ended INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS execs_container ON execs(container_id, status);";

static const int64_t keep_ended = 5 * 60 * INT64_C(1000000000);

void exec_record_release(struct exec_record *rec)
{
	if (!rec)
		return;
	free(rec->id);
	free(rec->container_id);
	free(rec->request);
	*rec = (struct exec_record)EXEC_RECORD_INIT;
}

int exec_find(struct store *store, const char *id, struct exec_record *ret, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	int r = store_prepare(store, &stmt, err,
			      "SELECT id, container_id, request, status, pid, exit_code FROM execs"
			      " WHERE id = ?",
			      "s", id);

	if (r < 0)
		return r;
	r = store_step(store, stmt, err);
	if (r < 0)
		return r;
	if (r == 0)
		return error_set(err, ERR_NOT_FOUND, ENOENT, "No such exec instance: %s", id);
	*ret = (struct exec_record){
		.id = store_column_str(stmt, 0),
		.container_id = store_column_str(stmt, 1),
		.request = store_column_str(stmt, 2),
		.status = (enum exec_status)sqlite3_column_int(stmt, 3),
		.pid = sqlite3_column_int64(stmt, 4),
		.exit_code = sqlite3_column_int64(stmt, 5),
	};
	return 0;
}

int exec_insert(struct store *store, const struct exec_record *rec, struct error *err)
{
	int64_t now = clock_now();
	int r = store_exec(store, NULL, err,
			   "DELETE FROM execs WHERE container_id = ? AND status = 2 AND ended < ?",
			   "si", rec->container_id, now - keep_ended);

	if (r < 0)
		return r;
	return store_exec(store, NULL, err,
			  "INSERT INTO execs (id, container_id, request, status, created)"
			  " VALUES (?, ?, ?, ?, ?)",
			  "sssii", rec->id, rec->container_id, rec->request, (int64_t)rec->status,
			  now);
}

int exec_set_running(struct store *store, const char *id, int64_t pid, bool *ret_moved,
		     struct error *err)
{
	int64_t changes = 0;
	int r = store_exec(store, &changes, err,
			   "UPDATE execs SET status = 1, pid = ? WHERE id = ? AND status = 0", "is",
			   pid, id);

	*ret_moved = r == 0 && changes > 0;
	return r;
}

int exec_set_ended(struct store *store, const char *id, int64_t exit_code, bool *ret_moved,
		   struct error *err)
{
	int64_t changes = 0;
	int r = store_exec(store, &changes, err,
			   "UPDATE execs SET status = 2, exit_code = ?, ended = ?"
			   " WHERE id = ? AND status < 2",
			   "iis", exit_code, clock_now(), id);

	*ret_moved = r == 0 && changes > 0;
	return r;
}

int exec_list(struct store *store, const char *container_id, bool all, char ***ret,
	      struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	cleanup(strv_release) char **list = NULL;
	int r = store_prepare(
		store, &stmt, err,
		"SELECT id FROM execs WHERE container_id = ? AND (status = 1 OR (? AND status = 0))"
		" ORDER BY created",
		"si", container_id, (int64_t)all);

	while (r >= 0 && (r = store_step(store, stmt, err)) > 0)
		strv_push_take(&list, store_column_str(stmt, 0));
	if (r < 0)
		return r;
	*ret = take_ptr(list);
	return 0;
}
