/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of networks, endpoints and published ports, and the rows of the first. */
#include "store/networks.h"

#include <errno.h>
#include <string.h>

#include "base/strbuf.h"

const char *const store_schema_networks =
	"CREATE TABLE IF NOT EXISTS networks ("
	" id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, driver TEXT NOT NULL,"
	" created INTEGER NOT NULL, builtin INTEGER NOT NULL,"
	" address_cursor INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
	"INSERT OR IGNORE INTO networks(id, name, driver, created, builtin)"
	" SELECT lower(hex(randomblob(32))), column1, column2,"
	" CAST(strftime('%s', 'now') AS INTEGER) * 1000000000, 1"
	" FROM (VALUES ('bridge', 'bridge'), ('host', 'host'), ('none', 'null'));"
	"CREATE TABLE IF NOT EXISTS endpoints ("
	" seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, container_id TEXT NOT NULL,"
	" network_id TEXT NOT NULL REFERENCES networks(id), ip TEXT, ip6 TEXT, gateway TEXT,"
	" gateway6 TEXT, prefix_len INTEGER NOT NULL, prefix6_len INTEGER NOT NULL, mac TEXT,"
	" host_if TEXT, helper_pid INTEGER NOT NULL DEFAULT 0,"
	" helper_start INTEGER NOT NULL DEFAULT 0,"
	" UNIQUE (network_id, ip), UNIQUE (network_id, ip6));"
	"CREATE INDEX IF NOT EXISTS endpoints_container ON endpoints(container_id);"
	"CREATE TABLE IF NOT EXISTS ports ("
	" seq INTEGER PRIMARY KEY, container_id TEXT NOT NULL, endpoint_id TEXT NOT NULL,"
	" protocol TEXT NOT NULL, host_ip TEXT NOT NULL, host_port INTEGER NOT NULL,"
	" container_ip TEXT NOT NULL, container_port INTEGER NOT NULL,"
	" UNIQUE (protocol, host_port, host_ip));"
	"CREATE INDEX IF NOT EXISTS ports_container ON ports(container_id);";

/* Networks of the user, with what only endpoints on them need. */
const char *const store_step_networks_2 =
	"ALTER TABLE networks ADD COLUMN config TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE networks ADD COLUMN bridge TEXT;"
	"ALTER TABLE endpoints ADD COLUMN if_name TEXT NOT NULL DEFAULT 'eth0';"
	"ALTER TABLE endpoints ADD COLUMN names TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE endpoints ADD COLUMN gw_priority INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE endpoints ADD COLUMN resolver_pid INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE endpoints ADD COLUMN resolver_start INTEGER NOT NULL DEFAULT 0;";

#define NETWORK_COLUMNS "id, name, driver, created, builtin, config, bridge"

void network_record_release(struct network_record *n)
{
	if (!n)
		return;
	free(n->id);
	free(n->name);
	free(n->driver);
	free(n->config);
	free(n->bridge);
	*n = (struct network_record){ 0 };
}

void network_record_list_free(struct network_record *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		network_record_release(&list[i]);
	free(list);
}

static struct network_record network_from_row(sqlite3_stmt *stmt)
{
	return (struct network_record){
		.id = store_column_str(stmt, 0),
		.name = store_column_str(stmt, 1),
		.driver = store_column_str(stmt, 2),
		.created = sqlite3_column_int64(stmt, 3),
		.builtin = sqlite3_column_int(stmt, 4) != 0,
		.config = store_column_str(stmt, 5),
		.bridge = store_column_str(stmt, 6),
	};
}

/* The rows of a prepared statement. */
static int network_rows(struct store *store, sqlite3_stmt *stmt, struct network_record **ret,
			size_t *ret_n, struct error *err)
{
	struct network_record *list = NULL;
	size_t n = 0;
	int r;

	for (r = store_step(store, stmt, err); r > 0; r = store_step(store, stmt, err)) {
		list = xrealloc(list, n + 1, sizeof(*list));
		list[n++] = network_from_row(stmt);
	}
	if (r < 0) {
		network_record_list_free(list, n);
		return r;
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

int network_record_list(struct store *store, struct network_record **ret, size_t *ret_n,
			struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	int r;

	r = store_prepare(store, &stmt, err,
			  "SELECT " NETWORK_COLUMNS " FROM networks ORDER BY name", "");
	return r < 0 ? r : network_rows(store, stmt, ret, ret_n, err);
}

/* How well a row fits a reference: a whole name or id before the beginning of an id. */
static bool network_is(const struct network_record *n, const char *ref)
{
	return strcmp(n->name, ref) == 0 || strcmp(n->id, ref) == 0;
}

int network_record_find(struct store *store, const char *ref, struct network_record *ret,
			struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	struct network_record *list = NULL;
	size_t n = 0;
	int r;

	r = store_prepare(store, &stmt, err,
			  "SELECT " NETWORK_COLUMNS " FROM networks WHERE name = ?1 OR id = ?1"
			  " OR (length(?1) > 0 AND substr(id, 1, length(?1)) = ?1)"
			  " ORDER BY name = ?1 DESC, id = ?1 DESC LIMIT 2",
			  "s", ref);
	if (r >= 0)
		r = network_rows(store, stmt, &list, &n, err);
	if (r < 0)
		return r;
	if (n == 0)
		r = error_set(err, ERR_NOT_FOUND, ENOENT, "network %s not found", ref);
	else if (n > 1 && !network_is(&list[0], ref))
		r = error_set(err, ERR_INVALID, EINVAL,
			      "network %s is ambiguous (2 matches found on ID prefix)", ref);
	if (r >= 0) {
		*ret = list[0];
		list[0] = (struct network_record){ 0 };
	}
	network_record_list_free(list, n);
	return r;
}

int network_record_insert(struct store *store, const struct network_record *n, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	int r;

	r = store_prepare(store, &stmt, err, "SELECT 1 FROM networks WHERE name = ?", "s", n->name);
	if (r >= 0)
		r = store_step(store, stmt, err);
	if (r < 0)
		return r;
	if (r > 0)
		return error_set(err, ERR_CONFLICT, EEXIST, "network with name %s already exists",
				 n->name);
	return store_exec(store, NULL, err,
			  "INSERT INTO networks(id, name, driver, created, builtin, config, bridge)"
			  " VALUES (?, ?, ?, ?, 0, ?, ?)",
			  "sssiss", n->id, n->name, n->driver, n->created, n->config, n->bridge);
}

int network_record_delete(struct store *store, const char *id, struct error *err)
{
	return store_exec(store, NULL, err, "DELETE FROM networks WHERE id = ? AND builtin = 0",
			  "s", id);
}

int network_record_reset(struct store *store, struct error *err)
{
	int r;

	r = store_exec(store, NULL, err, "DELETE FROM ports", "");
	if (r >= 0)
		r = store_exec(store, NULL, err, "DELETE FROM endpoints", "");
	if (r >= 0)
		r = store_exec(store, NULL, err, "DELETE FROM networks WHERE builtin = 0", "");
	return r;
}
