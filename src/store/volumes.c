/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of volumes. */
#include "store/volumes.h"

#include "base/strbuf.h"
#include "base/strv.h"

const char *const store_step_volumes =
	"CREATE TABLE volumes (name TEXT PRIMARY KEY, labels TEXT NOT NULL,"
	" created INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE volume_mounts ("
	" container_id TEXT NOT NULL REFERENCES containers(id) ON DELETE CASCADE,"
	" target TEXT NOT NULL, volume TEXT REFERENCES volumes(name), source TEXT,"
	" mode TEXT NOT NULL, propagation TEXT NOT NULL, rw INTEGER NOT NULL,"
	" named INTEGER NOT NULL, PRIMARY KEY (container_id, target)) WITHOUT ROWID;"
	"CREATE INDEX volume_mounts_volume ON volume_mounts(volume);";

void volume_record_release(struct volume_record *rec)
{
	if (!rec)
		return;
	free(rec->name);
	free(rec->labels);
	*rec = (struct volume_record)VOLUME_RECORD_INIT;
}

void volume_record_list_free(struct volume_record *recs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		volume_record_release(&recs[i]);
	free(recs);
}

static void volume_record_read(sqlite3_stmt *stmt, struct volume_record *ret)
{
	*ret = (struct volume_record){
		.name = store_column_str(stmt, 0),
		.labels = store_column_str(stmt, 1),
		.created = sqlite3_column_int64(stmt, 2),
	};
}

int volume_record_get(struct store *store, const char *name, struct volume_record *ret,
		      struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	int r;

	r = store_prepare(store, &stmt, err,
			  "SELECT name, labels, created FROM volumes WHERE name = ?", "s", name);
	if (r < 0)
		return r;
	r = store_step(store, stmt, err);
	if (r > 0)
		volume_record_read(stmt, ret);
	return r;
}

int volume_record_insert(struct store *store, const struct volume_record *rec, struct error *err)
{
	return store_exec(store, NULL, err,
			  "INSERT INTO volumes(name, labels, created) VALUES (?, ?, ?)", "ssi",
			  rec->name, rec->labels, rec->created);
}

int volume_record_delete(struct store *store, const char *name, struct error *err)
{
	return store_exec(store, NULL, err, "DELETE FROM volumes WHERE name = ?", "s", name);
}

int volume_record_list(struct store *store, struct volume_record **ret, size_t *ret_n,
		       struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	struct volume_record *recs = NULL;
	size_t n = 0;
	int r;

	r = store_prepare(store, &stmt, err,
			  "SELECT name, labels, created FROM volumes ORDER BY name", "");
	if (r < 0)
		return r;
	while ((r = store_step(store, stmt, err)) > 0) {
		recs = xrealloc(recs, n + 1, sizeof(*recs));
		volume_record_read(stmt, &recs[n++]);
	}
	if (r < 0) {
		volume_record_list_free(recs, n);
		return r;
	}
	*ret = recs;
	*ret_n = n;
	return 0;
}

static int texts(struct store *store, const char *sql, const char *arg, char ***ret,
		 struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	cleanup(strv_release) char **list = NULL;
	int r = store_prepare(store, &stmt, err, sql, "s", arg);

	if (r < 0)
		return r;
	while ((r = store_step(store, stmt, err)) > 0)
		strv_push_take(&list, store_column_str(stmt, 0));
	if (r < 0)
		return r;
	*ret = take_ptr(list);
	return 0;
}

int volume_users(struct store *store, const char *name, char ***ret, struct error *err)
{
	return texts(store, "SELECT DISTINCT container_id FROM volume_mounts WHERE volume = ?",
		     name, ret, err);
}

int volume_mount_own(struct store *store, const char *container_id, char ***ret, struct error *err)
{
	return texts(store,
		     "SELECT DISTINCT volume FROM volume_mounts m WHERE container_id = ?1"
		     " AND named = 0 AND volume IS NOT NULL AND NOT EXISTS"
		     " (SELECT 1 FROM volume_mounts o WHERE o.volume = m.volume"
		     "  AND o.container_id <> ?1)",
		     container_id, ret, err);
}

void volume_mount_release(struct volume_mount_record *rec)
{
	if (!rec)
		return;
	free(rec->container_id);
	free(rec->target);
	free(rec->volume);
	free(rec->source);
	free(rec->mode);
	free(rec->propagation);
	*rec = (struct volume_mount_record){ 0 };
}

void volume_mount_list_free(struct volume_mount_record *recs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		volume_mount_release(&recs[i]);
	free(recs);
}

int volume_mount_insert(struct store *store, const struct volume_mount_record *rec,
			struct error *err)
{
	return store_exec(store, NULL, err,
			  "INSERT INTO volume_mounts(container_id, target, volume, source, mode,"
			  " propagation, rw, named) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			  "ssssssii", rec->container_id, rec->target, rec->volume, rec->source,
			  rec->mode, rec->propagation, (int64_t)rec->rw, (int64_t)rec->named);
}

int volume_mount_list(struct store *store, const char *container_id,
		      struct volume_mount_record **ret, size_t *ret_n, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	struct volume_mount_record *recs = NULL;
	size_t n = 0;
	int r;

	r = store_prepare(
		store, &stmt, err,
		"SELECT container_id, target, volume, source, mode, propagation, rw,"
		" named FROM volume_mounts WHERE container_id = coalesce(?1, container_id)"
		" ORDER BY container_id, target",
		"s", container_id);
	if (r < 0)
		return r;
	while ((r = store_step(store, stmt, err)) > 0) {
		recs = xrealloc(recs, n + 1, sizeof(*recs));
		recs[n++] = (struct volume_mount_record){
			.container_id = store_column_str(stmt, 0),
			.target = store_column_str(stmt, 1),
			.volume = store_column_str(stmt, 2),
			.source = store_column_str(stmt, 3),
			.mode = store_column_str(stmt, 4),
			.propagation = store_column_str(stmt, 5),
			.rw = sqlite3_column_int(stmt, 6) != 0,
			.named = sqlite3_column_int(stmt, 7) != 0,
		};
	}
	if (r < 0) {
		volume_mount_list_free(recs, n);
		return r;
	}
	*ret = recs;
	*ret_n = n;
	return 0;
}
