/* SPDX-License-Identifier: Apache-2.0 */
/* What a network's record says, and whether an endpoint's settings fit it. */
#include <errno.h>
#include <string.h>

#include "base/strbuf.h"
#include "network/bridge.h"
#include "network/driver.h"
#include "wire/link-spec.h"
#include "wire/names.h"

static int describe_default(const struct network_config *config, struct network_create_request *ret,
			    struct error *err)
{
	cleanup(bridge_release) struct bridge b = { 0 };
	char gateway[ADDRESS_TEXT_MAX];
	int r = bridge_parse(config, &b, err);

	if (r < 0)
		return r;
	address_format(&b.gateway, gateway);
	ret->ipam.config = xcalloc(1, sizeof(*ret->ipam.config));
	ret->ipam.n_config = 1;
	ret->ipam.config[0].subnet = address_subnet_text(&b.gateway);
	ret->ipam.config[0].gateway = xstrdup(gateway);
	strmap_set(&ret->options, "com.docker.network.bridge.default_bridge", "true");
	strmap_set(&ret->options, "com.docker.network.bridge.enable_icc", "true");
	strmap_set(&ret->options, "com.docker.network.bridge.enable_ip_masquerade",
		   b.masquerade ? "true" : "false");
	strmap_set(&ret->options, "com.docker.network.bridge.host_binding_ipv4",
		   config->host_ip ? config->host_ip : "0.0.0.0");
	strmap_set(&ret->options, "com.docker.network.bridge.name", b.name);
	strmap_set(&ret->options, "com.docker.network.driver.mtu", "1500");
	return 0;
}

int network_describe(const struct network_config *config, const struct network_record *network,
		     struct network_create_request *ret, struct error *err)
{
	if (!network->builtin)
		return json_decode(&network_create_request_shape, network->config,
				   strlen(network->config), ret, err);
	*ret = (struct network_create_request){
		.name = xstrdup(network->name),
		.driver = xstrdup(network->driver),
		.ipam.driver = xstrdup("default"),
	};
	if (strcmp(network->driver, "bridge") != 0 || !config->subnet)
		return 0;
	return describe_default(config, ret, err);
}

static int bad(struct error *err, const char *network, const char *text, const char *value)
{
	return error_set(err, ERR_INVALID, EINVAL,
			 "invalid config for network %s: invalid endpoint settings: %s%s", network,
			 text, value ? value : "");
}

static bool is_set(const char *text)
{
	return text && text[0];
}

static int check_address(const char *text, int family, const struct link_address *subnet,
			 bool asked_subnet, const char *network, struct error *err)
{
	struct link_address addr;

	if (!is_set(text))
		return 0;
	if (address_parse(text, &addr) < 0 || addr.family != family)
		return bad(err, network,
			   family == AF_INET ? "invalid IPv4 address: " : "invalid IPv6 address: ",
			   text);
	if (subnet->family == AF_UNSPEC || !asked_subnet)
		return bad(err, network,
			   "user specified IP address is supported only when connecting to "
			   "networks with user configured subnets",
			   NULL);
	if (!address_contains(subnet, &addr))
		return bad(err, network, "no configured subnet contains IP address ", text);
	return 0;
}

static int check_ipam(const struct bridge *bridge, const struct endpoint_ipam_config *ipam,
		      const char *network, struct error *err)
{
	struct link_address addr;
	int r;

	r = check_address(ipam->ipv4_address, AF_INET, &bridge->gateway, bridge->asked_subnet,
			  network, err);
	if (r >= 0)
		r = check_address(ipam->ipv6_address, AF_INET6, &bridge->gateway6,
				  bridge->asked_subnet6, network, err);
	for (char *const *ip = ipam->link_local_ips; r >= 0 && ip && *ip; ip++) {
		if (address_parse(*ip, &addr) < 0)
			r = bad(err, network, "invalid link-local IP address: ", *ip);
	}
	return r;
}

/* A predefined network knows neither addresses by wish nor names. */
static int check_predefined(const struct endpoint_settings *settings, const char *network,
			    struct error *err)
{
	const struct endpoint_ipam_config *ipam = settings->ipam_config;

	if (ipam && (is_set(ipam->ipv4_address) || is_set(ipam->ipv6_address)))
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid config for network %s: "
				 "user specified IP address is supported on user defined networks "
				 "only",
				 network);
	if (settings->aliases && settings->aliases[0])
		return error_set(err, ERR_INVALID, EINVAL,
				 "invalid config for network %s: "
				 "network-scoped aliases are only supported for user-defined "
				 "networks",
				 network);
	return 0;
}

static int check_links(char *const *links, struct error *err)
{
	int r = 0;

	for (; r >= 0 && links && *links; links++) {
		cleanup_free char *name = NULL, *alias = NULL;

		r = link_spec_parse(*links, &name, &alias, err);
		if (r >= 0 && (!names_word_is_clean(name) || !names_word_is_clean(alias)))
			r = error_set(err, ERR_INVALID, EINVAL, "bad format for links: %s", *links);
	}
	return r;
}

int network_check_settings(const struct network_config *config,
			   const struct network_record *network,
			   const struct endpoint_settings *settings, struct error *err)
{
	cleanup(bridge_release) struct bridge bridge = { 0 };
	unsigned char mac[LINK_MAC_LEN];
	const char *name;
	int r;

	if (!settings)
		return 0;
	r = check_links(settings->links, err);
	if (r < 0)
		return r;
	name = strmap_get(&settings->driver_opts, ENDPOINT_IFNAME);
	if (name && (!bridge_name_valid(name) || strcmp(name, "lo") == 0))
		return error_set(err, ERR_INVALID, EINVAL, "invalid " ENDPOINT_IFNAME " value: %s",
				 name);
	if (strmap_get(&settings->driver_opts, "com.docker.network.endpoint.sysctls"))
		return error_set(err, ERR_NOT_IMPLEMENTED, ENOSYS,
				 "com.docker.network.endpoint.sysctls is not supported");
	if (is_set(settings->mac_address) && mac_parse(settings->mac_address, mac) < 0)
		return error_set(err, ERR_INVALID, EINVAL, "invalid MAC address: %s",
				 settings->mac_address);
	if (network->builtin)
		return check_predefined(settings, network->name, err);
	r = bridge_of_network(config, network, &bridge, err);
	return r < 0 || !settings->ipam_config
		       ? r
		       : check_ipam(&bridge, settings->ipam_config, network->name, err);
}
