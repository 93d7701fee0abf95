/* SPDX-License-Identifier: Apache-2.0 */
/* Inside store/: prepared statements that are kept, for a list asks the same of each container, and
 * preparing costs more than asking. */
#pragma once

#include "store/db.h"

/* SQLite's code. */
must_check int statement_take(sqlite3 *db, const char *sql, sqlite3_stmt **ret);
/* Reset and kept, or finalised. */
void statement_give(sqlite3_stmt *stmt);
/* Before db is closed. */
void statements_drop(const sqlite3 *db);
