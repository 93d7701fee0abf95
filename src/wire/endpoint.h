/* SPDX-License-Identifier: Apache-2.0 */
/* A container's place in networks: endpoint settings and published ports. */
#pragma once

#include "wire/shape.h"

struct port_binding {
	char *host_ip, *host_port; /* host_port: "" random, "80", "8000-8010" */
};
WIRE_SHAPE(port_binding)

struct port_map_entry {
	char *key;		       /* "80/tcp" */
	struct port_binding *bindings; /* none: null, exposed and not published */
	size_t n_bindings;
};
WIRE_SHAPE(port_map_entry)

struct endpoint_ipam_config {
	char *ipv4_address, *ipv6_address;
	char **link_local_ips;
};
WIRE_SHAPE(endpoint_ipam_config)

struct endpoint_settings {
	char *key; /* the network's name */
	struct endpoint_ipam_config *ipam_config;
	char **links, **aliases;
	char *mac_address;
	struct strmap driver_opts;
	int64_t gw_priority;
	char *network_id, *endpoint_id, *gateway, *ip_address;
	int64_t ip_prefix_len;
	char *ipv6_gateway, *global_ipv6_address;
	int64_t global_ipv6_prefix_len;
	char **dns_names;
};
WIRE_SHAPE(endpoint_settings)

struct networking_config {
	struct endpoint_settings *endpoints_config;
	size_t n_endpoints_config;
	/* Of a container's record alone: these are all its networks. Otherwise that of
	 * HostConfig.NetworkMode is one more. */
	bool complete;
};
WIRE_SHAPE(networking_config)

/* With the members that describe the default bridge alone: API 1.52 dropped them, scripts still
 * ask for them. */
struct network_settings {
	char *bridge, *sandbox_id, *sandbox_key;
	struct port_map_entry *ports;
	size_t n_ports;
	bool hairpin_mode;
	char *endpoint_id, *gateway, *global_ipv6_address;
	int64_t global_ipv6_prefix_len;
	char *ip_address;
	int64_t ip_prefix_len;
	char *ipv6_gateway, *mac_address;
	struct endpoint_settings *networks;
	size_t n_networks;
};
WIRE_SHAPE(network_settings)
