/* SPDX-License-Identifier: Apache-2.0 */
/* The table of drivers, and the work on all of the network state at once: sweep, reset, lists. */
#include "network/network.h"

#include <errno.h>
#include <string.h>

#include "base/strv.h"
#include "network/bridge.h"
#include "network/driver.h"
#include "sys/nftables.h"

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

int network_sweep(struct store *store, const struct network_config *config, struct error *err)
{
	cleanup(strv_release) char **orphans = NULL;
	struct bridge bridge;
	int r;

	r = bridge_parse(config, &bridge, err);
	if (r >= 0)
		r = endpoint_record_orphans(store, &orphans, err);
	for (size_t i = 0; r >= 0 && orphans && orphans[i]; i++)
		r = endpoint_forget(store, config, orphans[i], err);
	if (r >= 0)
		r = ports_sync(store, config, err);
	return r < 0 ? r : bridge_sweep(store, &bridge, err);
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

int network_reset(struct store *store, const struct network_config *config, struct error *err)
{
	int r = endpoints_forget_all(store, config, err);

	if (r >= 0)
		r = bridge_remove(config, err);
	return r < 0 ? r : network_record_reset(store, err);
}
