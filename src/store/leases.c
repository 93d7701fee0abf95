/* SPDX-License-Identifier: Apache-2.0 */
/* Address and port leases: who holds what, in the tables of store/networks.c. */
#include <string.h>

#include "base/strbuf.h"
#include "store/networks.h"

int address_cursor_get(struct store *store, const char *network_id, uint32_t *ret,
		       struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	int r;

	r = store_prepare(store, &stmt, err, "SELECT address_cursor FROM networks WHERE id = ?",
			  "s", network_id);
	if (r >= 0)
		r = store_step(store, stmt, err);
	if (r < 0)
		return r;
	*ret = r > 0 ? (uint32_t)sqlite3_column_int64(stmt, 0) : 0;
	return 0;
}

int address_cursor_set(struct store *store, const char *network_id, uint32_t ip, struct error *err)
{
	return store_exec(store, NULL, err, "UPDATE networks SET address_cursor = ? WHERE id = ?",
			  "is", (int64_t)ip, network_id);
}

int address_holder(struct store *store, const char *network_id, const char *ip,
		   char **ret_container_id, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	int r;

	r = store_prepare(
		store, &stmt, err,
		strchr(ip, ':')
			? "SELECT container_id FROM endpoints WHERE network_id = ? AND ip6 = ?"
			: "SELECT container_id FROM endpoints WHERE network_id = ? AND ip = ?",
		"ss", network_id, ip);
	if (r >= 0)
		r = store_step(store, stmt, err);
	if (r < 0)
		return r;
	*ret_container_id = r > 0 ? store_column_str(stmt, 0) : NULL;
	return 0;
}

void port_record_release(struct port_record *p)
{
	if (!p)
		return;
	free(p->container_id);
	free(p->endpoint_id);
	free(p->protocol);
	free(p->host_ip);
	free(p->container_ip);
	*p = (struct port_record){ 0 };
}

void port_record_list_free(struct port_record *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		port_record_release(&list[i]);
	free(list);
}

int port_record_insert(struct store *store, const struct port_record *p, struct error *err)
{
	return store_exec(store, NULL, err,
			  "INSERT INTO ports(container_id, endpoint_id, protocol, host_ip,"
			  " host_port, container_ip, container_port) VALUES (?, ?, ?, ?, ?, ?, ?)",
			  "ssssisi", p->container_id, p->endpoint_id, p->protocol, p->host_ip,
			  (int64_t)p->host_port, p->container_ip, (int64_t)p->container_port);
}

#define PORT_COLUMNS                                                                               \
	"container_id, endpoint_id, protocol, host_ip, container_ip, host_port, container_port"

int port_record_list(struct store *store, const char *container_id, struct port_record **ret,
		     size_t *ret_n, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	struct port_record *list = NULL;
	size_t n = 0;
	int r;

	r = store_prepare(store, &stmt, err,
			  container_id ? "SELECT " PORT_COLUMNS
					 " FROM ports WHERE container_id = ? ORDER BY seq"
				       : "SELECT " PORT_COLUMNS
					 " FROM ports WHERE ? IS NULL ORDER BY seq",
			  "s", container_id);
	if (r < 0)
		return r;
	for (r = store_step(store, stmt, err); r > 0; r = store_step(store, stmt, err)) {
		list = xrealloc(list, n + 1, sizeof(*list));
		list[n++] = (struct port_record){
			.container_id = store_column_str(stmt, 0),
			.endpoint_id = store_column_str(stmt, 1),
			.protocol = store_column_str(stmt, 2),
			.host_ip = store_column_str(stmt, 3),
			.container_ip = store_column_str(stmt, 4),
			.host_port = (uint16_t)sqlite3_column_int(stmt, 5),
			.container_port = (uint16_t)sqlite3_column_int(stmt, 6),
		};
	}
	if (r < 0) {
		port_record_list_free(list, n);
		return r;
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

int port_holder(struct store *store, const char *protocol, const char *host_ip, uint16_t port,
		char **ret_container_id, char **ret_name, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	const char *wildcard = strchr(host_ip, ':') ? "::" : "0.0.0.0";
	int r;

	/* A wildcard, in the record (?4) or asked for (?3), meets every address of its family. */
	r = store_prepare(store, &stmt, err,
			  "SELECT p.container_id, c.name FROM ports p"
			  " LEFT JOIN containers c ON c.id = p.container_id"
			  " WHERE p.protocol = ?1 AND p.host_port = ?2 AND"
			  " (p.host_ip = ?3 OR p.host_ip = ?4 OR (?3 = ?4"
			  " AND (instr(p.host_ip, ':') > 0) = (instr(?4, ':') > 0))) LIMIT 1",
			  "siss", protocol, (int64_t)port, host_ip, wildcard);
	if (r >= 0)
		r = store_step(store, stmt, err);
	if (r < 0)
		return r;
	*ret_container_id = r > 0 ? store_column_str(stmt, 0) : NULL;
	*ret_name = r > 0 ? store_column_str(stmt, 1) : NULL;
	return 0;
}

int port_highest(struct store *store, const char *protocol, uint16_t first, uint16_t last,
		 uint16_t *ret, struct error *err)
{
	cleanup(store_stmt_release) sqlite3_stmt *stmt = NULL;
	int r;

	r = store_prepare(store, &stmt, err,
			  "SELECT coalesce(max(host_port), 0) FROM ports"
			  " WHERE protocol = ? AND host_port BETWEEN ? AND ?",
			  "sii", protocol, (int64_t)first, (int64_t)last);
	if (r >= 0)
		r = store_step(store, stmt, err);
	if (r < 0)
		return r;
	*ret = (uint16_t)sqlite3_column_int(stmt, 0);
	return 0;
}
