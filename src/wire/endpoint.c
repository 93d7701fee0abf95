/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of endpoint settings and published ports. */
#include "wire/endpoint.h"

static const struct json_field port_binding_fields[] = {
	FIELD_STR(struct port_binding, host_ip, "HostIp"),
	FIELD_STR(struct port_binding, host_port, "HostPort"),
};
const struct json_shape port_binding_shape =
	JSON_SHAPE(struct port_binding, port_binding_fields, JSON_SHAPE_ANYCASE);

static const struct json_field port_map_entry_fields[] = {
	FIELD_LIST_FLAGS(struct port_map_entry, bindings, n_bindings, "", JSON_ARRAY,
			 &port_binding_shape, JSON_EMPTY_AS_NULL),
};
const struct json_shape port_map_entry_shape = JSON_SHAPE(
	struct port_map_entry, port_map_entry_fields, JSON_SHAPE_ANYCASE | JSON_SHAPE_KEYED);

static const struct json_field endpoint_ipam_config_fields[] = {
	FIELD_STR_OMIT(struct endpoint_ipam_config, ipv4_address, "IPv4Address"),
	FIELD_STR_OMIT(struct endpoint_ipam_config, ipv6_address, "IPv6Address"),
	FIELD_STRV_OMIT(struct endpoint_ipam_config, link_local_ips, "LinkLocalIPs"),
};
const struct json_shape endpoint_ipam_config_shape =
	JSON_SHAPE(struct endpoint_ipam_config, endpoint_ipam_config_fields, JSON_SHAPE_ANYCASE);

static const struct json_field endpoint_settings_fields[] = {
	FIELD_OBJP(struct endpoint_settings, ipam_config, "IPAMConfig",
		   &endpoint_ipam_config_shape),
	FIELD_STRV_NULL(struct endpoint_settings, links, "Links"),
	FIELD_STRV_NULL(struct endpoint_settings, aliases, "Aliases"),
	FIELD_STR(struct endpoint_settings, mac_address, "MacAddress"),
	FIELD_MAP_NULL(struct endpoint_settings, driver_opts, "DriverOpts"),
	FIELD_I64(struct endpoint_settings, gw_priority, "GwPriority"),
	FIELD_STR(struct endpoint_settings, network_id, "NetworkID"),
	FIELD_STR(struct endpoint_settings, endpoint_id, "EndpointID"),
	FIELD_STR(struct endpoint_settings, gateway, "Gateway"),
	FIELD_STR(struct endpoint_settings, ip_address, "IPAddress"),
	FIELD_I64(struct endpoint_settings, ip_prefix_len, "IPPrefixLen"),
	FIELD_STR(struct endpoint_settings, ipv6_gateway, "IPv6Gateway"),
	FIELD_STR(struct endpoint_settings, global_ipv6_address, "GlobalIPv6Address"),
	FIELD_I64(struct endpoint_settings, global_ipv6_prefix_len, "GlobalIPv6PrefixLen"),
	FIELD_STRV_NULL(struct endpoint_settings, dns_names, "DNSNames"),
};
const struct json_shape endpoint_settings_shape = JSON_SHAPE(
	struct endpoint_settings, endpoint_settings_fields, JSON_SHAPE_ANYCASE | JSON_SHAPE_KEYED);

static const struct json_field networking_config_fields[] = {
	FIELD_LIST_FLAGS(struct networking_config, endpoints_config, n_endpoints_config,
			 "EndpointsConfig", JSON_OBJMAP, &endpoint_settings_shape,
			 JSON_EMPTY_AS_NULL),
	FIELD_BOOL_OMIT(struct networking_config, complete, "Complete"),
};
const struct json_shape networking_config_shape =
	JSON_SHAPE(struct networking_config, networking_config_fields, JSON_SHAPE_ANYCASE);

static const struct json_field network_settings_fields[] = {
	FIELD_STR(struct network_settings, bridge, "Bridge"),
	FIELD_STR(struct network_settings, sandbox_id, "SandboxID"),
	FIELD_STR(struct network_settings, sandbox_key, "SandboxKey"),
	FIELD_OBJMAP(struct network_settings, ports, n_ports, "Ports", &port_map_entry_shape),
	FIELD_BOOL(struct network_settings, hairpin_mode, "HairpinMode"),
	FIELD_STR(struct network_settings, endpoint_id, "EndpointID"),
	FIELD_STR(struct network_settings, gateway, "Gateway"),
	FIELD_STR(struct network_settings, global_ipv6_address, "GlobalIPv6Address"),
	FIELD_I64(struct network_settings, global_ipv6_prefix_len, "GlobalIPv6PrefixLen"),
	FIELD_STR(struct network_settings, ip_address, "IPAddress"),
	FIELD_I64(struct network_settings, ip_prefix_len, "IPPrefixLen"),
	FIELD_STR(struct network_settings, ipv6_gateway, "IPv6Gateway"),
	FIELD_STR(struct network_settings, mac_address, "MacAddress"),
	FIELD_OBJMAP(struct network_settings, networks, n_networks, "Networks",
		     &endpoint_settings_shape),
};
const struct json_shape network_settings_shape =
	JSON_SHAPE(struct network_settings, network_settings_fields, JSON_SHAPE_ANYCASE);
