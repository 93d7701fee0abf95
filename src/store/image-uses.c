/* SPDX-License-Identifier: Apache-2.0 */
/* The table of images' last uses. The end of a container is noted by the database itself. */
#include "store/image-uses.h"

#include "base/clock.h"
#include "base/strv.h"

const char *const store_step_image_uses =
	"CREATE TABLE image_uses ("
	" image_id TEXT PRIMARY KEY REFERENCES images(id) ON DELETE CASCADE,"
	" at INTEGER NOT NULL) WITHOUT ROWID;"
	"INSERT INTO image_uses (image_id, at) SELECT id, unixepoch() * 1000000000 FROM images;"
	"CREATE TRIGGER container_gone AFTER DELETE ON containers"
	" WHEN EXISTS (SELECT 1 FROM images WHERE id = OLD.image_id) BEGIN"
	" INSERT OR REPLACE INTO image_uses (image_id, at)"
	"  VALUES (OLD.image_id, unixepoch() * 1000000000);"
	" END;";

int image_use_touch(struct store *store, const char *id, struct error *err)
{
	return store_exec(store, NULL, err,
			  "INSERT OR REPLACE INTO image_uses (image_id, at) VALUES (?1, ?2)", "si",
			  id, clock_now());
}

int image_uses_idle(struct store *store, int64_t before, char ***ret, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	cleanup(strv_release) char **ids = NULL;
	int r = store_prepare(store, &stmt, err,
			      "SELECT u.image_id FROM image_uses u WHERE u.at < ?1 AND NOT EXISTS"
			      " (SELECT 1 FROM containers c WHERE c.image_id = u.image_id)"
			      " ORDER BY u.at, u.image_id",
			      "i", before);

	if (r < 0)
		return r;
	while ((r = store_step(store, stmt, err)) > 0)
		strv_push_take(&ids, store_column_str(stmt, 0));
	if (r < 0)
		return r;
	*ret = take_ptr(ids);
	return 0;
}
