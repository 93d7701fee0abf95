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

static int mac_of(const struct endpoint_settings *settings, const struct link_address *ip,
		  unsigned char ret[LINK_MAC_LEN], struct error *err)
{
	if (!settings || !settings->mac_address || !settings->mac_address[0]) {
		mac_from_address(ip, ret);
		return 0;
	}
	if (mac_parse(settings->mac_address, ret) < 0)
		return error_set(err, ERR_INVALID, EINVAL, "invalid MAC address: %s",
				 settings->mac_address);
	return 0;
}

static int bridge_prepare(struct store *store, struct endpoint_draft *draft, struct error *err)
{
	cleanup(netlink_release) struct netlink route = NETLINK_INIT;
	cleanup(bridge_release) struct bridge first = { 0 };
	int index, r;

	r = network_check_settings(draft->config, &draft->network, draft->opts->settings, err);
	if (r >= 0)
		r = bridge_of_network(draft->config, &draft->network, &draft->bridge, err);
	if (r < 0)
		return r;
	r = netlink_open(NETLINK_ROUTE, &route);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "open a route netlink socket");
	if (draft->bridge.builtin)
		return bridge_ensure(store, draft->config, &draft->bridge, &route, &index, err);
	r = bridge_parse(draft->config, &first, err);
	if (r >= 0)
		r = bridge_ensure(store, draft->config, &first, &route, &index, err);
	return r < 0 ? r
		     : bridge_ensure_network(store, draft->config, &draft->network, &draft->bridge,
					     &route, err);
}

static char *address_text(const struct link_address *addr)
{
	char text[ADDRESS_TEXT_MAX];

	address_format(addr, text);
	return xstrdup(text);
}

static void record_set_addresses(struct endpoint_record *rec, const struct bridge *bridge,
				 const struct link_address *ip, const struct link_address *ip6)
{
	rec->ip = address_text(ip);
	rec->prefix_len = ip->prefix_len;
	rec->gateway = bridge->internal ? NULL : address_text(&bridge->gateway);
	if (bridge->gateway6.family == AF_UNSPEC)
		return;
	rec->ip6 = address_text(ip6);
	rec->prefix6_len = ip6->prefix_len;
	rec->gateway6 = bridge->internal ? NULL : address_text(&bridge->gateway6);
}

/* The addresses that were asked for, or the next free ones. */
static int addresses_lease(struct store *store, const struct endpoint_draft *draft,
			   struct link_address *ret, struct link_address *ret6, struct error *err)
{
	const struct endpoint_settings *asked = draft->opts->settings;
	const struct endpoint_ipam_config *ipam = asked ? asked->ipam_config : NULL;
	const struct bridge *bridge = &draft->bridge;
	const char *id = draft->network.id;
	int r;

	if (ipam && ipam->ipv4_address && ipam->ipv4_address[0])
		r = ipam_take(store, id, bridge, ipam->ipv4_address, ret, err);
	else
		r = ipam_next(store, id, bridge, ret, err);
	if (r < 0 || bridge->gateway6.family == AF_UNSPEC)
		return r;
	if (ipam && ipam->ipv6_address && ipam->ipv6_address[0])
		return ipam_take(store, id, bridge, ipam->ipv6_address, ret6, err);
	*ret6 = ipam_beside(&bridge->gateway6, ret);
	return 0;
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

static int ports_lease(struct store *store, struct endpoint_draft *draft, struct error *err)
{
	cleanup(port_plan_release) struct port_plan plan = { 0 };
	int r;

	if (draft->bridge.internal || !draft->opts->gateway)
		return 0;
	r = port_plan_make(draft->opts,
			   draft->bridge.host_ip ? draft->bridge.host_ip : draft->config->host_ip,
			   relay_has_ipv6(), &plan, err);
	if (r < 0)
		return r;
	r = port_plan_lease(store, &plan, &draft->record, &draft->holds, err);
	return r < 0 ? ports_error(store, &draft->record, err) : 0;
}

static bool name_taken(const struct endpoint_record *records, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (records[i].if_name && strcmp(records[i].if_name, name) == 0)
			return true;
	}
	return false;
}

/* The one that was asked for, or the first of "eth0", "eth1" … that no other endpoint has. */
static char *choose_name(const struct endpoint_draft *draft, const struct endpoint_record *others,
			 size_t n, bool *ret_taken)
{
	const struct endpoint_settings *s = draft->opts->settings;
	const char *asked = s ? strmap_get(&s->driver_opts, ENDPOINT_IFNAME) : NULL;
	char *name = asked ? xstrdup(asked) : xasprintf("%s0", draft->bridge.if_prefix);

	for (unsigned int i = 1; !asked && name_taken(others, n, name); i++) {
		free(name);
		name = xasprintf("%s%u", draft->bridge.if_prefix, i);
	}
	*ret_taken = name_taken(others, n, name);
	return name;
}

static int interface_name(struct store *store, const struct endpoint_draft *draft, char **ret,
			  struct error *err)
{
	struct endpoint_record *others = NULL;
	cleanup_free char *name = NULL;
	bool taken;
	size_t n = 0;
	int r = 0;

	if (draft->opts->more)
		r = endpoint_record_list(store, draft->opts->container_id, NULL, &others, &n, err);
	if (r < 0)
		return r;
	name = choose_name(draft, others, n, &taken);
	endpoint_record_list_free(others, n);
	if (taken)
		return error_set(err, ERR_CONFLICT, EEXIST,
				 "the container has an interface %s already, on another network",
				 name);
	*ret = take_ptr(name);
	return 0;
}

