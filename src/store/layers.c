/* SPDX-License-Identifier: Apache-2.0 */
/* Layer records. The tables are made with those of the images. */
#include "store/layers.h"

#include <errno.h>

#include "base/strv.h"
#include "store/holds.h"

int layer_record_get(struct store *store, const char *diff_id, int64_t *ret_size, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	int r;

	r = store_prepare(store, &stmt, err, "SELECT size FROM layers WHERE diff_id = ?1", "s",
			  diff_id);
	if (r < 0)
		return r;
	r = store_step(store, stmt, err);
	if (r > 0 && ret_size)
		*ret_size = sqlite3_column_int64(stmt, 0);
	return r;
}

int layer_record_put(struct store *store, const char *diff_id, int64_t size, struct error *err)
{
	return store_exec(store, NULL, err,
			  "INSERT OR IGNORE INTO layers (diff_id, size) VALUES (?1, ?2)", "si",
			  diff_id, size);
}

int layer_record_delete(struct store *store, const char *diff_id, struct error *err)
{
	return store_exec(store, NULL, err, "DELETE FROM layers WHERE diff_id = ?1", "s", diff_id);
}

/* A container names its layers in one column, blanks between (store/containers.h). */
int layer_record_unused(struct store *store, char ***ret, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	cleanup(strv_release) char **unused = NULL;
	int r;

	r = store_prepare(store, &stmt, err,
			  "SELECT l.diff_id FROM layers l WHERE NOT EXISTS"
			  " (SELECT 1 FROM image_layers il WHERE il.diff_id = l.diff_id)"
			  " AND NOT EXISTS"
			  " (SELECT 1 FROM layer_holds h WHERE h.diff_id = l.diff_id"
			  "  AND h.boot = ?1 AND h.since >= ?2)"
			  " AND NOT EXISTS"
			  " (SELECT 1 FROM containers c WHERE instr(c.layers, l.diff_id) > 0)",
			  "si", hold_boot(), hold_since());
	if (r < 0)
		return r;
	while ((r = store_step(store, stmt, err)) > 0)
		strv_push_take(&unused, store_column_str(stmt, 0));
	if (r < 0)
		return r;
	*ret = take_ptr(unused);
	return 0;
}

int layer_record_list(struct store *store, char ***ret, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	cleanup(strv_release) char **list = NULL;
	int r;

	r = store_prepare(store, &stmt, err, "SELECT diff_id FROM layers ORDER BY diff_id", "");
	if (r < 0)
		return r;
	while ((r = store_step(store, stmt, err)) > 0)
		strv_push_take(&list, store_column_str(stmt, 0));
	if (r < 0)
		return r;
	*ret = take_ptr(list);
	return 0;
}

static int one_number(struct store *store, const char *sql, const char *binds, const char *arg,
		      int64_t *ret, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	int r;

	r = store_prepare(store, &stmt, err, sql, binds, arg);
	if (r < 0)
		return r;
	r = store_step(store, stmt, err);
	if (r < 0)
		return r;
	*ret = sqlite3_column_int64(stmt, 0);
	return 0;
}

int layer_shared_size(struct store *store, const char *image_id, int64_t *ret, struct error *err)
{
	return one_number(store,
			  "SELECT coalesce(sum(size), 0) FROM layers WHERE diff_id IN"
			  " (SELECT diff_id FROM image_layers WHERE image_id = ?1"
			  "  INTERSECT SELECT diff_id FROM image_layers WHERE image_id <> ?1)",
			  "s", image_id, ret, err);
}

int layer_total_size(struct store *store, int64_t *ret, struct error *err)
{
	return one_number(store, "SELECT coalesce(sum(size), 0) FROM layers", "", NULL, ret, err);
}
