/* SPDX-License-Identifier: Apache-2.0 */
/* The table of layers' blobs. */
#include "store/layer-blobs.h"

#include "base/strbuf.h"

const char *const store_step_layer_blobs =
	"CREATE TABLE layer_blobs ("
	" diff_id TEXT NOT NULL REFERENCES layers(diff_id) ON DELETE CASCADE,"
	" digest TEXT NOT NULL, repository TEXT NOT NULL, size INTEGER NOT NULL,"
	" media_type TEXT NOT NULL, written INTEGER NOT NULL,"
	" PRIMARY KEY (diff_id, digest, repository)) WITHOUT ROWID;";

void layer_blobs_free(struct layer_blob *blobs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(blobs[i].digest);
		free(blobs[i].media_type);
		free(blobs[i].repository);
	}
	free(blobs);
}

int layer_blobs_list(struct store *store, const char *diff_id, struct layer_blob **ret,
		     size_t *ret_n, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	struct layer_blob *blobs = NULL;
	size_t n = 0;
	int r;

	r = store_prepare(store, &stmt, err,
			  "SELECT digest, size, media_type, repository FROM layer_blobs b"
			  " WHERE diff_id = ?1 ORDER BY (SELECT max(written) FROM layer_blobs"
			  "  WHERE diff_id = ?1 AND digest = b.digest) DESC, digest, written DESC"
			  " LIMIT ?2",
			  "si", diff_id, (int64_t)LAYER_BLOBS_MAX);
	if (r < 0)
		return r;
	while ((r = store_step(store, stmt, err)) > 0) {
		blobs = xrealloc(blobs, n + 1, sizeof(*blobs));
		blobs[n++] = (struct layer_blob){
			.digest = store_column_str(stmt, 0),
			.size = sqlite3_column_int64(stmt, 1),
			.media_type = store_column_str(stmt, 2),
			.repository = store_column_str(stmt, 3),
		};
	}
	if (r < 0) {
		layer_blobs_free(blobs, n);
		return r;
	}
	*ret = blobs;
	*ret_n = n;
	return 0;
}

int layer_blob_put(struct store *store, const char *diff_id, const struct layer_blob *blob,
		   struct error *err)
{
	return store_exec(store, NULL, err,
			  "INSERT OR REPLACE INTO layer_blobs"
			  " (diff_id, digest, repository, size, media_type, written)"
			  " SELECT ?1, ?2, ?3, ?4, ?5,"
			  " (SELECT coalesce(max(written), 0) + 1 FROM layer_blobs)"
			  " WHERE EXISTS (SELECT 1 FROM layers WHERE diff_id = ?1)",
			  "sssis", diff_id, blob->digest, blob->repository, blob->size,
			  blob->media_type);
}

int layer_blob_is_known(struct store *store, const char *diff_id, const char *digest,
			struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	int r = store_prepare(store, &stmt, err,
			      "SELECT 1 FROM layer_blobs WHERE diff_id = ?1 AND digest = ?2", "ss",
			      diff_id, digest);

	return r < 0 ? r : store_step(store, stmt, err);
}
