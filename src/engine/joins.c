/* SPDX-License-Identifier: Apache-2.0 */
/* From NetworkMode and EndpointsConfig to an ordered list of networks. */
#include "engine/joins.h"

#include <errno.h>
#include <string.h>

#include "base/strv.h"
#include "network/resolver.h"
#include "store/events.h"
#include "wire/link-spec.h"
#include "wire/names.h"

enum { SHORT_ID = 12 };

void joins_release(struct joins *joins)
{
	for (size_t i = 0; i < joins->n; i++)
		network_record_release(&joins->items[i].network);
	free(joins->items);
	*joins = (struct joins){ NULL, 0 };
}

const char *joins_mode_network(const char *mode)
{
	if (!mode || !mode[0] || strcmp(mode, "default") == 0)
		return "bridge";
	if (strcmp(mode, "host") == 0 || strcmp(mode, "none") == 0 || mode_container(mode))
		return NULL;
	return mode;
}

int joins_event(struct engine *e, const struct container *rec, const char *mode, const char *action,
		struct error *err)
{
	cleanup(network_record_release) struct network_record network = { 0 };
	cleanup(strmap_release) struct strmap attributes = STRMAP_INIT;
	int r;

	if (joins_mode_network(mode) || mode_container(mode))
		return 0;
	r = network_record_find(&e->store, mode, &network, err);
	if (r < 0)
		return r;
	strmap_set(&attributes, "container", rec->id);
	strmap_set(&attributes, "name", network.name);
	strmap_set(&attributes, "type", network.driver);
	return event_record(&e->store, "network", action, network.id, &attributes, err);
}

static struct join *joins_find(struct joins *joins, const char *id)
{
	for (size_t i = 0; i < joins->n; i++) {
		if (strcmp(joins->items[i].network.id, id) == 0)
			return &joins->items[i];
	}
	return NULL;
}

static int leads_out(struct engine *e, const struct network_record *network, bool *ret,
		     struct error *err)
{
	cleanup(network_create_request_release) struct network_create_request said = { 0 };
	int r = network_describe(&e->network, network, &said, err);

	*ret = !said.internal && strcmp(network->driver, "bridge") == 0;
	return r;
}

static int joins_add(struct engine *e, const char *key, const struct endpoint_settings *settings,
		     struct joins *joins, struct error *err)
{
	cleanup(network_record_release) struct network_record network = { 0 };
	struct join *known;
	bool out;
	int r;

	r = network_record_find(&e->store, strcmp(key, "default") == 0 ? "bridge" : key, &network,
				err);
	if (r >= 0)
		r = leads_out(e, &network, &out, err);
	if (r < 0)
		return r;
	known = joins_find(joins, network.id);
	if (known) {
		known->settings = settings ? settings : known->settings;
		return 0;
	}
	joins->items = xrealloc(joins->items, joins->n + 1, sizeof(*joins->items));
	joins->items[joins->n++] = (struct join){ network, settings, out };
	network = (struct network_record){ 0 };
	return 0;
}

static int compare_joins(const void *pa, const void *pb)
{
	const struct join *a = pa, *b = pb;
	const int64_t first = a->settings ? a->settings->gw_priority : 0;
	const int64_t second = b->settings ? b->settings->gw_priority : 0;

	if (a->leads_out != b->leads_out)
		return a->leads_out ? -1 : 1;
	if (first != second)
		return first > second ? -1 : 1;
	return strcmp(a->network.name, b->network.name);
}

int joins_plan(struct engine *e, const char *mode, const struct networking_config *networking,
	       struct joins *ret, struct error *err)
{
	cleanup(joins_release) struct joins joins = { NULL, 0 };
	const char *first = joins_mode_network(mode);
	int r = 0;

	if (first && !networking->complete)
		r = joins_add(e, first, NULL, &joins, err);
	for (size_t i = 0; r >= 0 && i < networking->n_endpoints_config; i++) {
		const struct endpoint_settings *s = &networking->endpoints_config[i];

		/* "host": {} beside --network host says nothing new */
		if (s->key && joins_mode_network(s->key))
			r = joins_add(e, s->key, s, &joins, err);
	}
	if (r < 0)
		return r;
	if (joins.n > 0)
		qsort(joins.items, joins.n, sizeof(*joins.items), compare_joins);
	*ret = joins;
	joins = (struct joins){ NULL, 0 };
	return 0;
}

