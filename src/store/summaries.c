/* SPDX-License-Identifier: Apache-2.0 */
/* The table of summaries, and containers joined with it. */
#include "store/summaries.h"

#include <string.h>

#include "base/strv.h"

/* n is that of container_texts: no index of its own, and rows lie in the order in which containers
 * were made. */
const char *const store_step_summaries =
	"CREATE TABLE container_summaries ("
	" n INTEGER PRIMARY KEY REFERENCES container_texts(n) ON DELETE CASCADE,"
	" container_id TEXT NOT NULL, made TEXT NOT NULL, summary TEXT NOT NULL,"
	" networks TEXT NOT NULL, exposed TEXT NOT NULL, links TEXT NOT NULL,"
	" checked INTEGER NOT NULL);"
	"CREATE TRIGGER container_texts_changed AFTER UPDATE ON container_texts BEGIN"
	" DELETE FROM container_summaries WHERE n = OLD.n;"
	" END;";

const char *const store_step_summary_rest =
	"ALTER TABLE container_summaries ADD COLUMN rest TEXT NOT NULL DEFAULT '{}';";

void summary_record_release(struct summary_record *s)
{
	free(s->text);
	free(s->rest);
	free(s->networks);
	free(s->exposed);
	free(s->links);
	*s = (struct summary_record)SUMMARY_RECORD_INIT;
}

int summary_record_put(struct store *store, const char *container_id, const char *made,
		       const struct summary_record *s, struct error *err)
{
	return store_exec(store, NULL, err,
			  "INSERT OR REPLACE INTO container_summaries(n, container_id, made,"
			  " summary, rest, networks, exposed, links, checked)"
			  " SELECT n, container_id, ?2, ?3, ?4, ?5, ?6, ?7, ?8"
			  " FROM container_texts WHERE container_id = ?1",
			  "sssssssi", container_id, made, s->text, s->rest, s->networks, s->exposed,
			  s->links, (int64_t)s->checked);
}

int summary_records_missing(struct store *store, const char *made, char ***ret, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	cleanup(strv_release) char **ids = NULL;
	int r = store_prepare(store, &stmt, err,
			      "SELECT t.container_id FROM container_texts t WHERE NOT EXISTS"
			      " (SELECT 1 FROM container_summaries s WHERE s.n = t.n"
			      " AND s.made = ?1)",
			      "s", made);

	if (r < 0)
		return r;
	while ((r = store_step(store, stmt, err)) > 0)
		strv_push_take(&ids, store_column_str(stmt, 0));
	if (r < 0)
		return r;
	*ret = take_ptr(ids);
	return 0;
}

void container_row_release(struct container_row *row)
{
	container_release(&row->rec);
	summary_record_release(&row->summary);
}

void container_rows_free(struct container_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		container_row_release(&rows[i]);
	free(rows);
}

static struct container_row row_from(sqlite3_stmt *stmt)
{
	return (struct container_row){
		.rec.id = store_column_str(stmt, 0),
		.rec.name = store_column_str(stmt, 1),
		.rec.image_id = store_column_str(stmt, 2),
		.rec.created = sqlite3_column_int64(stmt, 3),
		.rec.auto_remove = sqlite3_column_int(stmt, 4) != 0,
		.rec.life.status = (enum container_status)sqlite3_column_int(stmt, 5),
		.rec.life.pid = sqlite3_column_int64(stmt, 6),
		.rec.life.started = sqlite3_column_int64(stmt, 7),
		.rec.life.finished = sqlite3_column_int64(stmt, 8),
		.rec.life.exit_code = sqlite3_column_int64(stmt, 9),
		.rec.life.oom_killed = sqlite3_column_int(stmt, 10) != 0,
		.rec.life.restart_count = sqlite3_column_int64(stmt, 11),
	};
}

static int rows_read(struct store *store, struct container_row **rows, size_t *n, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	int r = store_prepare(store, &stmt, err,
			      "SELECT id, name, image_id, created, auto_remove, status, pid,"
			      " started, finished, exit_code, oom_killed, restart_count"
			      " FROM containers ORDER BY id",
			      "");

	if (r < 0)
		return r;
	while ((r = store_step(store, stmt, err)) > 0) {
		if ((*n & (*n - 1)) == 0)
			*rows = xrealloc(*rows, *n ? 2 * *n : 1, sizeof(**rows));
		(*rows)[(*n)++] = row_from(stmt);
	}
	return r;
}

int container_rows(struct store *store, struct container_row **ret, size_t *ret_n,
		   struct error *err)
{
	struct container_row *rows = NULL;
	size_t n = 0;
	int r = rows_read(store, &rows, &n, err);

	if (r < 0) {
		container_rows_free(rows, n);
		return r;
	}
	*ret = rows;
	*ret_n = n;
	return 0;
}

static int compare_id(const void *id, const void *row)
{
	return strcmp(id, ((const struct container_row *)row)->rec.id);
}

int container_rows_summaries(struct store *store, const char *made, bool whole,
			     struct container_row *rows, size_t n, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	int r;

	if (n == 0)
		return 0;
	r = store_prepare(store, &stmt, err,
			  whole ? "SELECT container_id, made, summary, exposed, links, checked,"
				  " rest, networks FROM container_summaries"
				: "SELECT container_id, made, summary, exposed, links, checked,"
				  " NULL, NULL FROM container_summaries",
			  "");

	if (r < 0)
		return r;
	while ((r = store_step(store, stmt, err)) > 0) {
		const char *id = (const char *)sqlite3_column_text(stmt, 0);
		const char *how = (const char *)sqlite3_column_text(stmt, 1);
		struct container_row *row = bsearch(id, rows, n, sizeof(*rows), compare_id);

		if (!row || strcmp(how, made) != 0)
			continue;
		row->summary = (struct summary_record){
			.text = store_column_str(stmt, 2),
			.exposed = store_column_str(stmt, 3),
			.links = store_column_str(stmt, 4),
			.checked = sqlite3_column_int(stmt, 5) != 0,
			.rest = store_column_str(stmt, 6),
			.networks = store_column_str(stmt, 7),
		};
	}
	return r;
}
