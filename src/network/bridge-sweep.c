/* SPDX-License-Identifier: Apache-2.0 */
/* What is left on the bridge of containers that are gone, and the end of the bridge itself. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/strv.h"
#include "network/bridge.h"

struct port_walk {
	int bridge_index;
	char **names;
};

static int port_collect(void *arg, const char *name, int index, int master)
{
	struct port_walk *walk = arg;

	if (master == walk->bridge_index && strncmp(name, "veth", 4) == 0)
		strv_push(&walk->names, name);
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

int bridge_sweep(struct store *store, const struct bridge *bridge, struct error *err)
{
	cleanup(netlink_release) struct netlink route = NETLINK_INIT;
	struct port_walk walk = { 0 };
	struct endpoint_record *records = NULL;
	size_t n = 0;
	int r;

	r = netlink_open(NETLINK_ROUTE, &route);
	if (r >= 0)
		r = link_index(&route, bridge->name, &walk.bridge_index);
	if (r == -ENODEV)
		return 0;
	if (r >= 0)
		r = link_list(&route, port_collect, &walk);
	if (r < 0) {
		strv_free(walk.names);
		return error_set(err, ERR_SYSTEM, -r, "list the links of %s", bridge->name);
	}
	/* The records after the links: a link that was there has had its record before it. */
	r = endpoint_record_list(store, NULL, NULL, &records, &n, err);
	for (size_t i = 0; r >= 0 && walk.names && walk.names[i]; i++) {
		if (is_recorded(records, n, walk.names[i]))
			continue;
		r = link_delete(&route, walk.names[i]);
		/* Its namespace was quicker. */
		r = r == -ENODEV ? 0 : r;
		if (r < 0)
			r = error_set(err, ERR_SYSTEM, -r, "delete link %s", walk.names[i]);
	}
	endpoint_record_list_free(records, n);
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
