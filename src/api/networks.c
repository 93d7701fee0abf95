/* SPDX-License-Identifier: Apache-2.0 */
/* /networks: what there is, and who is on it. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "api/handlers.h"
#include "api/reply.h"
#include "store/containers.h"
#include "store/networks.h"
#include "wire/filters.h"
#include "wire/network.h"

/* "172.30.0.1/16" -> subnet "172.30.0.0/16" and gateway "172.30.0.1". */
static void fill_ipam(const char *bridge_address, struct network_ipam *ret)
{
	char address[INET_ADDRSTRLEN], subnet[INET_ADDRSTRLEN];
	unsigned int prefix;
	struct in_addr ip;

	if (sscanf(bridge_address, "%15[0-9.]/%2u", address, &prefix) != 2 || prefix > 32 ||
	    inet_pton(AF_INET, address, &ip) != 1)
		return;
	ip.s_addr &= htonl(prefix ? ~0U << (32 - prefix) : 0);
	inet_ntop(AF_INET, &ip, subnet, sizeof(subnet));
	ret->config = xcalloc(1, sizeof(*ret->config));
	ret->n_config = 1;
	ret->config[0].subnet = xasprintf("%s/%u", subnet, prefix);
	ret->config[0].gateway = xstrdup(address);
}

static void fill_network(const struct engine *engine, const struct network_record *rec,
			 struct network_inspect *ret)
{
	bool bridge = strcmp(rec->driver, "bridge") == 0;

	*ret = (struct network_inspect){
		.name = xstrdup(rec->name),
		.id = xstrdup(rec->id),
		.created = rec->created,
		.scope = xstrdup("local"),
		.driver = xstrdup(rec->driver),
		.enable_ipv4 = true,
		.ipam = { .driver = xstrdup("default") },
	};
	if (!bridge || !engine->network.subnet)
		return;
	fill_ipam(engine->network.subnet, &ret->ipam);
	strmap_set(&ret->options, "com.docker.network.bridge.default_bridge", "true");
	if (engine->network.bridge)
		strmap_set(&ret->options, "com.docker.network.bridge.name", engine->network.bridge);
}

static char *address_with_prefix(const char *ip, unsigned int prefix)
{
	return ip ? xasprintf("%s/%u", ip, prefix) : NULL;
}

static void add_endpoint(struct network_inspect *network, const struct endpoint_record *ep,
			 const char *name)
{
	network->containers = xrealloc(network->containers, network->n_containers + 1,
				       sizeof(*network->containers));
	network->containers[network->n_containers++] = (struct network_endpoint){
		.key = xstrdup(ep->container_id),
		.name = xstrdup(name),
		.endpoint_id = xstrdup(ep->id),
		.mac_address = xstrdup(ep->mac),
		.ipv4_address = address_with_prefix(ep->ip, ep->prefix_len),
		.ipv6_address = address_with_prefix(ep->ip6, ep->prefix6_len),
	};
}

static int fill_containers(struct engine *engine, struct network_inspect *network,
			   struct error *err)
{
	struct endpoint_record *eps = NULL;
	size_t n = 0;
	int r = endpoint_record_list(&engine->store, NULL, network->id, &eps, &n, err);

	for (size_t i = 0; i < n && r >= 0; i++) {
		cleanup(container_release) struct container c = CONTAINER_INIT;

		r = container_get(&engine->store, eps[i].container_id, &c, err);
		if (r >= 0)
			add_endpoint(network, &eps[i], c.name);
		else if (err->kind == ERR_NONE)
			r = 0; /* removed since */
	}
	endpoint_record_list_free(eps, n);
	return r < 0 ? r : 0;
}

static const char *const network_filters[] = {
	"dangling", "driver", "id", "label", "name", "scope", "type", NULL,
};

static bool network_matches(const struct filters *filters, const struct network_record *rec,
			    bool dangling)
{
	return filters_match(filters, "driver", rec->driver) &&
	       filters_match_prefix(filters, "id", rec->id) &&
	       filters_match_part(filters, "name", rec->name) &&
	       filters_match(filters, "scope", "local") &&
	       filters_match(filters, "type", rec->builtin ? "builtin" : "custom") &&
	       !filters_get(filters, "label") && !(dangling && rec->builtin);
}

int networks_list(struct request *req, struct error *err)
{
	cleanup(filters_release) struct filters filters = FILTERS_INIT;
	struct network_record *records = NULL;
	struct network_inspect *items;
	struct engine *engine;
	bool dangling = false;
	size_t n = 0, kept = 0;
	int r = filters_parse(request_str(req, "filters"), &filters, err);

	if (r == 0)
		r = filters_check(&filters, network_filters, err);
	if (r == 0)
		r = filters_get_bool(&filters, "dangling", &dangling, err);
	if (r == 0)
		r = request_engine(req, &engine, err);
	if (r == 0)
		r = network_record_list(&engine->store, &records, &n, err);
	if (r < 0)
		return r;
	items = xcalloc(n, sizeof(*items));
	for (size_t i = 0; i < n; i++)
		if (network_matches(&filters, &records[i], dangling))
			fill_network(engine, &records[i], &items[kept++]);
	network_record_list_free(records, n);
	r = reply_json_array(req, &network_inspect_shape, items, kept);
	json_release_array(&network_inspect_shape, items, kept);
	return r;
}

int networks_inspect(struct request *req, struct error *err)
{
	cleanup(network_record_release) struct network_record rec = { 0 };
	cleanup(network_inspect_release) struct network_inspect network = { 0 };
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	if (r < 0)
		return r;
	r = network_record_find(&engine->store, req->arg, &rec, err);
	if (r < 0)
		return r;
	fill_network(engine, &rec, &network);
	r = fill_containers(engine, &network, err);
	return r < 0 ? r : reply_json(req, 200, &network_inspect_shape, &network);
}
