/* SPDX-License-Identifier: Apache-2.0 */
/* JSON tables of /networks. */
#include "wire/network.h"

static const struct json_field network_ipam_config_fields[] = {
	FIELD_STR_OMIT(struct network_ipam_config, subnet, "Subnet"),
	FIELD_STR_OMIT(struct network_ipam_config, ip_range, "IPRange"),
	FIELD_STR_OMIT(struct network_ipam_config, gateway, "Gateway"),
	FIELD_MAP_OMIT(struct network_ipam_config, auxiliary_addresses, "AuxiliaryAddresses"),
};
const struct json_shape network_ipam_config_shape =
	JSON_SHAPE(struct network_ipam_config, network_ipam_config_fields, JSON_SHAPE_ANYCASE);

static const struct json_field network_ipam_fields[] = {
	FIELD_STR(struct network_ipam, driver, "Driver"),
	FIELD_FLAGS(struct network_ipam, options, "Options", JSON_MAP, struct strmap,
		    JSON_EMPTY_AS_NULL),
	FIELD_ARRAY(struct network_ipam, config, n_config, "Config", &network_ipam_config_shape),
};
const struct json_shape network_ipam_shape =
	JSON_SHAPE(struct network_ipam, network_ipam_fields, JSON_SHAPE_ANYCASE);

static const struct json_field network_config_from_fields[] = {
	FIELD_STR(struct network_config_from, network, "Network"),
};
const struct json_shape network_config_from_shape =
	JSON_SHAPE(struct network_config_from, network_config_from_fields, JSON_SHAPE_ANYCASE);

static const struct json_field network_endpoint_fields[] = {
	FIELD_STR(struct network_endpoint, name, "Name"),
	FIELD_STR(struct network_endpoint, endpoint_id, "EndpointID"),
	FIELD_STR(struct network_endpoint, mac_address, "MacAddress"),
	FIELD_STR(struct network_endpoint, ipv4_address, "IPv4Address"),
	FIELD_STR(struct network_endpoint, ipv6_address, "IPv6Address"),
};
const struct json_shape network_endpoint_shape =
	JSON_SHAPE(struct network_endpoint, network_endpoint_fields, 0);

static const struct json_field network_inspect_fields[] = {
	FIELD_STR(struct network_inspect, name, "Name"),
	FIELD_STR(struct network_inspect, id, "Id"),
	FIELD_TIME(struct network_inspect, created, "Created"),
	FIELD_STR(struct network_inspect, scope, "Scope"),
	FIELD_STR(struct network_inspect, driver, "Driver"),
	FIELD_BOOL(struct network_inspect, enable_ipv4, "EnableIPv4"),
	FIELD_BOOL(struct network_inspect, enable_ipv6, "EnableIPv6"),
	FIELD_OBJ(struct network_inspect, ipam, "IPAM", &network_ipam_shape),
	FIELD_BOOL(struct network_inspect, internal, "Internal"),
	FIELD_BOOL(struct network_inspect, attachable, "Attachable"),
	FIELD_BOOL(struct network_inspect, ingress, "Ingress"),
	FIELD_OBJ(struct network_inspect, config_from, "ConfigFrom", &network_config_from_shape),
	FIELD_BOOL(struct network_inspect, config_only, "ConfigOnly"),
	FIELD_OBJMAP(struct network_inspect, containers, n_containers, "Containers",
		     &network_endpoint_shape),
	FIELD_MAP(struct network_inspect, options, "Options"),
	FIELD_MAP(struct network_inspect, labels, "Labels"),
};
const struct json_shape network_inspect_shape =
	JSON_SHAPE(struct network_inspect, network_inspect_fields, 0);

static const struct json_field network_create_request_fields[] = {
	FIELD_STR(struct network_create_request, name, "Name"),
	FIELD_STR(struct network_create_request, driver, "Driver"),
	FIELD_STR_OMIT(struct network_create_request, scope, "Scope"),
	FIELD_BOOL(struct network_create_request, internal, "Internal"),
	FIELD_BOOL(struct network_create_request, attachable, "Attachable"),
	FIELD_BOOL_OMIT(struct network_create_request, ingress, "Ingress"),
	FIELD_BOOL_OMIT(struct network_create_request, config_only, "ConfigOnly"),
	FIELD_OBJ(struct network_create_request, config_from, "ConfigFrom",
		  &network_config_from_shape),
	FIELD_OBJ(struct network_create_request, ipam, "IPAM", &network_ipam_shape),
	FIELD_OPT_BOOL(struct network_create_request, enable_ipv4, "EnableIPv4"),
	FIELD_OPT_BOOL(struct network_create_request, enable_ipv6, "EnableIPv6"),
	FIELD_MAP(struct network_create_request, options, "Options"),
	FIELD_MAP(struct network_create_request, labels, "Labels"),
	FIELD_BOOL_OMIT(struct network_create_request, asked_subnet, "AskedSubnet"),
	FIELD_BOOL_OMIT(struct network_create_request, asked_subnet6, "AskedSubnet6"),
};
const struct json_shape network_create_request_shape = JSON_SHAPE(
	struct network_create_request, network_create_request_fields, JSON_SHAPE_ANYCASE);

static const struct json_field network_create_response_fields[] = {
	FIELD_STR(struct network_create_response, id, "Id"),
	FIELD_STR(struct network_create_response, warning, "Warning"),
};
const struct json_shape network_create_response_shape =
	JSON_SHAPE(struct network_create_response, network_create_response_fields, 0);

static const struct json_field network_connect_request_fields[] = {
	FIELD_STR(struct network_connect_request, container, "Container"),
	FIELD_OBJP(struct network_connect_request, endpoint_config, "EndpointConfig",
		   &endpoint_settings_shape),
};
const struct json_shape network_connect_request_shape = JSON_SHAPE(
	struct network_connect_request, network_connect_request_fields, JSON_SHAPE_ANYCASE);

static const struct json_field network_disconnect_request_fields[] = {
	FIELD_STR(struct network_disconnect_request, container, "Container"),
	FIELD_BOOL(struct network_disconnect_request, force, "Force"),
};
const struct json_shape network_disconnect_request_shape = JSON_SHAPE(
	struct network_disconnect_request, network_disconnect_request_fields, JSON_SHAPE_ANYCASE);

static const struct json_field network_prune_response_fields[] = {
	FIELD_STRV_NULL(struct network_prune_response, networks_deleted, "NetworksDeleted"),
};
const struct json_shape network_prune_response_shape =
	JSON_SHAPE(struct network_prune_response, network_prune_response_fields, 0);
