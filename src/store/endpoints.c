/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoint records: a container's place in a network. The table is in store/networks.c. */
#include <string.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "store/networks.h"

#define ENDPOINT_COLUMNS                                                                           \
	"e.id, e.container_id, e.network_id, n.name, e.ip, e.ip6, e.gateway, e.gateway6, "         \
	"e.prefix_len, e.prefix6_len, e.mac, e.host_if, e.helper_pid, e.helper_start, "            \
	"e.if_name, e.names, e.gw_priority, e.resolver_pid, e.resolver_start, n.builtin, "         \
	"e.seq"

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
	free(ep->if_name);
	free(ep->names);
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
		.if_name = store_column_str(stmt, 14),
		.names = store_column_str(stmt, 15),
		.gw_priority = sqlite3_column_int64(stmt, 16),
		.resolver_pid = sqlite3_column_int64(stmt, 17),
		.resolver_start = (uint64_t)sqlite3_column_int64(stmt, 18),
		.user_defined = sqlite3_column_int(stmt, 19) == 0,
		.seq = sqlite3_column_int64(stmt, 20),
	};
}

int endpoint_record_insert(struct store *store, const struct endpoint_record *ep, struct error *err)
{
	return store_exec(store, NULL, err,
			  "INSERT INTO endpoints(id, container_id, network_id, ip, ip6, gateway,"
			  " gateway6, prefix_len, prefix6_len, mac, host_if, if_name, names,"
			  " gw_priority) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  "sssssssiissssi", ep->id, ep->container_id, ep->network_id, ep->ip,
			  ep->ip6, ep->gateway, ep->gateway6, (int64_t)ep->prefix_len,
			  (int64_t)ep->prefix6_len, ep->mac, ep->host_if,
			  ep->if_name ? ep->if_name : "", ep->names ? ep->names : "",
			  ep->gw_priority);
}

int endpoint_record_set_helper(struct store *store, const char *id, int64_t pid, uint64_t start,
			       struct error *err)
{
	return store_exec(store, NULL, err,
			  "UPDATE endpoints SET helper_pid = ?, helper_start = ? WHERE id = ?",
			  "iis", pid, (int64_t)start, id);
}

int endpoint_record_set_resolver(struct store *store, const char *id, int64_t pid, uint64_t start,
				 struct error *err)
{
	return store_exec(store, NULL, err,
			  "UPDATE endpoints SET resolver_pid = ?, resolver_start = ? WHERE id = ?",
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

/* Two deletions by one key, in a transaction of their own unless there is one. */
static int delete_both(struct store *store, const char *ports, const char *endpoints,
		       const char *key, struct error *err)
{
	const bool nested = !sqlite3_get_autocommit(store->db);
	int r = nested ? 0 : store_begin(store, err);

	if (r >= 0)
		r = store_exec(store, NULL, err, ports, "s", key);
	if (r >= 0)
		r = store_exec(store, NULL, err, endpoints, "s", key);
	if (r >= 0 && !nested)
		r = store_commit(store, err);
	if (r < 0 && !nested)
		store_rollback(store);
	return r;
}

int endpoint_record_delete(struct store *store, const char *container_id, struct error *err)
{
	return delete_both(store, "DELETE FROM ports WHERE container_id = ?",
			   "DELETE FROM endpoints WHERE container_id = ?", container_id, err);
}

int endpoint_record_delete_one(struct store *store, const char *id, struct error *err)
{
	return delete_both(store, "DELETE FROM ports WHERE endpoint_id = ?",
			   "DELETE FROM endpoints WHERE id = ?", id, err);
}

int endpoint_record_delete_ports(struct store *store, const char *id, struct error *err)
{
	return store_exec(store, NULL, err, "DELETE FROM ports WHERE endpoint_id = ?", "s", id);
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

void endpoint_name_list_free(struct endpoint_name *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(list[i].container_name);
		free(list[i].names);
		free(list[i].ip);
		free(list[i].ip6);
	}
	free(list);
}

int endpoint_name_list(struct store *store, const char *network_id, struct endpoint_name **ret,
		       size_t *ret_n, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	struct endpoint_name *list = NULL;
	size_t n = 0;
	int r;

	r = store_prepare(store, &stmt, err,
			  "SELECT c.name, e.names, e.ip, e.ip6 FROM endpoints e"
			  " LEFT JOIN containers c ON c.id = e.container_id"
			  " WHERE e.network_id = ? ORDER BY e.seq",
			  "s", network_id);
	if (r < 0)
		return r;
	for (r = store_step(store, stmt, err); r > 0; r = store_step(store, stmt, err)) {
		list = xrealloc(list, n + 1, sizeof(*list));
		list[n++] = (struct endpoint_name){
			.container_name = store_column_str(stmt, 0),
			.names = store_column_str(stmt, 1),
			.ip = store_column_str(stmt, 2),
			.ip6 = store_column_str(stmt, 3),
		};
	}
	if (r < 0) {
		endpoint_name_list_free(list, n);
		return r;
	}
	*ret = list;
	*ret_n = n;
	return 0;
}
