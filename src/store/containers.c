/* SPDX-License-Identifier: Apache-2.0 */
/* The table of containers. */
#include "store/containers.h"

#include <errno.h>
#include <string.h>

/* What changes often is kept apart from the long texts: a row is rewritten as a whole. */
const char *const store_schema_containers =
	"CREATE TABLE IF NOT EXISTS containers ("
	" id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, image TEXT NOT NULL,"
	" image_id TEXT NOT NULL, layers TEXT NOT NULL, created INTEGER NOT NULL,"
	" path TEXT NOT NULL, args TEXT NOT NULL,"
	" auto_remove INTEGER NOT NULL, status INTEGER NOT NULL, pid INTEGER NOT NULL DEFAULT 0,"
	" started INTEGER NOT NULL DEFAULT 0, finished INTEGER NOT NULL DEFAULT 0,"
	" exit_code INTEGER NOT NULL DEFAULT 0, oom_killed INTEGER NOT NULL DEFAULT 0,"
	" manually_stopped INTEGER NOT NULL DEFAULT 0, restart_count INTEGER NOT NULL DEFAULT 0,"
	" error TEXT) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS container_texts ("
	" n INTEGER PRIMARY KEY, container_id TEXT NOT NULL UNIQUE"
	" REFERENCES containers(id) ON DELETE CASCADE,"
	" config TEXT NOT NULL, host TEXT NOT NULL, networking TEXT NOT NULL);";

#define CONTAINER_SELECT                                                                           \
	"SELECT id, name, image, image_id, layers, created, path, args, auto_remove, status, "     \
	"pid, started, finished, exit_code, oom_killed, manually_stopped, restart_count, "         \
	"error, config, host, networking "                                                         \
	"FROM containers JOIN container_texts ON container_id = id "

static const char *const status_names[] = {
	[CONTAINER_CREATED] = "created",   [CONTAINER_RUNNING] = "running",
	[CONTAINER_PAUSED] = "paused",	   [CONTAINER_RESTARTING] = "restarting",
	[CONTAINER_REMOVING] = "removing", [CONTAINER_EXITED] = "exited",
	[CONTAINER_DEAD] = "dead",
};

const char *container_status_name(enum container_status status)
{
	return status_names[status];
}

bool container_status_is_up(enum container_status status)
{
	return status == CONTAINER_RUNNING || status == CONTAINER_PAUSED ||
	       status == CONTAINER_RESTARTING;
}

int container_status_parse(const char *name, enum container_status *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(status_names); i++) {
		if (strcmp(name, status_names[i]) == 0) {
			*ret = (enum container_status)i;
			return 0;
		}
	}
	return -EINVAL;
}

void container_release(struct container *c)
{
	if (!c)
		return;
	free(c->id);
	free(c->name);
	free(c->image);
	free(c->image_id);
	free(c->layers);
	free(c->path);
	free(c->args);
	free(c->config);
	free(c->host);
	free(c->networking);
	free(c->life.error);
	*c = (struct container)CONTAINER_INIT;
}

static void container_from_row(sqlite3_stmt *row, struct container *ret)
{
	*ret = (struct container){
		.id = store_column_str(row, 0),
		.name = store_column_str(row, 1),
		.image = store_column_str(row, 2),
		.image_id = store_column_str(row, 3),
		.layers = store_column_str(row, 4),
		.created = sqlite3_column_int64(row, 5),
		.path = store_column_str(row, 6),
		.args = store_column_str(row, 7),
		.auto_remove = sqlite3_column_int(row, 8) != 0,
		.life =
			{
				.status = (enum container_status)sqlite3_column_int(row, 9),
				.pid = sqlite3_column_int64(row, 10),
				.started = sqlite3_column_int64(row, 11),
				.finished = sqlite3_column_int64(row, 12),
				.exit_code = sqlite3_column_int64(row, 13),
				.oom_killed = sqlite3_column_int(row, 14) != 0,
				.manually_stopped = sqlite3_column_int(row, 15) != 0,
				.restart_count = sqlite3_column_int64(row, 16),
				.error = store_column_str(row, 17),
			},
		.config = store_column_str(row, 18),
		.host = store_column_str(row, 19),
		.networking = store_column_str(row, 20),
	};
}

