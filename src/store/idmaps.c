/* SPDX-License-Identifier: Apache-2.0 */
/* The table of id mappings. */
#include "store/idmaps.h"

#include <string.h>

#include "base/strbuf.h"

const char *const store_step_idmaps =
	"CREATE TABLE id_maps ("
	" container_id TEXT NOT NULL REFERENCES containers(id) ON DELETE CASCADE,"
	" of_groups INTEGER NOT NULL, inside INTEGER NOT NULL, outside INTEGER NOT NULL,"
	" size INTEGER NOT NULL, PRIMARY KEY (container_id, of_groups, inside)) WITHOUT ROWID;";

void idmaps_release(struct idmaps *maps)
{
	if (!maps)
		return;
	free(maps->uids);
	free(maps->gids);
	*maps = (struct idmaps){ 0 };
}

static bool list_equal(const struct idmap *a, size_t n_a, const struct idmap *b, size_t n_b)
{
	return n_a == n_b && (n_a == 0 || memcmp(a, b, n_a * sizeof(*a)) == 0);
}

bool idmaps_equal(const struct idmaps *a, const struct idmaps *b)
{
	return list_equal(a->uids, a->n_uids, b->uids, b->n_uids) &&
	       list_equal(a->gids, a->n_gids, b->gids, b->n_gids);
}

static uint32_t column_id(sqlite3_stmt *stmt, int column)
{
	return (uint32_t)sqlite3_column_int64(stmt, column);
}

int idmaps_get(struct store *store, const char *container_id, struct idmaps *ret, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	cleanup(idmaps_release) struct idmaps maps = { 0 };
	int r = store_prepare(store, &stmt, err,
			      "SELECT inside, outside, size, of_groups FROM id_maps"
			      " WHERE container_id = ? ORDER BY of_groups, inside",
			      "s", container_id);

	while (r >= 0 && (r = store_step(store, stmt, err)) == 1) {
		bool groups = sqlite3_column_int(stmt, 3) != 0;
		struct idmap **list = groups ? &maps.gids : &maps.uids;
		size_t *n = groups ? &maps.n_gids : &maps.n_uids;

		*list = xrealloc(*list, *n + 1, sizeof(**list));
		(*list)[(*n)++] = (struct idmap){ column_id(stmt, 0), column_id(stmt, 1),
						  column_id(stmt, 2) };
	}
	if (r < 0)
		return r;
	*ret = maps;
	maps = (struct idmaps){ 0 };
	return 0;
}

static int insert_list(struct store *store, const char *container_id, bool groups,
		       const struct idmap *list, size_t n, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < n; i++)
		r = store_exec(store, NULL, err, "INSERT INTO id_maps VALUES (?, ?, ?, ?, ?)",
			       "siiii", container_id, (int64_t)groups, (int64_t)list[i].inside,
			       (int64_t)list[i].outside, (int64_t)list[i].size);
	return r;
}

int idmaps_insert(struct store *store, const char *container_id, const struct idmaps *maps,
		  struct error *err)
{
	int r = insert_list(store, container_id, false, maps->uids, maps->n_uids, err);

	return r < 0 ? r : insert_list(store, container_id, true, maps->gids, maps->n_gids, err);
}

int idmaps_held(struct store *store, bool groups, struct subid_range **ret, size_t *ret_n,
		struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	cleanup_free struct subid_range *list = NULL;
	size_t n = 0;
	int r = store_prepare(store, &stmt, err,
			      "SELECT DISTINCT outside, size FROM id_maps WHERE of_groups = ?"
			      " ORDER BY outside",
			      "i", (int64_t)groups);

	while (r >= 0 && (r = store_step(store, stmt, err)) == 1) {
		list = xrealloc(list, n + 1, sizeof(*list));
		list[n++] = (struct subid_range){ column_id(stmt, 0), column_id(stmt, 1) };
	}
	if (r < 0)
		return r;
	*ret = take_ptr(list);
	*ret_n = n;
	return 0;
}
