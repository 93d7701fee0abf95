/* SPDX-License-Identifier: Apache-2.0 */
/* The bodies of /networks. */
#pragma once

#include "wire/endpoint.h"

struct network_ipam_config {
	char *subnet, *ip_range, *gateway;
	struct strmap auxiliary_addresses; /* name -> address that no container gets */
};
WIRE_SHAPE(network_ipam_config)

struct network_ipam {
	char *driver;	       /* "default" */
	struct strmap options; /* null when there are none */
	struct network_ipam_config *config;
	size_t n_config;
};
WIRE_SHAPE(network_ipam)

struct network_config_from {
	char *network;
};
WIRE_SHAPE(network_config_from)

struct network_endpoint { /* EndpointResource */
	char *key;	  /* container id */
	char *name, *endpoint_id, *mac_address, *ipv4_address, *ipv6_address;
};
WIRE_SHAPE(network_endpoint)

struct network_inspect { /* a list has the same without containers */
	char *name, *id;
	int64_t created; /* time */
	char *scope, *driver;
	bool enable_ipv4, enable_ipv6;
	struct network_ipam ipam;
	bool internal, attachable, ingress;
	struct network_config_from config_from;
	bool config_only;
	struct network_endpoint *containers;
	size_t n_containers;
	struct strmap options, labels;
};
WIRE_SHAPE(network_inspect)

struct network_create_request {
	char *name, *driver, *scope;
	bool internal, attachable, ingress, config_only;
	struct network_config_from config_from;
	struct network_ipam ipam;
	struct opt_bool enable_ipv4, enable_ipv6;
	struct strmap options, labels;
	/* Of the record alone, which is this with all filled in: the user named the subnet. */
	bool asked_subnet, asked_subnet6;
};
WIRE_SHAPE(network_create_request)

struct network_create_response {
	char *id, *warning;
};
WIRE_SHAPE(network_create_response)

struct network_connect_request {
	char *container;
	struct endpoint_settings *endpoint_config;
};
WIRE_SHAPE(network_connect_request)

struct network_disconnect_request {
	char *container;
	bool force;
};
WIRE_SHAPE(network_disconnect_request)

struct network_prune_response {
	char **networks_deleted;
};
WIRE_SHAPE(network_prune_response)
