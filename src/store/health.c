/* SPDX-License-Identifier: Apache-2.0 */
/* The table of containers' health. */
#include "store/health.h"

const char *const store_step_health =
	"CREATE TABLE container_health ("
	" container_id TEXT PRIMARY KEY REFERENCES containers(id) ON DELETE CASCADE,"
	" run INTEGER NOT NULL, health TEXT NOT NULL) WITHOUT ROWID;";

int health_get(struct store *store, const char *container_id, int64_t *ret_run, char **ret_text,
	       struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	int r = store_prepare(store, &stmt, err,
			      "SELECT run, health FROM container_health WHERE container_id = ?",
			      "s", container_id);

	if (r >= 0)
		r = store_step(store, stmt, err);
	if (r == 1) {
		*ret_run = sqlite3_column_int64(stmt, 0);
		*ret_text = store_column_str(stmt, 1);
	}
	return r;
}

int health_put(struct store *store, const char *container_id, int64_t run, const char *text,
	       struct error *err)
{
	return store_exec(store, NULL, err,
			  "INSERT OR REPLACE INTO container_health (container_id, run, health)"
			  " VALUES (?, ?, ?)",
			  "sis", container_id, run, text);
}
