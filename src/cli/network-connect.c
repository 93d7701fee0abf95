/* SPDX-License-Identifier: Apache-2.0 */
/* hoy network connect, hoy network disconnect */
#include <string.h>

#include "base/json.h"
#include "base/strv.h"
#include "cli/command.h"
#include "cli/flag-values.h"
#include "http/url.h"
#include "wire/network.h"

struct connect_flags {
	char **aliases, **links, **link_local_ips;
	struct strmap driver_opts;
	char *ip, *ip6;
	int64_t gw_priority;
};

static const struct arg_option connect_rows[] = {
	ARG_LIST(struct connect_flags, aliases, "alias", 0, "strings",
		 "Add network-scoped alias for the container"),
	ARG_FUNC(struct connect_flags, driver_opts, "driver-opt", 0, "strings", set_map_pair,
		 "Driver options for the network"),
	ARG_I64(struct connect_flags, gw_priority, "gw-priority", 0, "int",
		"The highest one provides the default gateway. Accepts positive and negative "
		"values."),
	ARG_FUNC(struct connect_flags, ip, "ip", 0, "string", set_ip4,
		 "IPv4 address (e.g., \"172.30.100.104\")"),
	ARG_FUNC(struct connect_flags, ip6, "ip6", 0, "string", set_ip6,
		 "IPv6 address (e.g., \"2001:db8::33\")"),
	ARG_FUNC(struct connect_flags, links, "link", 0, "list", set_link,
		 "Add link to another container"),
	ARG_FUNC(struct connect_flags, link_local_ips, "link-local-ip", 0, "strings",
		 set_link_local, "Add a link-local address for the container"),
};

static int post(struct cli *cli, const char *network, const char *action, const struct strbuf *body,
		struct error *err)
{
	cleanup(strbuf_release) struct strbuf target = STRBUF_INIT;
	struct client_call call = { .method = "POST", .body = strbuf_str(body) };
	int r;

	strbuf_adds(&target, "/networks/");
	url_encode(&target, network);
	strbuf_adds(&target, action);
	call.target = strbuf_str(&target);
	r = client_call(&cli->client, &call, NULL, err);
	return r < 0 ? r : 0;
}

static int run_network_connect(struct cli *cli, void *options, int argc, char **argv,
			       struct error *err)
{
	struct connect_flags *flags = options;
	struct endpoint_ipam_config ipam = {
		.ipv4_address = flags->ip,
		.ipv6_address = flags->ip6,
		.link_local_ips = flags->link_local_ips,
	};
	struct endpoint_settings settings = {
		.aliases = flags->aliases,
		.links = flags->links,
		.driver_opts = flags->driver_opts,
		.gw_priority = flags->gw_priority,
		.ipam_config = flags->ip || flags->ip6 || flags->link_local_ips ? &ipam : NULL,
	};
	const struct network_connect_request req = { argv[1], &settings };
	cleanup(strbuf_release) struct strbuf body = STRBUF_INIT;
	int r;

	json_encode(&network_connect_request_shape, &req, &body);
	r = post(cli, argv[0], "/connect", &body, err);
	strv_release(&flags->links);
	strv_release(&flags->link_local_ips);
	strmap_release(&flags->driver_opts);
	free(take_ptr(flags->ip));
	free(take_ptr(flags->ip6));
	return r;
}

const struct command cmd_network_connect = {
	.spec =
		{
			.usage = "[OPTIONS] NETWORK CONTAINER",
			.summary = "Connect a container to a network",
			ARG_OPTIONS(connect_rows),
			.min_args = 2,
			.max_args = 2,
		},
	.options_size = sizeof(struct connect_flags),
	.run = run_network_connect,
};

struct disconnect_flags {
	bool force;
};

static const struct arg_option disconnect_rows[] = {
	ARG_BOOL(struct disconnect_flags, force, "force", 'f',
		 "Force the container to disconnect from a network"),
};

static int run_network_disconnect(struct cli *cli, void *options, int argc, char **argv,
				  struct error *err)
{
	const struct disconnect_flags *flags = options;
	const struct network_disconnect_request req = { argv[1], flags->force };
	cleanup(strbuf_release) struct strbuf body = STRBUF_INIT;

	json_encode(&network_disconnect_request_shape, &req, &body);
	return post(cli, argv[0], "/disconnect", &body, err);
}

const struct command cmd_network_disconnect = {
	.spec =
		{
			.usage = "[OPTIONS] NETWORK CONTAINER",
			.summary = "Disconnect a container from a network",
			ARG_OPTIONS(disconnect_rows),
			.min_args = 2,
			.max_args = 2,
		},
	.options_size = sizeof(struct disconnect_flags),
	.run = run_network_disconnect,
};
