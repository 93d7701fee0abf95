/* SPDX-License-Identifier: Apache-2.0 */
/* What a bridge network shall be: from the engine's configuration, or from a network's record. */
#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "base/strv.h"
#include "network/bridge.h"
#include "network/ipam.h"
#include "wire/network.h"

enum { SUBNET6_PREFIX_MAX = 96, MTU_MIN = 68, MTU_MAX = 65535 };

#define OPTION_PREFIX "com.docker.network."

void bridge_release(struct bridge *bridge)
{
	if (!bridge)
		return;
	strv_free(bridge->reserved);
	free(bridge->host_ip);
	*bridge = (struct bridge){ 0 };
}

bool bridge_name_valid(const char *name)
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
	struct bridge b = { .builtin = true,
			    .neighbours = true,
			    .masquerade = config->masquerade,
			    .if_prefix = "eth" };

	if (!config->bridge || !bridge_name_valid(config->bridge))
		return error_set(err, ERR_INVALID, EINVAL, "invalid bridge name \"%s\"",
				 config->bridge ? config->bridge : "");
	memcpy(b.name, config->bridge, strlen(config->bridge) + 1);
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

static int option_bool(const char *key, const char *value, bool *ret, struct error *err)
{
	if (parse_bool(value, ret) < 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "failed to parse %s value: %s (strconv.ParseBool: parsing \"%s\": "
				 "invalid syntax)",
				 key, value, value);
	return 0;
}

static int option_icc(struct bridge *b, const char *key, const char *value, struct error *err)
{
	return option_bool(key, value, &b->neighbours, err);
}

static int option_masquerade(struct bridge *b, const char *key, const char *value,
			     struct error *err)
{
	return option_bool(key, value, &b->masquerade, err);
}

static int option_mtu(struct bridge *b, const char *key, const char *value, struct error *err)
{
	if (parse_u32(value, &b->mtu) < 0)
		return error_set(err, ERR_INVALID, EINVAL,
				 "failed to parse %s value: %s (strconv.Atoi: parsing \"%s\": "
				 "invalid syntax)",
				 key, value, value);
	if (b->mtu != 0 && (b->mtu < MTU_MIN || b->mtu > MTU_MAX))
		return error_set(err, ERR_INVALID, EINVAL, "invalid MTU number: %u", b->mtu);
	return 0;
}

static int option_name(struct bridge *b, const char *key, const char *value, struct error *err)
{
	if (!bridge_name_valid(value))
		return error_set(err, ERR_INVALID, EINVAL, "invalid bridge name \"%s\"", value);
	memcpy(b->name, value, strlen(value) + 1);
	return 0;
}

static int option_host_ip(struct bridge *b, const char *key, const char *value, struct error *err)
{
	struct link_address addr;

	if (address_parse(value, &addr) < 0 || addr.family != AF_INET)
		return error_set(err, ERR_INVALID, EINVAL, "invalid %s value: %s", key, value);
	free(b->host_ip);
	b->host_ip = xstrdup(value);
	return 0;
}

static int option_if_prefix(struct bridge *b, const char *key, const char *value, struct error *err)
{
	const size_t len = strlen(value);

	if (len == 0 || len >= sizeof(b->if_prefix) || !bridge_name_valid(value) ||
	    strcmp(value, "lo") == 0)
		return error_set(err, ERR_INVALID, EINVAL, "invalid %s value: %s", key, value);
	memcpy(b->if_prefix, value, len + 1);
	return 0;
}

/* What only has the value that is so anyhow. */
static int option_fixed(const char *key, const char *value, const char *fixed, struct error *err)
{
	if (strcmp(value, fixed) == 0 || !value[0])
		return 0;
	return error_set(err, ERR_NOT_IMPLEMENTED, ENOSYS, "option %s=%s is not supported", key,
			 value);
}

static int option_gateway_mode(struct bridge *b, const char *key, const char *value,
			       struct error *err)
{
	return option_fixed(key, value, "nat", err);
}

static int option_off(struct bridge *b, const char *key, const char *value, struct error *err)
{
	return option_fixed(key, value, "false", err);
}

