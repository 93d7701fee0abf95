/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A new network's IPAM configuration: what the request says is checked, what it leaves open is
 * chosen, so that the record says all. Runs inside the transaction that writes the record.
 */
#include <errno.h>
#include <string.h>

#include "base/strbuf.h"
#include "network/ipam.h"
#include "network/network-new.h"

enum { SUBNET_PREFIX_MAX = 30, SUBNET6_PREFIX_MAX = 96 };

struct subnets {
	struct link_address *items;
	size_t n;
};

static void subnets_release(struct subnets *s)
{
	free(s->items);
}

static void subnets_add(struct subnets *s, const struct link_address *subnet)
{
	if (subnet->family == AF_UNSPEC)
		return;
	s->items = xrealloc(s->items, s->n + 1, sizeof(*s->items));
	s->items[s->n++] = *subnet;
}

/* The subnets that networks of this engine have. */
static int subnets_read(struct store *store, const struct network_config *config,
			struct subnets *ret, struct error *err)
{
	struct network_record *records = NULL;
	size_t n = 0;
	int r = network_record_list(store, &records, &n, err);

	for (size_t i = 0; r >= 0 && i < n; i++) {
		cleanup(bridge_release) struct bridge bridge = { 0 };

		if (strcmp(records[i].driver, "bridge") != 0)
			continue;
		r = bridge_of_network(config, &records[i], &bridge, err);
		if (r < 0)
			continue;
		subnets_add(ret, &bridge.gateway);
		subnets_add(ret, &bridge.gateway6);
	}
	network_record_list_free(records, n);
	return r;
}

static int bad(struct error *err, const char *what, const char *text, const char *why,
	       const char *subnet)
{
	return error_set(err, ERR_INVALID, EINVAL, "invalid network config: invalid %s %s: %s%s%s",
			 what, text, why, subnet ? " " : "", subnet ? subnet : "");
}

static int check_subnet(struct network_ipam_config *c, struct link_address *ret, struct error *err)
{
	cleanup_free char *proper = NULL;
	struct link_address asked;

	if (!c->subnet || address_parse_subnet(c->subnet, &asked) < 0)
		return bad(err, "subnet", c->subnet ? c->subnet : "", "invalid CIDR block notation",
			   NULL);
	proper = address_subnet_text(&asked);
	*ret = address_network(&asked);
	if (memcmp(ret->bytes, asked.bytes, sizeof(asked.bytes)) != 0)
		return bad(err, "subnet", c->subnet, "it should be", proper);
	if (ret->prefix_len > (ret->family == AF_INET ? SUBNET_PREFIX_MAX : SUBNET6_PREFIX_MAX))
		return bad(err, "subnet", c->subnet,
			   "it is too small for a gateway and a container", NULL);
	free(c->subnet);
	c->subnet = take_ptr(proper);
	return 0;
}

static int check_range(const struct network_ipam_config *c, const struct link_address *subnet,
		       struct error *err)
{
	struct link_address range;

	if (!c->ip_range || !c->ip_range[0])
		return 0;
	if (address_parse_subnet(c->ip_range, &range) < 0 && address_parse(c->ip_range, &range) < 0)
		return bad(err, "ip-range", c->ip_range, "invalid CIDR block notation", NULL);
	if (range.family == AF_INET6)
		return error_set(err, ERR_NOT_IMPLEMENTED, ENOSYS,
				 "ip-range %s: a range of IPv6 addresses is not supported",
				 c->ip_range);
	if (range.prefix_len < subnet->prefix_len)
		return bad(err, "ip-range", c->ip_range,
			   "CIDR block is bigger than its parent subnet", c->subnet);
	if (!address_contains(subnet, &range))
		return bad(err, "ip-range", c->ip_range, "it does not lie in the parent subnet",
			   c->subnet);
	return 0;
}

static int check_member(const char *what, const char *text, const struct link_address *subnet,
			const char *subnet_text, struct link_address *ret, struct error *err)
{
	if (!text || address_parse(text, ret) < 0)
		return bad(err, what, text ? text : "", "invalid address", NULL);
	if (!address_contains(subnet, ret))
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid network config: invalid %s %s: parent subnet %s doesn't "
				 "contain this address",
				 what, text, subnet_text);
	return 0;
}

