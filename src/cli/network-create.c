/* SPDX-License-Identifier: Apache-2.0 */
/* hoy network create */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/parse.h"
#include "base/strv.h"
#include "cli/command.h"
#include "cli/flag-values.h"
#include "cli/key-value.h"
#include "wire/network.h"

struct create_flags {
	bool attachable, config_only, ingress, internal;
	struct opt_bool ipv4, ipv6;
	char *driver, *ipam_driver, *scope, *config_from;
	char **subnets, **gateways, **ranges, **labels;
	struct strmap aux, ipam_options, options;
};

static const struct arg_option create_rows[] = {
	ARG_BOOL(struct create_flags, attachable, "attachable", 0,
		 "Enable manual container attachment"),
	ARG_FUNC(struct create_flags, aux, "aux-address", 0, "map", set_map_pair,
		 "Addresses of the subnet that no container gets (name=address)"),
	ARG_STR(struct create_flags, config_from, "config-from", 0, "string",
		"Refused: networks that are only a configuration", .flags = ARG_HIDDEN),
	ARG_BOOL(struct create_flags, config_only, "config-only", 0,
		 "Refused: networks that are only a configuration", .flags = ARG_HIDDEN),
	ARG_STR(struct create_flags, driver, "driver", 'd', "string",
		"Driver to manage the network", .def = "bridge"),
	ARG_LIST(struct create_flags, gateways, "gateway", 0, "strings",
		 "IPv4 or IPv6 gateway for the subnet"),
	ARG_BOOL(struct create_flags, ingress, "ingress", 0, "Refused: swarm's",
		 .flags = ARG_HIDDEN),
	ARG_BOOL(struct create_flags, internal, "internal", 0,
		 "Restrict external access to the network"),
	ARG_LIST(struct create_flags, ranges, "ip-range", 0, "strings",
		 "Give containers addresses of a sub-range"),
	ARG_STR(struct create_flags, ipam_driver, "ipam-driver", 0, "string",
		"IP address management driver", .def = "default"),
	ARG_FUNC(struct create_flags, ipam_options, "ipam-opt", 0, "map", set_map_pair,
		 "Options of the IPAM driver"),
	ARG_OPT_BOOL(struct create_flags, ipv4, "ipv4", 0,
		     "Enable or disable IPv4 addresses (default true)"),
	ARG_OPT_BOOL(struct create_flags, ipv6, "ipv6", 0, "Enable or disable IPv6 addresses"),
	ARG_FUNC(struct create_flags, labels, "label", 0, "list", set_label,
		 "Set metadata on a network"),
	ARG_FUNC(struct create_flags, options, "opt", 'o', "map", set_map_pair,
		 "Set driver specific options"),
	ARG_STR(struct create_flags, scope, "scope", 0, "string", "Control the network's scope"),
	ARG_LIST(struct create_flags, subnets, "subnet", 0, "strings",
		 "Subnet in CIDR format that represents a network segment"),
};

/* Whether an address, or the first one of "address/length", lies in "address/length". */
static bool subnet_has(const char *subnet, const char *text)
{
	cleanup_free char *net = xstrndup(subnet, strcspn(subnet, "/"));
	cleanup_free char *ip = xstrndup(text, strcspn(text, "/"));
	const int family = strchr(net, ':') ? AF_INET6 : AF_INET;
	const char *slash = strchr(subnet, '/');
	unsigned char a[16], b[16];
	uint32_t len;

	if (!slash || parse_u32(slash + 1, &len) < 0 || len > (family == AF_INET ? 32 : 128) ||
	    inet_pton(family, net, a) != 1 || inet_pton(family, ip, b) != 1)
		return false;
	for (uint32_t i = 0; i < len; i++) {
		if (((a[i / 8] ^ b[i / 8]) >> (7 - i % 8)) & 1)
			return false;
	}
	return true;
}

static struct network_ipam_config *config_of(struct network_ipam *ipam, const char *text)
{
	for (size_t i = 0; i < ipam->n_config; i++) {
		if (subnet_has(ipam->config[i].subnet, text))
			return &ipam->config[i];
	}
	return NULL;
}