static int option_none(struct bridge *b, const char *key, const char *value, struct error *err)
{
	return option_fixed(key, value, "", err);
}

static const struct {
	const char *key;
	int (*set)(struct bridge *b, const char *key, const char *value, struct error *err);
} options_known[] = {
	{ OPTION_PREFIX "bridge.enable_icc", option_icc },
	{ OPTION_PREFIX "bridge.enable_ip_masquerade", option_masquerade },
	{ OPTION_PREFIX "bridge.name", option_name },
	{ OPTION_PREFIX "bridge.host_binding_ipv4", option_host_ip },
	{ OPTION_PREFIX "driver.mtu", option_mtu },
	{ OPTION_PREFIX "container_iface_prefix", option_if_prefix },
	{ OPTION_PREFIX "bridge.gateway_mode_ipv4", option_gateway_mode },
	{ OPTION_PREFIX "bridge.gateway_mode_ipv6", option_gateway_mode },
	{ OPTION_PREFIX "bridge.inhibit_ipv4", option_off },
	{ OPTION_PREFIX "bridge.default_bridge", option_off },
	{ OPTION_PREFIX "bridge.trusted_host_interfaces", option_none },
};

int bridge_options(const struct strmap *options, struct bridge *bridge, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < options->n; i++) {
		const struct strmap_entry *o = &options->entries[i];

		for (size_t j = 0; r >= 0 && j < ARRAY_SIZE(options_known); j++) {
			if (strcmp(options_known[j].key, o->key) == 0)
				r = options_known[j].set(bridge, o->key, o->value ? o->value : "",
							 err);
		}
	}
	return r;
}

static int bridge_ipam(const struct network_ipam_config *c, struct bridge *b)
{
	struct link_address subnet, gateway;
	bool six;

	if (!c->subnet || address_parse_subnet(c->subnet, &subnet) < 0 || !c->gateway ||
	    address_parse(c->gateway, &gateway) < 0)
		return -EINVAL;
	six = subnet.family == AF_INET6;
	gateway.prefix_len = subnet.prefix_len;
	*(six ? &b->gateway6 : &b->gateway) = gateway;
	if (c->ip_range && !six && address_parse_subnet(c->ip_range, &b->range) < 0 &&
	    address_parse(c->ip_range, &b->range) < 0)
		return -EINVAL;
	for (size_t i = 0; i < c->auxiliary_addresses.n; i++)
		strv_push(&b->reserved, c->auxiliary_addresses.entries[i].value);
	return 0;
}

int bridge_of_network(const struct network_config *config, const struct network_record *network,
		      struct bridge *ret, struct error *err)
{
	cleanup(network_create_request_release) struct network_create_request said = { 0 };
	cleanup(bridge_release) struct bridge b = { .neighbours = true,
						    .masquerade = true,
						    .if_prefix = "eth" };
	int r;

	if (network->builtin)
		return bridge_parse(config, ret, err);
	r = json_decode(&network_create_request_shape, network->config, strlen(network->config),
			&said, err);
	if (r >= 0)
		r = bridge_options(&said.options, &b, err);
	if (r < 0)
		return r;
	r = network->bridge && bridge_name_valid(network->bridge) ? 0 : -EINVAL;
	for (size_t i = 0; r >= 0 && i < said.ipam.n_config; i++)
		r = bridge_ipam(&said.ipam.config[i], &b);
	if (r < 0 || b.gateway.family != AF_INET)
		return error_set(err, ERR_SYSTEM, 0, "the record of network %s is damaged",
				 network->name);
	memcpy(b.name, network->bridge, strlen(network->bridge) + 1);
	b.internal = said.internal;
	b.asked_subnet = said.asked_subnet;
	b.asked_subnet6 = said.asked_subnet6;
	*ret = b;
	b = (struct bridge){ 0 };
	return 0;
}

struct firewall_network bridge_firewall(const struct bridge *bridge)
{
	return (struct firewall_network){
		.bridge = bridge->name,
		.gateway = bridge->gateway,
		.gateway6 = bridge->gateway6,
		.masquerade = bridge->masquerade,
		.neighbours = bridge->neighbours,
		.internal = bridge->internal,
	};
}
