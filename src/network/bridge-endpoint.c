/* SPDX-License-Identifier: Apache-2.0 */
/* The bridge driver: an address of the bridge's subnet, a pair of veths, published ports. */
#include <errno.h>
#include <string.h>

#include "base/strbuf.h"
#include "network/bridge.h"
#include "network/driver.h"
#include "network/ipam.h"
#include "network/netns.h"
#include "network/relay.h"
#include "store/containers.h"
#include "sys/nftables.h"

/* Addresses asked for by hand belong to networks whose subnet its user knows. */
static int settings_check(const struct endpoint_settings *settings, unsigned char mac[LINK_MAC_LEN],
			  bool *ret_mac, struct error *err)
{
	const struct endpoint_ipam_config *ipam = settings ? settings->ipam_config : NULL;

	if (ipam && ((ipam->ipv4_address && ipam->ipv4_address[0]) ||
		     (ipam->ipv6_address && ipam->ipv6_address[0])))
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid config for network bridge: "
				 "user specified IP address is supported on user defined networks "
				 "only");
	*ret_mac = settings && settings->mac_address && settings->mac_address[0];
	if (*ret_mac && mac_parse(settings->mac_address, mac) < 0)
		return error_set(err, ERR_INVALID, EINVAL, "invalid MAC address: %s",
				 settings->mac_address);
	return 0;
}

static int bridge_prepare(struct store *store, struct endpoint_draft *draft, struct error *err)
{
	cleanup(netlink_release) struct netlink route = NETLINK_INIT;
	unsigned char mac[LINK_MAC_LEN];
	struct bridge bridge;
	bool has_mac;
	int index, r;

	r = settings_check(draft->opts->settings, mac, &has_mac, err);
	if (r >= 0)
		r = bridge_parse(draft->config, &bridge, err);
	if (r < 0)
		return r;
	r = netlink_open(NETLINK_ROUTE, &route);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "open a route netlink socket");
	return bridge_ensure(store, draft->config, &bridge, &route, &index, err);
}

static void record_set_addresses(struct endpoint_record *rec, const struct bridge *bridge,
				 const struct link_address *ip)
{
	char text[ADDRESS_TEXT_MAX];

	address_format(ip, text);
	rec->ip = xstrdup(text);
	rec->prefix_len = ip->prefix_len;
	address_format(&bridge->gateway, text);
	rec->gateway = xstrdup(text);
	if (bridge->gateway6.family != AF_UNSPEC) {
		const struct link_address ip6 = ipam_beside(&bridge->gateway6, ip);

		address_format(&ip6, text);
		rec->ip6 = xstrdup(text);
		rec->prefix6_len = ip6.prefix_len;
		address_format(&bridge->gateway6, text);
		rec->gateway6 = xstrdup(text);
	}
}

/* Who it is about: the container's name is what its user knows. */
static int ports_error(struct store *store, const struct endpoint_record *rec, struct error *err)
{
	cleanup(container_release) struct container c = CONTAINER_INIT;
	int r = container_get(store, rec->container_id, &c, NULL);

	return error_prefix(err,
			    "driver failed programming external connectivity on endpoint %s (%s)",
			    r == 0 ? c.name : rec->container_id, rec->id);
}

static int bridge_lease(struct store *store, struct endpoint_draft *draft, struct error *err)
{
	cleanup(port_plan_release) struct port_plan plan = { 0 };
	struct endpoint_record *rec = &draft->record;
	unsigned char mac[LINK_MAC_LEN];
	char mac_text[MAC_TEXT_MAX];
	struct link_address ip;
	struct bridge bridge;
	bool has_mac;
	int r;

	r = bridge_parse(draft->config, &bridge, err);
	if (r >= 0)
		r = settings_check(draft->opts->settings, mac, &has_mac, err);
	if (r >= 0)
		r = port_plan_make(draft->opts, draft->config, relay_has_ipv6(), &plan, err);
	if (r >= 0)
		r = ipam_next(store, draft->network.id, &bridge.gateway, &ip, err);
	if (r < 0)
		return r;
	if (!has_mac)
		mac_from_address(&ip, mac);
	mac_format(mac, mac_text);
	rec->mac = xstrdup(mac_text);
	record_set_addresses(rec, &bridge, &ip);
	/* Unique on this host, found again by the sweep through the record. */
	rec->host_if = xasprintf("veth%.8s", rec->id);
	r = port_plan_lease(store, &plan, rec, &draft->holds, err);
	return r < 0 ? ports_error(store, rec, err) : 0;
}

