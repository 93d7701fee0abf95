/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, migrating and locking the database; statements with positional binds. */
#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "store/keep.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/path.h"
#include "store/statements.h"

enum {
	SCHEMA_VERSION = 10,
	BUSY_TIMEOUT_MS =
		30000, /* only foreign programs make us wait here: our writers queue at hoy.lock */
	WAL_FOLD_PAGES =
		2000, /* fold at close beyond this                                          */
	WAL_FOLD_LAST_PAGES =
		400, /* the last one out: the next opener re-reads the log (see keep.h)    */
	WAL_FOLD_NOW_PAGES =
		16384, /* fold inside a long-lived connection                                    */
};

static int store_fail(struct store *store, struct error *err, const char *what)
{
	int code = store->db ? sqlite3_extended_errcode(store->db) : SQLITE_NOMEM;
	int errnum = EIO;

	if ((code & 0xff) == SQLITE_FULL)
		errnum = ENOSPC;
	else if ((code & 0xff) == SQLITE_BUSY)
		errnum = EBUSY;
	return error_set(err, ERR_SYSTEM, errnum, "database: %s: %s", what,
			 store->db ? sqlite3_errmsg(store->db) : "out of memory");
}

static int store_sql(struct store *store, const char *sql, struct error *err)
{
	if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return store_fail(store, err, sql);
	return 0;
}

static int store_wal_grew(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct store *store = arg;

	store->wal_pages = pages;
	if (pages > WAL_FOLD_NOW_PAGES)
		(void)sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	return SQLITE_OK;
}

static int store_schema_version(struct store *store, int *ret, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	int r;

	r = store_prepare(store, &stmt, err, "PRAGMA user_version", "");
	if (r < 0)
		return r;
	r = store_step(store, stmt, err);
	if (r < 0)
		return r;
	*ret = sqlite3_column_int(stmt, 0);
	return 0;
}

/* What leads from a version of the schema to the next: steps[0] from 1 to 2, and so on. A step that
 * was ever part of a release is never changed; a new one goes to the end, and SCHEMA_VERSION is one
 * more than there are. */
static const char *const *const steps[] = {
	&store_step_networks_2, &store_step_idmaps,	 &store_step_volumes,
	&store_step_health,	&store_step_layer_blobs, &store_step_holds,
	&store_step_image_uses, &store_step_summaries,	 &store_step_summary_rest,
};

_Static_assert(SCHEMA_VERSION == 1 + ARRAY_SIZE(steps), "a step for each version");

static const char *const *const first_schemas[] = {
	&store_schema_containers, &store_schema_images, &store_schema_networks,
	&store_schema_events,	  &store_schema_execs,
};

/* In a transaction: from whatever version there is to this one. */
static int store_migrate_from(struct store *store, int version, struct error *err)
{
	cleanup_free char *set_version = xasprintf("PRAGMA user_version = %d", SCHEMA_VERSION);
	int r = 0;

	for (size_t i = 0; r >= 0 && version == 0 && i < ARRAY_SIZE(first_schemas); i++)
		r = store_sql(store, *first_schemas[i], err);
	for (size_t i = version > 1 ? (size_t)version - 1 : 0; r >= 0 && i < ARRAY_SIZE(steps); i++)
		r = store_sql(store, *steps[i], err);
	return r < 0 ? r : store_sql(store, set_version, err);
}

static int store_migrate(struct store *store, struct error *err)
{
	int version = 0, r;

	r = store_sql(store, "PRAGMA journal_mode = WAL", err);
	if (r < 0)
		return r;
	r = store_begin(store, err);
	if (r < 0)
		return r;
	r = store_schema_version(store, &version, err); /* another process may have been faster */
	if (r >= 0)
		r = store_migrate_from(store, version, err);
	if (r >= 0)
		r = store_commit(store, err);
	if (r < 0)
		store_rollback(store);
	return r;
}