static int bridge_lease(struct store *store, struct endpoint_draft *draft, struct error *err)
{
	struct endpoint_record *rec = &draft->record;
	struct link_address ip, ip6 = { 0 };
	unsigned char mac[LINK_MAC_LEN];
	char mac_text[MAC_TEXT_MAX];
	int r;

	r = addresses_lease(store, draft, &ip, &ip6, err);
	if (r >= 0)
		r = mac_of(draft->opts->settings, &ip, mac, err);
	if (r < 0)
		return r;
	mac_format(mac, mac_text);
	rec->mac = xstrdup(mac_text);
	record_set_addresses(rec, &draft->bridge, &ip, &ip6);
	/* Unique on this host, found again by the sweep through the record. */
	rec->host_if = xasprintf("veth%.8s", rec->id);
	r = interface_name(store, draft, &rec->if_name, err);
	return r < 0 ? r : ports_lease(store, draft, err);
}

enum { LINK_LOCAL_MAX = 16, LINK_LOCAL_PREFIX = 16, LINK_LOCAL_PREFIX6 = 64 };

/* What an interface gets: its addresses, and where the default routes lead. */
struct veth_addresses {
	struct link_address addrs[2 + LINK_LOCAL_MAX], gateways[2 + LINK_LOCAL_MAX];
	size_t n;
};

static int veth_add(struct veth_addresses *to, const char *ip, unsigned int prefix_len,
		    const char *gateway)
{
	int r;

	if (!ip)
		return 0;
	if (to->n == ARRAY_SIZE(to->addrs))
		return -E2BIG;
	to->gateways[to->n] = (struct link_address){ .family = AF_UNSPEC };
	r = address_parse(ip, &to->addrs[to->n]);
	if (r >= 0 && gateway)
		r = address_parse(gateway, &to->gateways[to->n]);
	to->addrs[to->n++].prefix_len = prefix_len;
	return r;
}

/* Inside: addresses and default routes. */
static int veth_configure(const struct endpoint_draft *draft, struct netlink *inside)
{
	const struct endpoint_record *rec = &draft->record;
	const struct endpoint_settings *asked = draft->opts->settings;
	char *const *local = asked && asked->ipam_config ? asked->ipam_config->link_local_ips
							 : NULL;
	const bool out = draft->opts->gateway;
	struct veth_addresses to = { .n = 0 };
	int index, r;

	r = veth_add(&to, rec->ip, rec->prefix_len, out ? rec->gateway : NULL);
	if (r >= 0)
		r = veth_add(&to, rec->ip6, rec->prefix6_len, out ? rec->gateway6 : NULL);
	for (; r >= 0 && local && *local; local++)
		r = veth_add(&to, *local,
			     strchr(*local, ':') ? LINK_LOCAL_PREFIX6 : LINK_LOCAL_PREFIX, NULL);
	if (r >= 0)
		r = link_index(inside, rec->if_name, &index);
	return r < 0 ? r : link_configure(inside, index, to.addrs, to.gateways, to.n);
}

static int veth_make(struct endpoint_draft *draft, struct netlink *route, struct netlink *inside)
{
	struct veth_options veth = {
		.host_name = draft->record.host_if,
		.peer_name = draft->record.if_name,
		.peer_netns_fd = draft->opts->netns_fd,
		.mtu = draft->bridge.mtu,
	};
	int r;

	r = link_index(route, draft->bridge.name, &veth.master);
	if (r >= 0)
		r = netns_prepare(draft->opts->netns_fd, draft->record.ip6 != NULL, inside);
	if (r >= 0)
		r = mac_parse(draft->record.mac, veth.peer_mac);
	if (r >= 0)
		r = link_veth_new(route, &veth);
	/* The firewall sees only what is routed; between ports of a bridge this is what counts. */
	if (r >= 0 && !draft->bridge.neighbours)
		r = link_isolate_port(route, veth.host_name);
	return r;
}

static int veth_attach(struct endpoint_draft *draft, struct error *err)
{
	cleanup(netlink_release) struct netlink route = NETLINK_INIT, inside = NETLINK_INIT;
	int r;

	r = netlink_open(NETLINK_ROUTE, &route);
	if (r >= 0)
		r = veth_make(draft, &route, &inside);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "create veth %s on bridge %s",
				 draft->record.host_if, draft->bridge.name);
	r = veth_configure(draft, &inside);
	if (r >= 0)
		r = link_settle(&route, (const char *const[]){ draft->record.host_if,
							       draft->bridge.name, NULL });
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "configure %s with %s/%u",
				 draft->record.if_name, draft->record.ip, draft->record.prefix_len);
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

static int bridge_publish(struct store *store, struct endpoint_draft *draft, struct error *err)
{
	int r = bridge_of_network(draft->config, &draft->network, &draft->bridge, err);

	if (r >= 0)
		r = store_begin(store, err);
	if (r < 0)
		return r;
	r = ports_lease(store, draft, err);
	if (r >= 0)
		r = store_commit(store, err);
	if (r < 0)
		store_rollback(store);
	return r < 0 ? r : ports_attach(store, draft, err);
}

const struct network_driver network_driver_bridge = {
	.name = "bridge",
	.prepare = bridge_prepare,
	.lease = bridge_lease,
	.attach = bridge_attach,
	.publish = bridge_publish,
	.detach = bridge_detach,
};
