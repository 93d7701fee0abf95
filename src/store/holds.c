/* SPDX-License-Identifier: Apache-2.0 */
/* The table of holds. */
#include "store/holds.h"

#include <fcntl.h>
#include <string.h>

#include "base/clock.h"
#include "sys/file.h"

const char *const store_step_holds =
	"CREATE TABLE layer_holds ("
	" diff_id TEXT PRIMARY KEY REFERENCES layers(diff_id) ON DELETE CASCADE,"
	" since INTEGER NOT NULL, boot TEXT NOT NULL) WITHOUT ROWID;";

const char *hold_boot(void)
{
	static char boot[64];
	cleanup_free char *text = NULL;
	size_t len;

	if (!*boot && file_read_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", sizeof(boot) - 1,
				   &text, &len) >= 0)
		memcpy(boot, text, strcspn(text, "\n"));
	return boot;
}

int64_t hold_since(void)
{
	return clock_monotonic() - HOLD_SECONDS * INT64_C(1000000000);
}

int layer_hold_put(struct store *store, const char *diff_id, struct error *err)
{
	return store_exec(store, NULL, err,
			  "INSERT OR REPLACE INTO layer_holds (diff_id, since, boot)"
			  " VALUES (?1, ?2, ?3)",
			  "sis", diff_id, clock_monotonic(), hold_boot());
}

int layer_hold_drop(struct store *store, char *const *diff_ids, struct error *err)
{
	int r = 0;

	if (!diff_ids)
		return store_exec(store, NULL, err, "DELETE FROM layer_holds", "");
	for (size_t i = 0; r >= 0 && diff_ids[i]; i++)
		r = store_exec(store, NULL, err, "DELETE FROM layer_holds WHERE diff_id = ?1", "s",
			       diff_ids[i]);
	return r;
}

int layer_hold_find(struct store *store, char *const *diff_ids, int64_t since, bool *ret_held,
		    struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && diff_ids && diff_ids[i]; i++) {
		cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;

		r = store_prepare(store, &stmt, err,
				  "SELECT 1 FROM layer_holds WHERE diff_id = ?1 AND since >= ?2",
				  "si", diff_ids[i], since);
		if (r >= 0)
			r = store_step(store, stmt, err);
	}
	*ret_held = r > 0;
	return r < 0 ? r : 0;
}