static int store_open_root(const char *data_root, struct store *store, struct error *err)
{
	int r;

	store->data_fd = open(data_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (store->data_fd < 0 && errno == ENOENT) {
		r = dir_make_all_at(AT_FDCWD, data_root, 0700);
		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "create data root %s", data_root);
		store->data_fd = open(data_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	if (store->data_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open data root %s", data_root);
	store->data_root = xstrdup(data_root);
	r = lock_open_at(store->data_fd, "hoy.lock");
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "open %s/hoy.lock", data_root);
	store->write_lock_fd = r;
	return 0;
}

static int store_open_db(struct store *store, struct error *err)
{
	cleanup_free char *path = path_join(store->data_root, "hoy.db");
	mode_t old = umask(077);
	int code;

	/* No thread, no account of memory: neither is locked, then. Only before the first use. */
	(void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	code = sqlite3_open_v2(path, &store->db,
			       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			       NULL);
	umask(old);
	if (code != SQLITE_OK)
		return store_fail(store, err, path);
	(void)sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
	/* Folding syncs the disk: never at close as SQLite would, but when worth it, see
	 * store_release. */
	(void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	(void)sqlite3_wal_hook(store->db, store_wal_grew, store);
	return store_sql(store, "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON", err);
}

int store_open(const char *data_root, struct store *ret, struct error *err)
{
	int version = 0, r;

	*ret = (struct store)STORE_INIT;
	r = store_open_root(data_root, ret, err);
	if (r >= 0)
		r = store_open_db(ret, err);
	if (r >= 0)
		r = store_schema_version(ret, &version, err);
	if (r >= 0 && version > SCHEMA_VERSION)
		r = error_set(err, ERR_SYSTEM, 0,
			      "the database in %s was written by a newer version (%d > %d)",
			      data_root, version, SCHEMA_VERSION);
	if (r >= 0 && version < SCHEMA_VERSION)
		r = store_migrate(ret, err);
	if (r < 0)
		store_release(ret);
	return r;
}

/* Whether another process has the database open or keeps its index. Asked at the very end: closing
 * this fd drops our own locks on the file (fcntl(2)). */
static bool store_is_last(const struct store *store)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = KEEP_BYTE, .l_len = 1
	};
	char path[64];
	cleanup_fd int fd = -1;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/hoy.db-shm", store->data_fd);
	fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	return fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type == F_UNLCK;
}

/* Copy the log into the database; then begin the log anew ourselves, for that syncs the disk and
 * the
 * next writer would have to wait for it. */
static void store_fold(struct store *store)
{
	cleanup_free char *again = xasprintf("PRAGMA user_version = %d", SCHEMA_VERSION);
	int pages = 0, done = 0;

	if (sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &done) !=
		    SQLITE_OK ||
	    pages != done || store_begin(store, NULL) < 0)
		return;
	if (store_sql(store, again, NULL) >= 0)
		ignore_result(store_commit(store, NULL));
	store_rollback(store);
}

void store_release(struct store *store)
{
	if (!store)
		return;
	if (store->db) {
		store_rollback(store);
		statements_drop(store->db);
		if (store->wal_pages > WAL_FOLD_PAGES ||
		    (store->wal_pages > WAL_FOLD_LAST_PAGES && store_is_last(store)))
			store_fold(store);
		(void)sqlite3_close_v2(store->db);
	}
	macros_close_fd(&store->keep_fd);
	if (store->data_fd >= 0)
		(void)close(store->data_fd);
	if (store->write_lock_fd >= 0)
		(void)close(store->write_lock_fd);
	free(store->data_root);
	*store = (struct store)STORE_INIT;
}

static void store_durable_end(struct store *store)
{
	if (store->durable)
		ignore_result(store_sql(store, "PRAGMA synchronous = NORMAL", NULL));
	store->durable = false;
}

int store_begin(struct store *store, struct error *err)
{
	int r = lock_take(store->write_lock_fd);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "lock the database");
	r = store_sql(store, "BEGIN IMMEDIATE", err);
	if (r < 0)
		ignore_result(lock_drop(store->write_lock_fd));
	return r;
}