/* The one row of a statement; -ENOENT with err unset when there is none. */
static int container_row(struct store *store, sqlite3_stmt *stmt, struct container *ret,
			 struct error *err)
{
	int r = store_step(store, stmt, err);

	if (r < 0)
		return r;
	if (r == 0)
		return -ENOENT;
	container_from_row(stmt, ret);
	return 0;
}

int container_get(struct store *store, const char *id, struct container *ret, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	int r;

	r = store_prepare(store, &stmt, err, CONTAINER_SELECT "WHERE id = ?", "s", id);
	return r < 0 ? r : container_row(store, stmt, ret, err);
}

static int container_get_by_name(struct store *store, const char *name, struct container *ret,
				 struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	int r;

	r = store_prepare(store, &stmt, err, CONTAINER_SELECT "WHERE name = ?", "s", name);
	return r < 0 ? r : container_row(store, stmt, ret, err);
}

/* ids are lower-case hexadecimal, so every id with a prefix lies in [prefix, prefix + "g"). */
static int container_get_by_prefix(struct store *store, const char *prefix, struct container *ret,
				   struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	cleanup(container_release) struct container c = CONTAINER_INIT;
	int r;

	if (prefix[strspn(prefix, "0123456789abcdef")] != '\0')
		return -ENOENT;
	r = store_prepare(store, &stmt, err,
			  CONTAINER_SELECT "WHERE id >= ? AND id < ? || 'g' LIMIT 2", "ss", prefix,
			  prefix);
	if (r < 0)
		return r;
	r = container_row(store, stmt, &c, err);
	if (r < 0)
		return r;
	r = store_step(store, stmt, err);
	if (r < 0)
		return r;
	if (r > 0)
		return error_set(err, ERR_INVALID, 0, "multiple IDs found with provided prefix: %s",
				 prefix);
	*ret = c;
	c = (struct container)CONTAINER_INIT;
	return 0;
}

int container_find(struct store *store, const char *ref, struct container *ret, struct error *err)
{
	const char *name = ref[0] == '/' ? ref + 1 : ref;
	int r = -ENOENT;

	if (name[0] != '\0' && strlen(name) <= 64 && name == ref)
		r = container_get(store, ref, ret, err);
	if (r == -ENOENT && name[0] != '\0')
		r = container_get_by_name(store, name, ret, err);
	if (r == -ENOENT && name[0] != '\0' && name == ref)
		r = container_get_by_prefix(store, ref, ret, err);
	if (r == -ENOENT)
		return error_set(err, ERR_NOT_FOUND, ENOENT, "No such container: %s", ref);
	return r;
}

static int container_name_conflict(struct store *store, const char *name, struct error *err)
{
	cleanup(container_release) struct container holder = CONTAINER_INIT;
	int r = container_get_by_name(store, name, &holder, err);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	return error_set(err, ERR_CONFLICT, EEXIST,
			 "Conflict. The container name \"/%s\" is already in use by container "
			 "\"%s\". You have to "
			 "remove (or rename) that container to be able to reuse that name.",
			 name, holder.id);
}

/* Checked in the same transaction as the change: the caller's, or else this one's own is a single
 * statement whose UNIQUE
 * failure is looked up again. */
static int container_name_checked(struct store *store, const char *name, int r, struct error *err)
{
	if (r >= 0 || (sqlite3_extended_errcode(store->db) & 0xff) != SQLITE_CONSTRAINT)
		return r;
	error_release(err);
	r = container_name_conflict(store, name, err);
	return r < 0 ? r
		     : error_set(err, ERR_CONFLICT, EEXIST, "Conflict. The name \"/%s\" is in use",
				 name);
}

int container_insert(struct store *store, const struct container *c, struct error *err)
{
	int r;

	r = store_exec(
		store, NULL, err,
		"INSERT INTO containers(id, name, image, image_id, layers, created, path, args,"
		" auto_remove, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		"sssssissii", c->id, c->name, c->image, c->image_id, c->layers, c->created, c->path,
		c->args, (int64_t)c->auto_remove, (int64_t)c->life.status);
	r = container_name_checked(store, c->name, r, err);
	if (r < 0)
		return r;
	return store_exec(store, NULL, err,
			  "INSERT INTO container_texts(container_id, config, host, networking)"
			  " VALUES (?, ?, ?, ?)",
			  "ssss", c->id, c->config, c->host, c->networking);
}

