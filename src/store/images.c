/* SPDX-License-Identifier: Apache-2.0 */
/* Image records and the schema of images, layers, tags and repo digests. */
#include "store/images.h"

#include <errno.h>
#include <string.h>

#include "base/strv.h"

static const char schema[] =
	"CREATE TABLE IF NOT EXISTS images (id TEXT PRIMARY KEY, config BLOB NOT NULL, manifest "
	"BLOB,"
	" manifest_type TEXT, size INTEGER NOT NULL, created INTEGER NOT NULL,"
	" tagged INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS layers (diff_id TEXT PRIMARY KEY, size INTEGER NOT NULL)"
	" WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS image_layers ("
	" image_id TEXT NOT NULL REFERENCES images(id) ON DELETE CASCADE,"
	" position INTEGER NOT NULL, diff_id TEXT NOT NULL REFERENCES layers(diff_id),"
	" PRIMARY KEY (image_id, position)) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS image_layers_diff ON image_layers(diff_id);"
	"CREATE TABLE IF NOT EXISTS tags (name TEXT PRIMARY KEY,"
	" image_id TEXT NOT NULL REFERENCES images(id) ON DELETE CASCADE) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS tags_image ON tags(image_id);"
	"CREATE TABLE IF NOT EXISTS repo_digests (name TEXT NOT NULL,"
	" image_id TEXT NOT NULL REFERENCES images(id) ON DELETE CASCADE,"
	" PRIMARY KEY (name, image_id)) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS repo_digests_image ON repo_digests(image_id);";
const char *const store_schema_images = schema;

#define COLUMNS "i.id, i.config, i.manifest, i.manifest_type, i.size, i.created, i.tagged"

void image_record_release(struct image_record *rec)
{
	if (!rec)
		return;
	free(rec->id);
	free(rec->config);
	free(rec->manifest);
	free(rec->manifest_type);
	*rec = (struct image_record)IMAGE_RECORD_INIT;
}

void image_record_list_free(struct image_record *recs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		image_record_release(&recs[i]);
	free(recs);
}

static char *column_bytes(sqlite3_stmt *stmt, int column, size_t *ret_len)
{
	const void *data = sqlite3_column_blob(stmt, column);

	*ret_len = (size_t)sqlite3_column_bytes(stmt, column);
	return data ? xstrndup(data, *ret_len) : NULL;
}

static void image_record_read(sqlite3_stmt *stmt, struct image_record *ret)
{
	*ret = (struct image_record)IMAGE_RECORD_INIT;
	ret->id = store_column_str(stmt, 0);
	ret->config = column_bytes(stmt, 1, &ret->config_len);
	ret->manifest = column_bytes(stmt, 2, &ret->manifest_len);
	ret->manifest_type = store_column_str(stmt, 3);
	ret->size = sqlite3_column_int64(stmt, 4);
	ret->created = sqlite3_column_int64(stmt, 5);
	ret->tagged = sqlite3_column_int64(stmt, 6);
}

static int image_record_one(struct store *store, const char *sql, const char *key,
			    struct image_record *ret, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	int r;

	r = store_prepare(store, &stmt, err, sql, "s", key);
	if (r < 0)
		return r;
	r = store_step(store, stmt, err);
	if (r > 0)
		image_record_read(stmt, ret);
	return r;
}

int image_record_get(struct store *store, const char *id, struct image_record *ret,
		     struct error *err)
{
	return image_record_one(store, "SELECT " COLUMNS " FROM images i WHERE i.id = ?1", id, ret,
				err);
}

int image_record_by_tag(struct store *store, const char *name, struct image_record *ret,
			struct error *err)
{
	return image_record_one(store,
				"SELECT " COLUMNS " FROM tags t JOIN images i ON i.id = t.image_id"
				" WHERE t.name = ?1",
				name, ret, err);
}

int image_record_by_repo_digest(struct store *store, const char *name, struct image_record *ret,
				struct error *err)
{
	return image_record_one(store,
				"SELECT " COLUMNS " FROM repo_digests d JOIN images i"
				" ON i.id = d.image_id WHERE d.name = ?1 ORDER BY i.tagged DESC",
				name, ret, err);
}

int image_record_by_prefix(struct store *store, const char *hex, struct image_record *ret,
			   struct error *err)
{
	cleanup_free char *low = xasprintf("sha256:%s", hex), *high = xasprintf("sha256:%sg", hex);
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	cleanup(image_record_release) struct image_record rec = IMAGE_RECORD_INIT;
	int r;

	r = store_prepare(store, &stmt, err,
			  "SELECT " COLUMNS " FROM images i WHERE i.id >= ?1 AND i.id < ?2 LIMIT 2",
			  "ss", low, high);
	if (r < 0)
		return r;
	r = store_step(store, stmt, err);
	if (r <= 0)
		return r;
	image_record_read(stmt, &rec);
	r = store_step(store, stmt, err);
	if (r < 0)
		return r;
	if (r > 0)
		return error_set(err, ERR_INVALID, EINVAL, "image ID prefix %s is ambiguous", hex);
	*ret = rec;
	rec = (struct image_record)IMAGE_RECORD_INIT;
	return 1;
}