/* FULL: COMMIT syncs the log. Can only be set outside of a transaction. */
int store_begin_durable(struct store *store, struct error *err)
{
	int r = store_sql(store, "PRAGMA synchronous = FULL", err);

	if (r < 0)
		return r;
	store->durable = true;
	r = store_begin(store, err);
	if (r < 0)
		store_durable_end(store);
	return r;
}

int store_commit(struct store *store, struct error *err)
{
	int r = store_sql(store, "COMMIT", err);

	if (r < 0) {
		store_rollback(store);
		return r;
	}
	ignore_result(lock_drop(store->write_lock_fd));
	store_durable_end(store);
	return 0;
}

void store_rollback(struct store *store)
{
	if (!store->db || sqlite3_get_autocommit(store->db))
		return;
	(void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	ignore_result(lock_drop(store->write_lock_fd));
	store_durable_end(store);
}

static int store_bind(sqlite3_stmt *stmt, const char *binds, va_list *ap)
{
	int code = SQLITE_OK;

	for (int i = 0; binds[i] != '\0' && code == SQLITE_OK; i++) {
		if (binds[i] == 's') {
			const char *str = va_arg(*ap, const char *);

			code = sqlite3_bind_text(stmt, i + 1, str, -1, SQLITE_TRANSIENT);
		} else if (binds[i] == 'i') {
			code = sqlite3_bind_int64(stmt, i + 1, va_arg(*ap, int64_t));
		} else {
			const void *data = va_arg(*ap, const void *);
			size_t len = va_arg(*ap, size_t);

			code = sqlite3_bind_blob64(stmt, i + 1, data, len, SQLITE_TRANSIENT);
		}
	}
	return code;
}

static int store_vprepare(struct store *store, sqlite3_stmt **ret, struct error *err,
			  const char *sql, const char *binds, va_list *ap)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;

	if (statement_take(store->db, sql, &stmt) != SQLITE_OK ||
	    store_bind(stmt, binds, ap) != SQLITE_OK)
		return store_fail(store, err, sql);
	*ret = take_ptr(stmt);
	return 0;
}

int store_prepare(struct store *store, sqlite3_stmt **ret, struct error *err, const char *sql,
		  const char *binds, ...)
{
	va_list ap;
	int r;

	va_start(ap, binds);
	r = store_vprepare(store, ret, err, sql, binds, &ap);
	va_end(ap);
	return r;
}

int store_step(struct store *store, sqlite3_stmt *stmt, struct error *err)
{
	int code = sqlite3_step(stmt);

	if (code == SQLITE_ROW)
		return 1;
	if (code == SQLITE_DONE)
		return 0;
	return store_fail(store, err, sqlite3_sql(stmt));
}

int store_exec(struct store *store, int64_t *ret_changes, struct error *err, const char *sql,
	       const char *binds, ...)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	bool queue = sqlite3_get_autocommit(store->db);
	va_list ap;
	int r;

	va_start(ap, binds);
	r = store_vprepare(store, &stmt, err, sql, binds, &ap);
	va_end(ap);
	if (r < 0)
		return r;
	if (queue && lock_take(store->write_lock_fd) < 0)
		return error_set(err, ERR_SYSTEM, errno, "lock the database");
	do
		r = store_step(store, stmt, err);
	while (r > 0);
	if (queue)
		ignore_result(lock_drop(store->write_lock_fd));
	if (r >= 0 && ret_changes)
		*ret_changes = sqlite3_changes64(store->db);
	return r;
}

void store_stmt_release(sqlite3_stmt **stmt)
{
	statement_give(*stmt);
	*stmt = NULL;
}

char *store_column_str(sqlite3_stmt *stmt, int column)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);

	return text ? xstrndup(text, (size_t)sqlite3_column_bytes(stmt, column)) : NULL;
}