/* Each range or gateway goes to the subnet that it lies in; one for each. */
static int place(struct network_ipam *ipam, char *const *list, const char *what, bool range,
		 struct error *err)
{
	for (; list && *list; list++) {
		struct network_ipam_config *c = config_of(ipam, *list);
		char **to = !c ? NULL : range ? &c->ip_range : &c->gateway;

		if (!to)
			return error_set(err, ERR_INVALID, 0, "no matching subnet for %s %s", what,
					 *list);
		if (*to)
			return error_set(err, ERR_INVALID, 0,
					 "cannot configure multiple %ss (%s, %s) on the same "
					 "subnet (%s)",
					 what, *list, *to, c->subnet);
		*to = xstrdup(*list);
	}
	return 0;
}

static int fill_ipam(const struct create_flags *flags, struct network_ipam *ipam, struct error *err)
{
	const size_t n = strv_len(flags->subnets);
	int r;

	if (n < strv_len(flags->ranges) || n < strv_len(flags->gateways))
		return error_set(err, ERR_INVALID, 0,
				 "every ip-range or gateway must have a corresponding subnet");
	ipam->config = xcalloc(n + 1, sizeof(*ipam->config));
	for (size_t i = 0; i < n; i++) {
		if (config_of(ipam, flags->subnets[i]))
			return error_set(err, ERR_INVALID, 0,
					 "multiple overlapping subnet configuration is not "
					 "supported");
		ipam->config[ipam->n_config++].subnet = xstrdup(flags->subnets[i]);
	}
	r = place(ipam, flags->ranges, "range", true, err);
	if (r == 0)
		r = place(ipam, flags->gateways, "gateway", false, err);
	for (size_t i = 0; r == 0 && i < flags->aux.n; i++) {
		const struct strmap_entry *aux = &flags->aux.entries[i];
		struct network_ipam_config *c = config_of(ipam, aux->value);

		if (!c)
			return error_set(err, ERR_INVALID, 0,
					 "no matching subnet for aux-address %s", aux->value);
		strmap_set(&c->auxiliary_addresses, aux->key, aux->value);
	}
	return r;
}

static int fill_request(const struct create_flags *flags, const char *name,
			struct network_create_request *req, struct error *err)
{
	*req = (struct network_create_request){
		.name = xstrdup(name),
		.driver = xstrdup(flags->driver),
		.scope = xstrdup(flags->scope),
		.internal = flags->internal,
		.attachable = flags->attachable,
		.ingress = flags->ingress,
		.config_only = flags->config_only,
		.config_from.network = xstrdup(flags->config_from),
		.ipam.driver = xstrdup(flags->ipam_driver),
		.enable_ipv4 = flags->ipv4,
		.enable_ipv6 = flags->ipv6,
	};
	strmap_copy(&req->ipam.options, &flags->ipam_options);
	strmap_copy(&req->options, &flags->options);
	key_values_to_map(flags->labels, &req->labels);
	return fill_ipam(flags, &req->ipam, err);
}

static int create(struct cli *cli, const struct network_create_request *req, struct error *err)
{
	cleanup(network_create_response_release) struct network_create_response answer = { 0 };
	cleanup(strbuf_release) struct strbuf body = STRBUF_INIT, text = STRBUF_INIT;
	struct client_call call = { .method = "POST", .target = "/networks/create" };
	int r;

	json_encode(&network_create_request_shape, req, &body);
	call.body = strbuf_str(&body);
	r = client_call(&cli->client, &call, &text, err);
	if (r >= 0)
		r = json_decode(&network_create_response_shape, strbuf_str(&text), text.len,
				&answer, err);
	if (r < 0)
		return r;
	if (answer.warning && answer.warning[0])
		fprintf(stderr, "WARNING: %s\n", answer.warning);
	strbuf_reset(&text);
	strbuf_addf(&text, "%s\n", answer.id ? answer.id : "");
	return command_print(&text, err);
}

static int run_network_create(struct cli *cli, void *options, int argc, char **argv,
			      struct error *err)
{
	cleanup(network_create_request_release) struct network_create_request req = { 0 };
	struct create_flags *flags = options;
	int r = fill_request(flags, argv[0], &req, err);

	strv_release(&flags->labels);
	strmap_release(&flags->aux);
	strmap_release(&flags->ipam_options);
	strmap_release(&flags->options);
	return r < 0 ? r : create(cli, &req, err);
}

const struct command cmd_network_create = {
	.spec =
		{
			.usage = "[OPTIONS] NETWORK",
			.summary = "Create a network",
			ARG_OPTIONS(create_rows),
			.min_args = 1,
			.max_args = 1,
		},
	.options_size = sizeof(struct create_flags),
	.run = run_network_create,
};
