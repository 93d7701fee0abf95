/* SPDX-License-Identifier: Apache-2.0 */
/* /networks: what there is, who is on it, and changes of both. */
#include <errno.h>
#include <string.h>

#include "api/handlers.h"
#include "api/reply.h"
#include "engine/networks.h"
#include "store/containers.h"
#include "store/networks.h"
#include "wire/filters.h"
#include "wire/network.h"

static int fill_network(const struct engine *engine, const struct network_record *rec,
			struct network_inspect *ret, struct error *err)
{
	cleanup(network_create_request_release) struct network_create_request said = { 0 };
	int r = network_describe(&engine->network, rec, &said, err);

	if (r < 0)
		return r;
	*ret = (struct network_inspect){
		.name = xstrdup(rec->name),
		.id = xstrdup(rec->id),
		.created = rec->created,
		.scope = xstrdup("local"),
		.driver = xstrdup(rec->driver),
		.enable_ipv4 = true,
		.enable_ipv6 = said.enable_ipv6.set && said.enable_ipv6.value,
		.ipam = said.ipam,
		.internal = said.internal,
		.attachable = said.attachable,
		.options = said.options,
		.labels = said.labels,
	};
	/* taken over */
	said.ipam = (struct network_ipam){ 0 };
	said.options = said.labels = (struct strmap)STRMAP_INIT;
	return 0;
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

static bool network_matches(const struct filters *filters, const struct network_inspect *network,
			    bool builtin)
{
	return filters_match(filters, "driver", network->driver) &&
	       filters_match_prefix(filters, "id", network->id) &&
	       filters_match_part(filters, "name", network->name) &&
	       filters_match(filters, "scope", "local") &&
	       filters_match(filters, "type", builtin ? "builtin" : "custom") &&
	       filters_match_labels(filters, "label", &network->labels);
}

/* dangling=true: the user's own that nobody is on; false: all others of his. */
static int dangling_matches(struct engine *engine, const struct filters *filters,
			    const struct network_record *rec, bool dangling, bool *ret,
			    struct error *err)
{
	struct endpoint_record *eps = NULL;
	size_t n = 0;
	int r;

	*ret = true;
	if (!filters_get(filters, "dangling"))
		return 0;
	r = endpoint_record_list(&engine->store, NULL, rec->id, &eps, &n, err);
	endpoint_record_list_free(eps, n);
	*ret = dangling ? !rec->builtin && n == 0 : n > 0;
	return r;
}

/* Fill in those of records that pass the filters. */
static int list_fill(struct engine *engine, const struct filters *filters,
		     const struct network_record *records, size_t n, struct network_inspect *items,
		     size_t *ret_kept, struct error *err)
{
	bool dangling = false, wanted;
	int r = filters_get_bool(filters, "dangling", &dangling, err);

	for (size_t i = 0; r >= 0 && i < n; i++) {
		struct network_inspect *item = &items[*ret_kept];

		r = fill_network(engine, &records[i], item, err);
		if (r >= 0)
			r = dangling_matches(engine, filters, &records[i], dangling, &wanted, err);
		if (r >= 0 && wanted && network_matches(filters, item, records[i].builtin))
			(*ret_kept)++;
		else
			network_inspect_release(item);
	}
	return r;
}

static int type_check(const struct filters *filters, struct error *err)
{
	char *const *values = filters_get(filters, "type");

	for (; values && *values; values++)
		if (strcmp(*values, "builtin") != 0 && strcmp(*values, "custom") != 0)
			return error_set(err, ERR_INVALID, EINVAL, "invalid filter: 'type'='%s'",
					 *values);
	return 0;
}

int networks_list(struct request *req, struct error *err)
{
	cleanup(filters_release) struct filters filters = FILTERS_INIT;
	struct network_record *records = NULL;
	struct network_inspect *items;
	struct engine *engine = NULL;
	size_t n = 0, kept = 0;
	int r = filters_parse(request_str(req, "filters"), &filters, err);

	if (r == 0)
		r = filters_check(&filters, network_filters, err);
	if (r == 0)
		r = type_check(&filters, err);
	if (r == 0)
		r = request_engine(req, &engine, err);
	if (r == 0)
		r = network_record_list(&engine->store, &records, &n, err);
	if (r < 0)
		return r;
	items = xcalloc(n + 1, sizeof(*items));
	r = list_fill(engine, &filters, records, n, items, &kept, err);
	network_record_list_free(records, n);
	if (r >= 0)
		r = reply_json_array(req, &network_inspect_shape, items, kept);
	json_release_array(&network_inspect_shape, items, kept);
	return r;
}

int networks_inspect(struct request *req, struct error *err)
{
	cleanup(network_record_release) struct network_record rec = { 0 };
	cleanup(network_inspect_release) struct network_inspect network = { 0 };
	const char *scope = request_str(req, "scope");
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	if (r < 0)
		return r;
	if (scope && strcmp(scope, "local") != 0)
		return error_set(err, ERR_NOT_FOUND, ENOENT, "network %s not found", req->arg);
	r = network_record_find(&engine->store, req->arg, &rec, err);
	if (r < 0)
		return r;
	r = fill_network(engine, &rec, &network, err);
	if (r < 0)
		return r;
	r = fill_containers(engine, &network, err);
	return r < 0 ? r : reply_json(req, 200, &network_inspect_shape, &network);
}

int networks_create(struct request *req, struct error *err)
{
	cleanup(network_create_request_release) struct network_create_request body = { 0 };
	cleanup(network_create_response_release) struct network_create_response answer = { 0 };
	struct engine *engine;
	int r = request_json(req, &network_create_request_shape, &body, err);

	if (r >= 0)
		r = request_engine(req, &engine, err);
	if (r >= 0)
		r = engine_network_create(engine, &body, &answer.id, err);
	return r < 0 ? r : reply_json(req, 201, &network_create_response_shape, &answer);
}

int networks_remove(struct request *req, struct error *err)
{
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	if (r >= 0)
		r = engine_network_remove(engine, req->arg, err);
	return r < 0 ? r : reply_empty(req, 204);
}

int networks_prune(struct request *req, struct error *err)
{
	cleanup(network_prune_response_release) struct network_prune_response answer = { 0 };
	struct engine *engine;
	int r = request_engine(req, &engine, err);

	if (r >= 0)
		r = engine_network_prune(engine, request_str(req, "filters"),
					 &answer.networks_deleted, err);
	return r < 0 ? r : reply_json(req, 200, &network_prune_response_shape, &answer);
}

int networks_connect(struct request *req, struct error *err)
{
	cleanup(network_connect_request_release) struct network_connect_request body = { 0 };
	struct engine *engine;
	int r = request_json(req, &network_connect_request_shape, &body, err);

	if (r >= 0)
		r = request_engine(req, &engine, err);
	if (r >= 0)
		r = engine_network_connect(engine, req->arg, &body, err);
	return r < 0 ? r : reply_empty(req, 200);
}

int networks_disconnect(struct request *req, struct error *err)
{
	cleanup(network_disconnect_request_release) struct network_disconnect_request body = { 0 };
	struct engine *engine;
	int r = request_json(req, &network_disconnect_request_shape, &body, err);

	if (r >= 0)
		r = request_engine(req, &engine, err);
	if (r >= 0)
		r = engine_network_disconnect(engine, req->arg, &body, err);
	return r < 0 ? r : reply_empty(req, 200);
}
