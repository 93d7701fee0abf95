/* SPDX-License-Identifier: Apache-2.0 */
/* The table of events and the waiting for new ones. */
#include "store/events.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>

#include "base/clock.h"
#include "base/json.h"
#include "sys/lock.h"
#include "sys/path.h"

/* Only old rows are ever deleted, so that ids grow without AUTOINCREMENT and its page. */
const char *const store_schema_events =
	"CREATE TABLE IF NOT EXISTS events ("
	" id INTEGER PRIMARY KEY, time INTEGER NOT NULL, type TEXT NOT NULL, action TEXT NOT NULL,"
	" actor_id TEXT NOT NULL, attributes TEXT NOT NULL);";

enum { EVENTS_KEPT = 10000, EVENTS_PRUNE_EVERY = 256 };

static void event_attributes(const struct strmap *map, struct strbuf *out)
{
	strbuf_addc(out, '{');
	for (size_t i = 0; map && i < map->n; i++) {
		const struct strmap_entry *e = &map->entries[i];

		if (i > 0)
			strbuf_addc(out, ',');
		json_quote(out, e->key, strlen(e->key));
		strbuf_addc(out, ':');
		json_quote(out, e->value, strlen(e->value));
	}
	strbuf_addc(out, '}');
}

int event_record(struct store *store, const char *type, const char *action, const char *actor_id,
		 const struct strmap *attributes, struct error *err)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	int64_t id;
	int r;

	event_attributes(attributes, &text);
	r = store_exec(store, NULL, err,
		       "INSERT INTO events(time, type, action, actor_id, attributes) VALUES (?, ?, "
		       "?, ?, ?)",
		       "issss", clock_now(), type, action, actor_id, strbuf_str(&text));
	if (r < 0)
		return r;
	id = sqlite3_last_insert_rowid(store->db);
	if (id % EVENTS_PRUNE_EVERY != 0)
		return 0;
	return store_exec(store, NULL, err, "DELETE FROM events WHERE id <= ?", "i",
			  id - EVENTS_KEPT);
}

int event_last_id(struct store *store, int64_t *ret, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	int r;

	r = store_prepare(store, &stmt, err, "SELECT coalesce(max(id), 0) FROM events", "");
	if (r < 0)
		return r;
	r = store_step(store, stmt, err);
	if (r < 0)
		return r;
	*ret = sqlite3_column_int64(stmt, 0);
	return 0;
}

static struct event_row event_from_row(sqlite3_stmt *stmt)
{
	return (struct event_row){
		.id = sqlite3_column_int64(stmt, 0),
		.time = sqlite3_column_int64(stmt, 1),
		.type = (const char *)sqlite3_column_text(stmt, 2),
		.action = (const char *)sqlite3_column_text(stmt, 3),
		.actor_id = (const char *)sqlite3_column_text(stmt, 4),
		.attributes = (const char *)sqlite3_column_text(stmt, 5),
	};
}

int event_read(struct store *store, int64_t after_id, int64_t since, event_row_sink sink, void *arg,
	       int64_t *ret_last, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	int64_t last = after_id;
	int r = 0, s;

	if (since > 0) /* rows that are too old are not looked at again */
		r = event_last_id(store, &last, err);
	if (r < 0)
		return r;
	r = store_prepare(store, &stmt, err,
			  "SELECT id, time, type, action, actor_id, attributes FROM events"
			  " WHERE id > ? AND time >= ? ORDER BY id",
			  "ii", after_id, since);
	if (r < 0)
		return r;
	while ((r = store_step(store, stmt, err)) > 0) {
		struct event_row row = event_from_row(stmt);

		last = row.id;
		s = sink(arg, &row);
		if (s < 0)
			return s;
	}
	if (r >= 0)
		*ret_last = last;
	return r;
}

int event_watch(struct store *store, int *ret_fd, struct error *err)
{
	cleanup_free char *wal = path_join(store->data_root, "hoy.db-wal");
	cleanup_fd int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "watch for events");
	if (inotify_add_watch(fd, wal, IN_MODIFY) < 0)
		return error_set(err, ERR_SYSTEM, errno, "watch %s", wal);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* The log's file changes before the transaction is committed, and nothing tells of the commit
 * itself
 * (it is a store to shared memory): who looked in between would see nothing, and sleep on. Writers
 * hold the queue's lock until they have committed. */
void event_watch_drain(struct store *store, int fd)
{
	char buf[4096] __attribute__((aligned(8)));

	while (read(fd, buf, sizeof(buf)) > 0)
		;
	if (lock_take(store->write_lock_fd) == 0)
		ignore_result(lock_drop(store->write_lock_fd));
}