int image_record_list(struct store *store, struct image_record **ret, size_t *ret_n,
		      struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	struct image_record *recs = NULL;
	size_t n = 0;
	int r;

	r = store_prepare(store, &stmt, err,
			  "SELECT " COLUMNS " FROM images i ORDER BY i.created DESC, i.id", "");
	if (r < 0)
		return r;
	while ((r = store_step(store, stmt, err)) > 0) {
		recs = xrealloc(recs, n + 1, sizeof(*recs));
		image_record_read(stmt, &recs[n++]);
	}
	if (r < 0) {
		image_record_list_free(recs, n);
		return r;
	}
	*ret = recs;
	*ret_n = n;
	return 0;
}

int image_record_put(struct store *store, const struct image_record *rec, char *const *diff_ids,
		     struct error *err)
{
	int r;

	r = store_exec(
		store, NULL, err,
		"INSERT INTO images (id, config, manifest, manifest_type, size, created, tagged)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(id) DO UPDATE SET"
		" config = excluded.config, manifest_type = CASE WHEN manifest IS NULL THEN "
		"excluded.manifest_type"
		" ELSE manifest_type END, manifest = coalesce(manifest, excluded.manifest)",
		"sbbsiii", rec->id, rec->config, rec->config_len, rec->manifest, rec->manifest_len,
		rec->manifest_type, rec->size, rec->created, rec->tagged);
	for (size_t i = 0; r >= 0 && diff_ids && diff_ids[i]; i++)
		r = store_exec(store, NULL, err,
			       "INSERT OR IGNORE INTO image_layers (image_id, position, diff_id)"
			       " VALUES (?1, ?2, ?3)",
			       "sis", rec->id, (int64_t)i, diff_ids[i]);
	return r;
}

int image_record_delete(struct store *store, const char *id, struct error *err)
{
	return store_exec(store, NULL, err, "DELETE FROM images WHERE id = ?1", "s", id);
}

static int names_of(struct store *store, const char *sql, const char *id, char ***ret,
		    struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	cleanup(strv_release) char **names = NULL;
	int r;

	r = store_prepare(store, &stmt, err, sql, "s", id);
	if (r < 0)
		return r;
	while ((r = store_step(store, stmt, err)) > 0)
		strv_push_take(&names, store_column_str(stmt, 0));
	if (r < 0)
		return r;
	*ret = take_ptr(names);
	return 0;
}

int image_layers(struct store *store, const char *id, char ***ret, struct error *err)
{
	return names_of(store,
			"SELECT diff_id FROM image_layers WHERE image_id = ?1 ORDER BY position",
			id, ret, err);
}

int image_tags(struct store *store, const char *id, char ***ret, struct error *err)
{
	return names_of(store, "SELECT name FROM tags WHERE image_id = ?1 ORDER BY name", id, ret,
			err);
}

int image_repo_digests(struct store *store, const char *id, char ***ret, struct error *err)
{
	return names_of(store, "SELECT name FROM repo_digests WHERE image_id = ?1 ORDER BY name",
			id, ret, err);
}

int image_tags_of_repository(struct store *store, const char *repository, char ***ret,
			     struct error *err)
{
	return names_of(store,
			"SELECT substr(name, length(?1) + 2) FROM tags"
			" WHERE substr(name, 1, length(?1) + 1) = ?1 || ':' ORDER BY name",
			repository, ret, err);
}

int image_tag_set(struct store *store, const char *name, const char *id, char **ret_old,
		  struct error *err)
{
	cleanup(strv_release) char **old = NULL;
	int r;

	r = names_of(store, "SELECT image_id FROM tags WHERE name = ?1", name, &old, err);
	if (r < 0)
		return r;
	r = store_exec(store, NULL, err,
		       "INSERT INTO tags (name, image_id) VALUES (?1, ?2)"
		       " ON CONFLICT(name) DO UPDATE SET image_id = excluded.image_id",
		       "ss", name, id);
	if (r < 0)
		return r;
	*ret_old = old ? xstrdup(old[0]) : NULL;
	return 0;
}

int image_tag_delete(struct store *store, const char *name, struct error *err)
{
	return store_exec(store, NULL, err, "DELETE FROM tags WHERE name = ?1", "s", name);
}

int image_tag_touch(struct store *store, const char *id, int64_t now, struct error *err)
{
	return store_exec(store, NULL, err, "UPDATE images SET tagged = ?2 WHERE id = ?1", "si", id,
			  now);
}

int image_repo_digest_set(struct store *store, const char *name, const char *id, struct error *err)
{
	return store_exec(store, NULL, err,
			  "INSERT OR IGNORE INTO repo_digests (name, image_id) VALUES (?1, ?2)",
			  "ss", name, id);
}

int image_repo_digest_delete(struct store *store, const char *name, const char *id,
			     struct error *err)
{
	return store_exec(store, NULL, err,
			  "DELETE FROM repo_digests WHERE name = ?1 AND image_id = ?2", "ss", name,
			  id);
}
