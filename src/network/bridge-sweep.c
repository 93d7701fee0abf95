/* SPDX-License-Identifier: Apache-2.0 */
/* What is left on the bridge of containers that are gone, and the end of the bridge itself. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/strv.h"
#include "network/bridge.h"

struct port_walk {
	const int *bridges; /* their indexes */
	size_t n_bridges;
	char **names;
};

static int port_collect(void *arg, const char *name, int index, int master)
{
	struct port_walk *walk = arg;

	for (size_t i = 0; i < walk->n_bridges; i++) {
		if (master == walk->bridges[i] && strncmp(name, "veth", 4) == 0)
			strv_push(&walk->names, name);
	}
	return 0;
}

static bool is_recorded(const struct endpoint_record *records, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (records[i].host_if && strcmp(records[i].host_if, name) == 0)
			return true;
	}
	return false;
}

/* The indexes of those bridges of ours that are there now. Owned. */
static int bridge_indexes(struct store *store, const struct network_config *config,
			  struct netlink *route, int **ret, size_t *ret_n, struct error *err)
{
	struct network_record *networks = NULL;
	size_t n_networks = 0, n = 0;
	int *list;
	int r;

	r = network_record_list(store, &networks, &n_networks, err);
	if (r < 0)
		return r;
	list = xcalloc(n_networks + 1, sizeof(*list));
	if (link_index(route, config->bridge, &list[n]) >= 0)
		n++;
	for (size_t i = 0; i < n_networks; i++) {
		if (networks[i].bridge && link_index(route, networks[i].bridge, &list[n]) >= 0)
			n++;
	}
	network_record_list_free(networks, n_networks);
	*ret = list;
	*ret_n = n;
	return 0;
}

/* Links whose container is gone: their records are. */
static int sweep_names(struct store *store, struct netlink *route, char *const *names,
		       struct error *err)
{
	struct endpoint_record *records = NULL;
	size_t n = 0;
	int r;

	/* The records after the links: a link that was there has had its record before it. */
	r = endpoint_record_list(store, NULL, NULL, &records, &n, err);
	for (; r >= 0 && names && *names; names++) {
		if (is_recorded(records, n, *names))
			continue;
		r = link_delete(route, *names);
		/* Its namespace was quicker. */
		r = r == -ENODEV ? 0 : r;
		if (r < 0)
			r = error_set(err, ERR_SYSTEM, -r, "delete link %s", *names);
	}
	endpoint_record_list_free(records, n);
	return r;
}

int bridge_sweep(struct store *store, const struct network_config *config, struct error *err)
{
	cleanup(netlink_release) struct netlink route = NETLINK_INIT;
	cleanup_free int *bridges = NULL;
	struct port_walk walk = { 0 };
	int r;

	r = netlink_open(NETLINK_ROUTE, &route);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "open a route netlink socket");
	r = bridge_indexes(store, config, &route, &bridges, &walk.n_bridges, err);
	if (r < 0 || walk.n_bridges == 0)
		return r;
	walk.bridges = bridges;
	r = link_list(&route, port_collect, &walk);
	if (r < 0)
		r = error_set(err, ERR_SYSTEM, -r, "list the links of %s", config->bridge);
	else
		r = sweep_names(store, &route, walk.names, err);
	strv_free(walk.names);
	return r;
}

int bridge_remove(const struct network_config *config, struct error *err)
{
	cleanup_fd int run_fd = open(config->run_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup(netlink_release) struct netlink route = NETLINK_INIT;
	int r;

	if (run_fd >= 0 && unlinkat(run_fd, "network.state", 0) < 0 && errno != ENOENT)
		return error_set(err, ERR_SYSTEM, errno, "remove %s/network.state",
				 config->run_root);
	r = netlink_open(NETLINK_ROUTE, &route);
	if (r >= 0)
		r = link_delete(&route, config->bridge);
	if (r < 0 && r != -ENODEV)
		return error_set(err, ERR_SYSTEM, -r, "delete bridge %s", config->bridge);
	return firewall_remove(config->bridge, err);
}
