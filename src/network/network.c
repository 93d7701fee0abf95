/* SPDX-License-Identifier: Apache-2.0 */
/* The table of drivers, and the work on all of the network state at once: sweep, reset, lists. */
#include "network/network.h"

#include <errno.h>
#include <string.h>

#include "base/strv.h"
#include "network/bridge.h"
#include "network/driver.h"
#include "sys/nftables.h"
#include "sys/rtnetlink.h"

/* Nothing but a record: the engine joins the host's namespace, or leaves a fresh one empty. */
const struct network_driver network_driver_host = { .name = "host" };
const struct network_driver network_driver_null = { .name = "null" };

static const struct network_driver *const drivers[] = {
	&network_driver_bridge,
	&network_driver_host,
	&network_driver_null,
};

int network_driver_find(const char *name, const struct network_driver **ret, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		if (strcmp(drivers[i]->name, name) == 0) {
			*ret = drivers[i];
			return 0;
		}
	}
	return error_set(err, ERR_INVALID, EINVAL, "network driver \"%s\" is not known", name);
}

/* Under the database's write lock no new port can be leased, so an element without a lease is
 * nobody's. */
static int ports_sync(struct store *store, const struct network_config *config, struct error *err)
{
	struct netlink *nft;
	struct port_record *ports = NULL;
	size_t n = 0;
	int r;

	r = nft_socket(&nft);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "open a netfilter netlink socket");
	r = store_begin(store, err);
	if (r < 0)
		return r;
	r = port_record_list(store, NULL, &ports, &n, err);
	if (r >= 0)
		r = firewall_sync(nft, config->bridge, ports, n, err);
	store_rollback(store);
	port_record_list_free(ports, n);
	return r;
}

/* Bridges that the table knows and no record: of a removal that was cut short. Its elements go when
 * the table is made anew, with the next start. */
static int stale_bridge(void *arg, const struct nft_element *elem)
{
	char ***names = arg;
	char name[IFNAMSIZ] = "";

	memcpy(name, elem->key,
	       elem->key_len < sizeof(name) - 1 ? elem->key_len : sizeof(name) - 1);
	strv_push(names, name);
	return 0;
}

static bool bridge_is_recorded(const struct network_config *config,
			       const struct network_record *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i].bridge && strcmp(list[i].bridge, name) == 0)
			return true;
	}
	return strcmp(config->bridge, name) == 0;
}

static int bridges_delete(const struct network_config *config, const struct network_record *list,
			  size_t n, char *const *names, struct error *err)
{
	cleanup_free char *state = xasprintf("%s/network.state", config->run_root);
	cleanup(netlink_release) struct netlink route = NETLINK_INIT;
	int r = netlink_open(NETLINK_ROUTE, &route);

	for (; r >= 0 && names && *names; names++) {
		if (bridge_is_recorded(config, list, n, *names))
			continue;
		r = link_delete(&route, *names);
		r = r == -ENODEV ? 0 : r;
		if (r >= 0 && unlink(state) < 0 && errno != ENOENT)
			r = -errno;
	}
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "delete the bridges of removed networks") : 0;
}

static int stale_bridges_sweep(struct store *store, const struct network_config *config,
			       struct error *err)
{
	cleanup(strv_release) char **names = NULL;
	struct network_record *list = NULL;
	char table[FIREWALL_NAME_MAX];
	struct netlink *nft;
	size_t n = 0;
	int r;

	r = nft_socket(&nft);
	firewall_table_name(config->bridge, table);
	if (r >= 0)
		r = nft_elements_list(nft, table, "bridges", stale_bridge, &names);
	if (r < 0)
		return r == -ENOENT
			       ? 0
			       : error_set(err, ERR_SYSTEM, -r, "read nftables table %s", table);
	/* The records after the table: a bridge that is in it has had its record before. */
	r = network_record_list(store, &list, &n, err);
	if (r >= 0)
		r = bridges_delete(config, list, n, names, err);
	network_record_list_free(list, n);
	return r;
}

int network_sweep(struct store *store, const struct network_config *config, struct error *err)
{
	cleanup(strv_release) char **orphans = NULL;
	int r;

	r = endpoint_record_orphans(store, &orphans, err);
	for (size_t i = 0; r >= 0 && orphans && orphans[i]; i++)
		r = endpoint_forget(store, config, orphans[i], err);
	if (r >= 0)
		r = ports_sync(store, config, err);
	if (r >= 0)
		r = stale_bridges_sweep(store, config, err);
	return r < 0 ? r : bridge_sweep(store, config, err);
}

static int endpoints_forget_all(struct store *store, const struct network_config *config,
				struct error *err)
{
	struct endpoint_record *records = NULL;
	size_t n = 0;
	int r;

	r = endpoint_record_list(store, NULL, NULL, &records, &n, err);
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = endpoint_forget(store, config, records[i].container_id, err);
	endpoint_record_list_free(records, n);
	return r;
}

static int networks_remove_all(struct store *store, const struct network_config *config,
			       struct error *err)
{
	struct network_record *list = NULL;
	size_t n = 0;
	int r;

	r = network_record_list(store, &list, &n, err);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		if (!list[i].builtin)
			r = network_remove(store, config, &list[i], err);
	}
	network_record_list_free(list, n);
	return r;
}

int network_reset(struct store *store, const struct network_config *config, struct error *err)
{
	int r = endpoints_forget_all(store, config, err);

	if (r >= 0)
		r = networks_remove_all(store, config, err);
	if (r >= 0)
		r = bridge_remove(config, err);
	return r < 0 ? r : network_record_reset(store, err);
}