/* eth0, inside: addresses and default routes. */
static int veth_configure(const struct endpoint_record *rec, const char *name,
			  struct netlink *inside)
{
	struct link_address addrs[2], gateways[2];
	size_t n = 0;
	int index, r;

	r = address_parse(rec->ip, &addrs[n]);
	if (r >= 0)
		r = address_parse(rec->gateway, &gateways[n]);
	addrs[n++].prefix_len = rec->prefix_len;
	if (r >= 0 && rec->ip6) {
		r = address_parse(rec->ip6, &addrs[n]);
		if (r >= 0)
			r = address_parse(rec->gateway6, &gateways[n]);
		addrs[n++].prefix_len = rec->prefix6_len;
	}
	if (r >= 0)
		r = link_index(inside, name, &index);
	return r < 0 ? r : link_configure(inside, index, addrs, gateways, n);
}

static int veth_attach(struct endpoint_draft *draft, struct error *err)
{
	cleanup(netlink_release) struct netlink route = NETLINK_INIT, inside = NETLINK_INIT;
	struct veth_options veth = {
		.host_name = draft->record.host_if,
		.peer_name = "eth0",
		.peer_netns_fd = draft->opts->netns_fd,
	};
	int r;

	r = netlink_open(NETLINK_ROUTE, &route);
	if (r >= 0)
		r = link_index(&route, draft->config->bridge, &veth.master);
	if (r >= 0)
		r = netns_prepare(draft->opts->netns_fd, draft->record.ip6 != NULL, &inside);
	if (r >= 0)
		r = mac_parse(draft->record.mac, veth.peer_mac);
	if (r >= 0)
		r = link_veth_new(&route, &veth);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "create veth %s on bridge %s",
				 draft->record.host_if, draft->config->bridge);
	r = veth_configure(&draft->record, veth.peer_name, &inside);
	if (r >= 0)
		r = link_settle(&route, (const char *const[]){ veth.host_name,
							       draft->config->bridge, NULL });
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "configure eth0 with %s/%u", draft->record.ip,
				 draft->record.prefix_len);
	return 0;
}

static int ports_attach(struct store *store, struct endpoint_draft *draft, struct error *err)
{
	cleanup_free struct port_record *ports = NULL;
	struct netlink *nft;
	int r;

	if (draft->holds.n == 0)
		return 0;
	/* Borrowed, not copied: the holds own what they point to. */
	ports = xcalloc(draft->holds.n, sizeof(*ports));
	for (size_t i = 0; i < draft->holds.n; i++)
		ports[i] = draft->holds.items[i].lease;
	r = nft_socket(&nft);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "open a netfilter netlink socket");
	r = firewall_publish(nft, draft->config->bridge, ports, draft->holds.n, err);
	return r < 0 ? r : relay_start(store, draft->config, &draft->holds, &draft->record, err);
}

static int bridge_attach(struct store *store, struct endpoint_draft *draft, struct error *err)
{
	int r = veth_attach(draft, err);

	return r < 0 ? r : ports_attach(store, draft, err);
}

static int bridge_detach(const struct network_config *config, const struct port_record *ports,
			 size_t n, struct error *err)
{
	struct netlink *nft;
	int r;

	if (n == 0)
		return 0;
	r = nft_socket(&nft);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "open a netfilter netlink socket");
	return firewall_withdraw(nft, config->bridge, ports, n, err);
}

const struct network_driver network_driver_bridge = {
	.name = "bridge",
	.prepare = bridge_prepare,
	.lease = bridge_lease,
	.attach = bridge_attach,
	.detach = bridge_detach,
};
