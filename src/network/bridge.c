/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bridges on the host. What was set up of the default one is remembered in <run>/network.state as
 * one line made of the bridge's index, the handle of the nftables table and the configuration: both
 * numbers are given out once per boot, so when the line still fits, nobody has taken the bridge
 * or the table away since. A user-defined network's bridge is brought up as its last step: one
 * that is up is whole.
 */
#include "network/bridge.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/strbuf.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/nftables.h"

enum { STATE_MAX = 512 };

/* The line for what there is now. -ENODEV, -ENOENT: the bridge or the table is missing. */
static int state_line(const struct network_config *config, const struct netlink *route,
		      int *ret_index, struct strbuf *out)
{
	struct netlink *nft = NULL;
	char table[FIREWALL_NAME_MAX];
	uint64_t handle = 0;
	int r;

	r = link_index(route, config->bridge, ret_index);
	if (r >= 0)
		r = nft_socket(&nft);
	firewall_table_name(config->bridge, table);
	if (r >= 0)
		r = nft_table_handle(nft, table, &handle);
	if (r < 0)
		return r;
	strbuf_addf(out, "3 %d %llu %s %s %s %d %d\n", *ret_index, (unsigned long long)handle,
		    config->bridge, config->subnet, config->subnet6 ? config->subnet6 : "-",
		    config->masquerade, config->ip_forward);
	return 0;
}

static int state_is_current(const struct network_config *config, int run_fd,
			    const struct netlink *route, int *ret_index, bool *ret_current)
{
	cleanup(strbuf_release) struct strbuf line = STRBUF_INIT;
	cleanup_free char *known = NULL;
	int r;

	*ret_current = false;
	r = file_read_at(run_fd, "network.state", STATE_MAX, &known, NULL);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = state_line(config, route, ret_index, &line);
	if (r < 0)
		return r == -ENOENT || r == -ENODEV ? 0 : r;
	*ret_current = strcmp(known, strbuf_str(&line)) == 0;
	return 0;
}

/* A sysctl below /proc/sys/net, written only when it differs: with a read-only /proc/sys what an
 * administrator has set beforehand is enough. */
static int sysctl_set(const char *key, const char *value, struct error *err)
{
	cleanup_free char *path = xasprintf("/proc/sys/net/%s", key);
	cleanup_free char *now = NULL;
	int r;

	r = file_read_at(AT_FDCWD, path, 64, &now, NULL);
	if (r == -ENOENT && strncmp(key, "ipv6/", 5) == 0)
		return 0; /* a kernel without IPv6 */
	if (r >= 0 && strncmp(now, value, strlen(value)) == 0)
		return 0;
	r = file_put_at(AT_FDCWD, path, value);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "set sysctl net/%s to %s", key, value) : 0;
}

static int bridge_sysctls(const struct network_config *config, const struct bridge *b,
			  struct error *err)
{
	cleanup_free char *localnet = xasprintf("ipv4/conf/%s/route_localnet", b->name);
	cleanup_free char *accept_ra = xasprintf("ipv6/conf/%s/accept_ra", b->name);
	cleanup_free char *disable6 = xasprintf("ipv6/conf/%s/disable_ipv6", b->name);
	const bool ip6 = b->gateway6.family != AF_UNSPEC;
	int r;

	/* Published ports on 127.0.0.1: such a packet is routed to the bridge before postrouting
	 * gives it another source. The table's raw chain keeps containers from using it. */
	r = sysctl_set(localnet, "1", err);
	/* A container must not be able to give the host an IPv6 address or route. */
	if (r >= 0)
		r = sysctl_set(accept_ra, "0", err);
	if (r >= 0)
		r = sysctl_set(disable6, ip6 ? "0" : "1", err);
	if (r >= 0 && config->ip_forward && !b->internal)
		r = sysctl_set("ipv4/ip_forward", "1", err);
	if (r >= 0 && config->ip_forward && ip6 && !b->internal)
		r = sysctl_set("ipv6/conf/all/forwarding", "1", err);
	return r;
}

static int bridge_device(const struct bridge *b, struct netlink *route, int *ret_index)
{
	unsigned char mac[LINK_MAC_LEN];
	int r;

	mac_from_address(&b->gateway, mac);
	r = link_bridge_new(route, b->name, mac);
	if (r < 0 && r != -EEXIST)
		return r;
	return link_index(route, b->name, ret_index);
}

static int bridge_make(const struct network_config *config, const struct bridge *b,
		       struct netlink *route, int *ret_index, struct error *err)
{
	int r;

	r = bridge_device(b, route, ret_index);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "create bridge %s", b->name);
	r = bridge_sysctls(config, b, err);
	if (r < 0)
		return r;
	r = link_address_add(route, *ret_index, &b->gateway);
	if (r >= 0 && b->gateway6.family != AF_UNSPEC)
		r = link_address_add(route, *ret_index, &b->gateway6);
	if (r >= 0 && b->mtu > 0)
		r = link_set_mtu(route, *ret_index, b->mtu);
	if (r >= 0)
		r = link_up(route, *ret_index);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "set up bridge %s", b->name);
	return 0;
}

