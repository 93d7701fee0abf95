/* SPDX-License-Identifier: Apache-2.0 */
/* The kept statements of this process, found by their text. */
#include "store/statements.h"

#include <string.h>

enum { KEPT = 16 };

static struct kept {
	sqlite3_stmt *stmt; /* NULL: free */
	bool taken;
} kept[KEPT];

static size_t next_out;

int statement_take(sqlite3 *db, const char *sql, sqlite3_stmt **ret)
{
	for (size_t i = 0; i < KEPT; i++) {
		sqlite3_stmt *stmt = kept[i].stmt;

		if (!stmt || kept[i].taken || sqlite3_db_handle(stmt) != db ||
		    strcmp(sqlite3_sql(stmt), sql) != 0)
			continue;
		kept[i].taken = true;
		*ret = stmt;
		return SQLITE_OK;
	}
	return sqlite3_prepare_v2(db, sql, -1, ret, NULL);
}

/* The place of one that is not in use; those come round in turn. */
static struct kept *make_place(void)
{
	for (size_t i = 0; i < KEPT; i++) {
		struct kept *place = &kept[next_out++ % KEPT];

		if (place->taken)
			continue;
		(void)sqlite3_finalize(place->stmt);
		place->stmt = NULL;
		return place;
	}
	return NULL;
}

void statement_give(sqlite3_stmt *stmt)
{
	struct kept *place = NULL;

	for (size_t i = 0; stmt && !place && i < KEPT; i++)
		if (kept[i].stmt == stmt)
			place = &kept[i];
	/* One that failed says so again; what failed is not worth keeping. */
	if (!stmt || sqlite3_reset(stmt) != SQLITE_OK) {
		if (place)
			*place = (struct kept){ NULL, false };
		(void)sqlite3_finalize(stmt);
		return;
	}
	(void)sqlite3_clear_bindings(stmt);
	if (!place)
		place = make_place();
	if (!place)
		(void)sqlite3_finalize(stmt);
	else
		*place = (struct kept){ stmt, false };
}

void statements_drop(const sqlite3 *db)
{
	for (size_t i = 0; i < KEPT; i++) {
		if (!kept[i].stmt || sqlite3_db_handle(kept[i].stmt) != db)
			continue;
		(void)sqlite3_finalize(kept[i].stmt);
		kept[i] = (struct kept){ NULL, false };
	}
}
