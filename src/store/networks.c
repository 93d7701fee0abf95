/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of networks, endpoints and published ports. */
#include "store/networks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/strv.h"

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

#define NETWORK_COLUMNS "id, name, driver, created, builtin"

void network_record_release(struct network_record *n)
{
	if (!n)
		return;
	free(n->id);
	free(n->name);
	free(n->driver);
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

#define ENDPOINT_COLUMNS                                                                           \
	"e.id, e.container_id, e.network_id, n.name, e.ip, e.ip6, e.gateway, e.gateway6, "         \
	"e.prefix_len, e.prefix6_len, e.mac, e.host_if, e.helper_pid, e.helper_start"

void endpoint_record_release(struct endpoint_record *ep)
{
	if (!ep)
		return;
	free(ep->id);
	free(ep->container_id);
	free(ep->network_id);
	free(ep->network_name);
	free(ep->ip);
	free(ep->ip6);
	free(ep->gateway);
	free(ep->gateway6);
	free(ep->mac);
	free(ep->host_if);
	*ep = (struct endpoint_record){ 0 };
}

void endpoint_record_list_free(struct endpoint_record *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		endpoint_record_release(&list[i]);
	free(list);
}

static struct endpoint_record endpoint_from_row(sqlite3_stmt *stmt)
{
	return (struct endpoint_record){
		.id = store_column_str(stmt, 0),
		.container_id = store_column_str(stmt, 1),
		.network_id = store_column_str(stmt, 2),
		.network_name = store_column_str(stmt, 3),
		.ip = store_column_str(stmt, 4),
		.ip6 = store_column_str(stmt, 5),
		.gateway = store_column_str(stmt, 6),
		.gateway6 = store_column_str(stmt, 7),
		.prefix_len = (unsigned int)sqlite3_column_int(stmt, 8),
		.prefix6_len = (unsigned int)sqlite3_column_int(stmt, 9),
		.mac = store_column_str(stmt, 10),
		.host_if = store_column_str(stmt, 11),
		.helper_pid = sqlite3_column_int64(stmt, 12),
		.helper_start = (uint64_t)sqlite3_column_int64(stmt, 13),
	};
}

int endpoint_record_insert(struct store *store, const struct endpoint_record *ep, struct error *err)
{
	return store_exec(store, NULL, err,
			  "INSERT INTO endpoints(id, container_id, network_id, ip, ip6, gateway,"
			  " gateway6, prefix_len, prefix6_len, mac, host_if)"
			  " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  "sssssssiiss", ep->id, ep->container_id, ep->network_id, ep->ip, ep->ip6,
			  ep->gateway, ep->gateway6, (int64_t)ep->prefix_len,
			  (int64_t)ep->prefix6_len, ep->mac, ep->host_if);
}

int endpoint_record_set_helper(struct store *store, const char *id, int64_t pid, uint64_t start,
			       struct error *err)
{
	return store_exec(store, NULL, err,
			  "UPDATE endpoints SET helper_pid = ?, helper_start = ? WHERE id = ?",
			  "iis", pid, (int64_t)start, id);
}

int endpoint_record_list(struct store *store, const char *container_id, const char *network_id,
			 struct endpoint_record **ret, size_t *ret_n, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	struct endpoint_record *list = NULL;
	size_t n = 0;
	int r;

	r = store_prepare(store, &stmt, err,
			  container_id
				  ? "SELECT " ENDPOINT_COLUMNS " FROM endpoints e JOIN networks n"
				    " ON n.id = e.network_id WHERE e.container_id = ?1"
				    " AND (?2 IS NULL OR e.network_id = ?2) ORDER BY e.seq"
				  : "SELECT " ENDPOINT_COLUMNS " FROM endpoints e JOIN networks n"
				    " ON n.id = e.network_id WHERE ?1 IS NULL"
				    " AND (?2 IS NULL OR e.network_id = ?2) ORDER BY e.seq",
			  "ss", container_id, network_id);
	if (r < 0)
		return r;
	for (r = store_step(store, stmt, err); r > 0; r = store_step(store, stmt, err)) {
		list = xrealloc(list, n + 1, sizeof(*list));
		list[n++] = endpoint_from_row(stmt);
	}
	if (r < 0) {
		endpoint_record_list_free(list, n);
		return r;
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

int endpoint_record_delete(struct store *store, const char *container_id, struct error *err)
{
	const bool nested = !sqlite3_get_autocommit(store->db);
	int r = nested ? 0 : store_begin(store, err);

	if (r >= 0)
		r = store_exec(store, NULL, err, "DELETE FROM ports WHERE container_id = ?", "s",
			       container_id);
	if (r >= 0)
		r = store_exec(store, NULL, err, "DELETE FROM endpoints WHERE container_id = ?",
			       "s", container_id);
	if (r >= 0 && !nested)
		r = store_commit(store, err);
	if (r < 0 && !nested)
		store_rollback(store);
	return r;
}

int endpoint_record_orphans(struct store *store, char ***ret_container_ids, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	cleanup(strv_release) char **ids = NULL;
	int r;

	r = store_prepare(store, &stmt, err,
			  "SELECT container_id FROM endpoints UNION SELECT container_id FROM ports"
			  " EXCEPT SELECT id FROM containers",
			  "");
	if (r < 0)
		return r;
	for (r = store_step(store, stmt, err); r > 0; r = store_step(store, stmt, err))
		strv_push(&ids, (const char *)sqlite3_column_text(stmt, 0));
	if (r < 0)
		return r;
	*ret_container_ids = take_ptr(ids);
	return 0;
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