/* Every network of this engine as the table knows it; the texts in it are those of *ret_bridges. */
static int firewall_networks(struct store *store, const struct network_config *config,
			     const struct bridge *first, struct bridge **ret_bridges,
			     struct firewall_network **ret, size_t *ret_n, struct error *err)
{
	struct network_record *records = NULL;
	size_t n_records = 0, n = 1;
	int r;

	r = network_record_list(store, &records, &n_records, err);
	if (r < 0)
		return r;
	*ret_bridges = xcalloc(n_records + 1, sizeof(**ret_bridges));
	*ret = xcalloc(n_records + 1, sizeof(**ret));
	(*ret)[0] = bridge_firewall(first);
	for (size_t i = 0; r >= 0 && i < n_records; i++) {
		struct bridge *bridge = &(*ret_bridges)[n];

		if (records[i].builtin || strcmp(records[i].driver, "bridge") != 0)
			continue;
		r = bridge_of_network(config, &records[i], bridge, err);
		if (r >= 0)
			(*ret)[n++] = bridge_firewall(bridge);
	}
	network_record_list_free(records, n_records);
	*ret_n = n;
	return r;
}

static int firewall_make(struct store *store, const struct network_config *config,
			 const struct bridge *b, struct error *err)
{
	struct bridge *bridges = NULL;
	struct firewall_network *networks = NULL;
	struct port_record *ports = NULL;
	size_t n = 0, n_networks = 0;
	int r;

	r = firewall_networks(store, config, b, &bridges, &networks, &n_networks, err);
	if (r >= 0)
		r = port_record_list(store, NULL, &ports, &n, err);
	if (r >= 0)
		r = firewall_install(&(struct firewall_options){ b->name, networks, n_networks },
				     ports, n, err);
	port_record_list_free(ports, n);
	for (size_t i = 0; i < n_networks; i++)
		bridge_release(&bridges[i]);
	free(bridges);
	free(networks);
	return r;
}

/* Under the network lock. */
static int bridge_set_up(struct store *store, const struct network_config *config,
			 const struct bridge *b, int run_fd, struct netlink *route, int *ret_index,
			 struct error *err)
{
	cleanup(strbuf_release) struct strbuf line = STRBUF_INIT;
	int r;

	r = bridge_make(config, b, route, ret_index, err);
	if (r >= 0)
		r = firewall_make(store, config, b, err);
	if (r < 0)
		return r;
	r = state_line(config, route, ret_index, &line);
	if (r >= 0)
		r = file_replace_at(run_fd, "network.state", line.data, line.len, 0600);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "remember the network's state");
	return 0;
}

int bridge_ensure(struct store *store, const struct network_config *config,
		  const struct bridge *bridge, struct netlink *route, int *ret_index,
		  struct error *err)
{
	cleanup_fd int run_fd = open(config->run_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int lock_fd = -1;
	bool current;
	int r;

	if (run_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open %s", config->run_root);
	r = state_is_current(config, run_fd, route, ret_index, &current);
	if (r >= 0 && current)
		return 0;
	/* Somebody else may be at it: then it is done when the lock is ours. */
	if (r >= 0)
		r = lock_fd = lock_open_at(run_fd, "network.lock");
	if (r >= 0)
		r = lock_take(lock_fd);
	if (r >= 0)
		r = state_is_current(config, run_fd, route, ret_index, &current);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "look at bridge %s", bridge->name);
	return current ? 0 : bridge_set_up(store, config, bridge, run_fd, route, ret_index, err);
}

int bridge_set_up_network(const struct network_config *config, const struct bridge *bridge,
			  struct netlink *route, struct error *err)
{
	const struct firewall_network network = bridge_firewall(bridge);
	int index, r;

	r = firewall_network_add(config->bridge, &network, err);
	return r < 0 ? r : bridge_make(config, bridge, route, &index, err);
}

int bridge_ensure_network(struct store *store, const struct network_config *config,
			  const struct network_record *network, const struct bridge *bridge,
			  struct netlink *route, struct error *err)
{
	cleanup(network_record_release) struct network_record again = { 0 };
	cleanup_fd int run_fd = -1, lock_fd = -1;
	int r;

	if (link_is_up(route, bridge->name))
		return 0;
	run_fd = open(config->run_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (run_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open %s", config->run_root);
	r = lock_fd = lock_open_at(run_fd, "network.lock");
	if (r >= 0)
		r = lock_take(lock_fd);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "look at bridge %s", bridge->name);
	/* Who removes a network has the lock: it is there or it is not, as long as we have it. */
	r = network_record_find(store, network->id, &again, err);
	if (r < 0 || link_is_up(route, bridge->name))
		return r;
	return bridge_set_up_network(config, bridge, route, err);
}

int bridge_remove_network(const struct network_config *config, const struct bridge *bridge,
			  struct error *err)
{
	const struct firewall_network network = bridge_firewall(bridge);
	cleanup(netlink_release) struct netlink route = NETLINK_INIT;
	int r;

	r = netlink_open(NETLINK_ROUTE, &route);
	if (r >= 0)
		r = link_delete(&route, bridge->name);
	if (r < 0 && r != -ENODEV)
		return error_set(err, ERR_SYSTEM, -r, "delete bridge %s", bridge->name);
	return firewall_network_delete(config->bridge, &network, err);
}
