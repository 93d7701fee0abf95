/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The default bridge on the host. What was set up is remembered in <run>/network.state as one
 * line made of the bridge's index, the handle of the nftables table and the configuration: both
 * numbers are given out once per boot, so when the line still fits, nobody has taken the bridge
 * or the table away since.
 */
#include "network/bridge.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>

#include "base/strbuf.h"
#include "network/ipam.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/nftables.h"

enum { STATE_MAX = 512, SUBNET6_PREFIX_MAX = 96 };

static bool bridge_name_valid(const char *name)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
	const size_t len = strlen(name);

	/* "all" and "default" are directories of their own in net.ipv4.conf. */
	return len > 0 && len < IFNAMSIZ && strspn(name, allowed) == len && name[0] != '.' &&
	       strcmp(name, "all") != 0 && strcmp(name, "default") != 0;
}

int bridge_parse(const struct network_config *config, struct bridge *ret, struct error *err)
{
	struct bridge b = { .name = config->bridge };

	if (!b.name || !bridge_name_valid(b.name))
		return error_set(err, ERR_INVALID, EINVAL, "invalid bridge name \"%s\"",
				 b.name ? b.name : "");
	if (address_parse_subnet(config->subnet, &b.gateway) < 0 || b.gateway.family != AF_INET ||
	    b.gateway.prefix_len > 30)
		return error_set(err, ERR_INVALID, EINVAL, "invalid bridge address \"%s\"",
				 config->subnet);
	if (config->subnet6) {
		if (address_parse_subnet(config->subnet6, &b.gateway6) < 0 ||
		    b.gateway6.family != AF_INET6 || b.gateway6.prefix_len > SUBNET6_PREFIX_MAX)
			return error_set(err, ERR_INVALID, EINVAL, "invalid IPv6 subnet \"%s\"",
					 config->subnet6);
		b.gateway6 = ipam_beside(&b.gateway6, &b.gateway);
	}
	*ret = b;
	return 0;
}

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
	strbuf_addf(out, "1 %d %llu %s %s %s %d %d\n", *ret_index, (unsigned long long)handle,
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
	if (r >= 0 && config->ip_forward)
		r = sysctl_set("ipv4/ip_forward", "1", err);
	if (r >= 0 && config->ip_forward && ip6)
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
	if (r >= 0)
		r = link_up(route, *ret_index);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "set up bridge %s with %s", b->name,
				 config->subnet);
	return 0;
}

static int firewall_make(struct store *store, const struct network_config *config,
			 const struct bridge *b, struct error *err)
{
	const struct firewall_options opts = {
		.bridge = b->name,
		.gateway = b->gateway,
		.gateway6 = b->gateway6,
		.masquerade = config->masquerade,
	};
	struct port_record *ports = NULL;
	size_t n = 0;
	int r;

	r = port_record_list(store, NULL, &ports, &n, err);
	if (r < 0)
		return r;
	r = firewall_install(&opts, ports, n, err);
	port_record_list_free(ports, n);
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