/* The first address of the subnet (of the range) that is nobody's. */
static void choose_gateway(struct network_ipam_config *c, const struct link_address *subnet)
{
	struct link_address first = *subnet;
	char text[ADDRESS_TEXT_MAX];

	first.bytes[subnet->family == AF_INET ? 3 : 15] |= 1;
	address_format(&first, text);
	c->gateway = xstrdup(text);
}

static int config_complete(struct network_ipam_config *c, const struct link_address *subnet,
			   struct error *err)
{
	struct link_address addr;
	int r = check_range(c, subnet, err);

	for (size_t i = 0; r >= 0 && i < c->auxiliary_addresses.n; i++) {
		struct strmap_entry *aux = &c->auxiliary_addresses.entries[i];
		char text[ADDRESS_TEXT_MAX];

		r = check_member("auxiliary address", aux->value, subnet, c->subnet, &addr, err);
		if (r < 0)
			return r;
		address_format(&addr, text);
		free(aux->value);
		aux->value = xstrdup(text);
	}
	if (r < 0)
		return r;
	if (!c->gateway || !c->gateway[0]) {
		free(c->gateway);
		choose_gateway(c, subnet);
		return 0;
	}
	return check_member("gateway", c->gateway, subnet, c->subnet, &addr, err);
}

static int overlap_check(const struct link_address *subnet, const struct subnets *used,
			 struct error *err)
{
	for (size_t i = 0; i < used->n; i++) {
		if (address_overlaps(subnet, &used->items[i]))
			return error_set(err, ERR_FORBIDDEN, EADDRINUSE,
					 "invalid pool request: Pool overlaps with other one on "
					 "this address space");
	}
	return 0;
}

static struct network_ipam_config *config_add(struct network_ipam *ipam,
					      const struct link_address *subnet)
{
	struct network_ipam_config *c;

	ipam->config = xrealloc(ipam->config, ipam->n_config + 1, sizeof(*ipam->config));
	c = &ipam->config[ipam->n_config++];
	*c = (struct network_ipam_config){ .subnet = address_subnet_text(subnet) };
	return c;
}

/* What the user asked for. */
static int asked_subnets(struct network_create_request *said, const struct subnets *used,
			 struct error *err)
{
	for (size_t i = 0; i < said->ipam.n_config; i++) {
		struct network_ipam_config *c = &said->ipam.config[i];
		struct link_address subnet;
		bool *seen;
		int r = check_subnet(c, &subnet, err);

		if (r >= 0)
			r = config_complete(c, &subnet, err);
		if (r >= 0)
			r = overlap_check(&subnet, used, err);
		if (r < 0)
			return r;
		seen = subnet.family == AF_INET ? &said->asked_subnet : &said->asked_subnet6;
		if (*seen)
			return error_set(err, ERR_NOT_IMPLEMENTED, ENOSYS,
					 "bridge networks have one subnet of each family");
		*seen = true;
	}
	return 0;
}

int network_ipam_complete(struct store *store, const struct network_config *config,
			  const char *network_id, struct network_create_request *said,
			  struct error *err)
{
	cleanup(subnets_release) struct subnets used = { 0 };
	const bool six = said->enable_ipv6.set && said->enable_ipv6.value;
	struct link_address subnet;
	int r;

	said->asked_subnet = said->asked_subnet6 = false;
	r = subnets_read(store, config, &used, err);
	if (r >= 0)
		r = asked_subnets(said, &used, err);
	if (r >= 0 && said->asked_subnet6 && !six)
		r = error_set(err, ERR_INVALID, EINVAL,
			      "invalid network config: an IPv6 subnet needs EnableIPv6 (--ipv6)");
	if (r >= 0 && !said->asked_subnet) {
		r = ipam_pool_choose(used.items, used.n, &subnet, err);
		if (r >= 0)
			choose_gateway(config_add(&said->ipam, &subnet), &subnet);
	}
	if (r >= 0 && six && !said->asked_subnet6) {
		subnet = ipam_pool6(network_id);
		choose_gateway(config_add(&said->ipam, &subnet), &subnet);
	}
	return r;
}