int container_rename(struct store *store, const char *id, const char *new_name, struct error *err)
{
	int r = store_exec(store, NULL, err, "UPDATE containers SET name = ? WHERE id = ?", "ss",
			   new_name, id);

	return container_name_checked(store, new_name, r, err);
}

int container_set_life(struct store *store, const char *id, const struct container_life *life,
		       struct error *err)
{
	return store_exec(store, NULL, err,
			  "UPDATE containers SET status = ?, pid = ?, started = ?, finished = ?, "
			  "exit_code = ?,"
			  " oom_killed = ?, restart_count = ?, error = ? WHERE id = ?",
			  "iiiiiiiss", (int64_t)life->status, life->pid, life->started,
			  life->finished, life->exit_code, (int64_t)life->oom_killed,
			  life->restart_count, life->error, id);
}

int container_set_stopped(struct store *store, const char *id, bool stopped, struct error *err)
{
	return store_exec(store, NULL, err,
			  "UPDATE containers SET manually_stopped = ? WHERE id = ?", "is",
			  (int64_t)stopped, id);
}

int container_set_texts(struct store *store, const char *id, const char *host,
			const char *networking, struct error *err)
{
	return store_exec(store, NULL, err,
			  "UPDATE container_texts SET host = coalesce(?, host),"
			  " networking = coalesce(?, networking) WHERE container_id = ?",
			  "sss", host, networking, id);
}

int container_delete(struct store *store, const char *id, struct error *err)
{
	return store_exec(store, NULL, err, "DELETE FROM containers WHERE id = ?", "s", id);
}

static int container_list_stmt(struct store *store, sqlite3_stmt *stmt, struct container **ret,
			       size_t *ret_n, struct error *err)
{
	struct container *list = NULL;
	size_t n = 0, cap = 0;
	int r;

	while ((r = store_step(store, stmt, err)) > 0) {
		if (n == cap) {
			cap = cap ? cap * 2 : 16;
			list = xrealloc(list, cap, sizeof(*list));
		}
		container_from_row(stmt, &list[n++]);
	}
	if (r < 0) {
		container_list_free(list, n);
		return r;
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

int container_list(struct store *store, struct container **ret, size_t *ret_n, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	int r;

	r = store_prepare(store, &stmt, err, CONTAINER_SELECT "ORDER BY created DESC, id", "");
	return r < 0 ? r : container_list_stmt(store, stmt, ret, ret_n, err);
}

int container_list_active(struct store *store, struct container **ret, size_t *ret_n,
			  struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	int r;

	r = store_prepare(store, &stmt, err,
			  CONTAINER_SELECT "WHERE status IN (?, ?, ?, ?)"
					   " ORDER BY created DESC, id",
			  "iiii", (int64_t)CONTAINER_RUNNING, (int64_t)CONTAINER_PAUSED,
			  (int64_t)CONTAINER_RESTARTING, (int64_t)CONTAINER_REMOVING);
	return r < 0 ? r : container_list_stmt(store, stmt, ret, ret_n, err);
}

void container_list_free(struct container *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		container_release(&list[i]);
	free(list);
}

int containers_using_image(struct store *store, const char *image_id, struct container **ret,
			   size_t *ret_n, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	int r;

	r = store_prepare(store, &stmt, err, CONTAINER_SELECT "WHERE image_id = ?", "s", image_id);
	return r < 0 ? r : container_list_stmt(store, stmt, ret, ret_n, err);
}

int containers_use_layer(struct store *store, const char *diff_id, bool *ret_used,
			 struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	int r;

	r = store_prepare(store, &stmt, err,
			  "SELECT 1 FROM containers WHERE instr(layers, ?) > 0 LIMIT 1", "s",
			  diff_id);
	if (r < 0)
		return r;
	r = store_step(store, stmt, err);
	if (r < 0)
		return r;
	*ret_used = r > 0;
	return 0;
}