static void add_name(char ***names, const char *name)
{
	if (name && names_word_is_clean(name) && !strv_contains(*names, name))
		strv_push(names, name);
}

char **joins_names(const struct container *rec, const struct container_config *config,
		   const struct endpoint_settings *settings)
{
	cleanup_free char *id = xstrndup(rec->id, SHORT_ID);
	char **names = NULL;

	for (char *const *a = settings ? settings->aliases : NULL; a && *a; a++)
		add_name(&names, *a);
	add_name(&names, id);
	add_name(&names, config->hostname);
	return names;
}

/* What a container calls others on its networks (--link), as hoy-dns is told: "ALIAS=NAME". Owned,
 * NULL none. */
static char **joins_links(const struct networking_config *networking)
{
	char **links = NULL;

	for (size_t i = 0; i < networking->n_endpoints_config; i++) {
		char *const *l = networking->endpoints_config[i].links;

		for (; l && *l; l++) {
			cleanup_free char *name = NULL, *alias = NULL;

			if (link_spec_parse(*l, &name, &alias, NULL) >= 0) /* checked: create */
				strv_pushf(&links, "%s=%s", alias, name);
		}
	}
	return links;
}

int joins_resolver(struct engine *e, const struct joins_resolver_options *opts, char **ret_name,
		   struct error *err)
{
	cleanup(strv_release) char **links = joins_links(opts->networking);

	return resolver_start(&e->store, &e->network,
			      &(struct resolver_options){
				      .endpoints = opts->endpoints,
				      .n_endpoints = opts->n_endpoints,
				      .netns_fd = opts->netns_fd,
				      .servers = opts->host->dns ? opts->host->dns : e->config->dns,
				      .links = links,
			      },
			      ret_name, err);
}

static int join_one(struct engine *e, const struct endpoint_options *opts, struct start_spaces *s,
		    struct error *err)
{
	int r = endpoint_create(&e->store, &e->network, opts, &s->endpoints[s->n_endpoints], err);

	if (r >= 0)
		s->n_endpoints++;
	return r;
}

/* One of several, or one with settings. */
static int join_network(struct engine *e, const struct container *rec,
			const struct container_config *config, const struct join *join,
			struct endpoint_options opts, struct start_spaces *s, struct error *err)
{
	cleanup(strv_release) char **names =
		join->network.builtin ? NULL : joins_names(rec, config, join->settings);

	opts.network = join->network.id;
	opts.settings = join->settings;
	opts.names = names;
	opts.gw_priority = join->settings ? join->settings->gw_priority : 0;
	opts.more = s->n_endpoints > 0;
	opts.gateway = s->n_endpoints == 0 && join->leads_out;
	s->resolver = s->resolver || !join->network.builtin;
	return join_one(e, &opts, s, err);
}

int joins_make(struct engine *e, const struct container *rec, const struct container_config *config,
	       const struct host_config *host, const struct networking_config *networking,
	       struct start_spaces *s, struct error *err)
{
	cleanup(joins_release) struct joins joins = { NULL, 0 };
	const struct endpoint_options opts = {
		.container_id = rec->id,
		.network = "bridge",
		.port_bindings = host->port_bindings,
		.n_port_bindings = host->n_port_bindings,
		.exposed_ports = config->exposed_ports,
		.publish_all = host->publish_all_ports,
		.netns_fd = s->netns_fd,
		.gateway = true,
	};
	const char *first = joins_mode_network(host->network_mode);
	int r;

	/* What most containers are: on the default bridge and nothing else. */
	if (!networking->complete && networking->n_endpoints_config == 0 && first &&
	    strcmp(first, "bridge") == 0) {
		s->endpoints = xcalloc(1, sizeof(*s->endpoints));
		return join_one(e, &opts, s, err);
	}
	r = joins_plan(e, host->network_mode, networking, &joins, err);
	if (r < 0)
		return r;
	s->endpoints = xcalloc(joins.n + 1, sizeof(*s->endpoints));
	for (size_t i = 0; r >= 0 && i < joins.n; i++)
		r = join_network(e, rec, config, &joins.items[i], opts, s, err);
	return r < 0 || !s->resolver ? r
				     : joins_resolver(e,
						      &(struct joins_resolver_options){
							      .host = host,
							      .networking = networking,
							      .endpoints = s->endpoints,
							      .n_endpoints = s->n_endpoints,
							      .netns_fd = s->netns_fd,
						      },
						      &s->resolver_name, err);
}
