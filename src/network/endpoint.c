/* SPDX-License-Identifier: Apache-2.0 */
/* A container's place in a network: leased, made, listed, forgotten. Drivers do the parts that
 * differ. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/strbuf.h"
#include "network/driver.h"
#include "network/relay.h"

enum { ID_BYTES = 32 };

void endpoint_draft_release(struct endpoint_draft *draft)
{
	network_record_release(&draft->network);
	endpoint_record_release(&draft->record);
	port_holds_release(&draft->holds);
}

static char *random_id(void)
{
	unsigned char bytes[ID_BYTES];
	char *text = xmalloc(2 * ID_BYTES + 1);

	/* Cannot fail: the pool is ready long before, and so few bytes are never cut short. */
	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		abort();
	for (size_t i = 0; i < ID_BYTES; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return text;
}

/* The endpoint as callers see it. Takes over what the record owns. */
static struct endpoint endpoint_from_record(struct endpoint_record *rec)
{
	return (struct endpoint){
		.container_id = take_ptr(rec->container_id),
		.network_name = take_ptr(rec->network_name),
		.network_id = take_ptr(rec->network_id),
		.endpoint_id = take_ptr(rec->id),
		.ip = take_ptr(rec->ip),
		.gateway = take_ptr(rec->gateway),
		.mac = take_ptr(rec->mac),
		.ip6 = take_ptr(rec->ip6),
		.gateway6 = take_ptr(rec->gateway6),
		.prefix_len = rec->prefix_len,
		.prefix6_len = rec->prefix6_len,
		.host_if = take_ptr(rec->host_if),
	};
}

static const char *protocol_static(const char *protocol)
{
	if (strcmp(protocol, "udp") == 0)
		return "udp";
	return strcmp(protocol, "sctp") == 0 ? "sctp" : "tcp";
}

static void endpoint_add_port(struct endpoint *ep, const struct port_record *port)
{
	ep->ports = xrealloc(ep->ports, ep->n_ports + 1, sizeof(*ep->ports));
	ep->ports[ep->n_ports++] = (struct endpoint_port){
		.container_port = port->container_port,
		.host_port = port->host_port,
		.protocol = protocol_static(port->protocol),
		.host_ip = xstrdup(port->host_ip),
	};
}

void endpoint_release(struct endpoint *ep)
{
	if (!ep)
		return;
	free(ep->container_id);
	free(ep->network_name);
	free(ep->network_id);
	free(ep->endpoint_id);
	free(ep->ip);
	free(ep->gateway);
	free(ep->mac);
	free(ep->ip6);
	free(ep->gateway6);
	free(ep->host_if);
	for (size_t i = 0; i < ep->n_ports; i++)
		free(ep->ports[i].host_ip);
	free(ep->ports);
	*ep = (struct endpoint)ENDPOINT_INIT;
}

void endpoint_list_free(struct endpoint *eps, size_t n)
{
	for (size_t i = 0; i < n; i++)
		endpoint_release(&eps[i]);
	free(eps);
}

/* The leases, in one transaction. */
static int endpoint_lease(struct store *store, const struct network_driver *driver,
			  struct endpoint_draft *draft, struct error *err)
{
	int r = store_begin(store, err);

	if (r < 0)
		return r;
	if (driver->lease)
		r = driver->lease(store, draft, err);
	if (r >= 0)
		r = endpoint_record_insert(store, &draft->record, err);
	if (r >= 0)
		r = store_commit(store, err);
	if (r < 0)
		store_rollback(store);
	return r;
}

static int draft_begin(struct store *store, const struct network_config *config,
		       const struct endpoint_options *opts, struct endpoint_draft *ret,
		       struct error *err)
{
	struct endpoint_record *known = NULL;
	size_t n = 0;
	int r;

	*ret = (struct endpoint_draft){ .config = config, .opts = opts };
	r = network_record_find(store, opts->network, &ret->network, err);
	if (r < 0)
		return r;
	ret->record = (struct endpoint_record){
		.id = random_id(),
		.container_id = xstrdup(opts->container_id),
		.network_id = xstrdup(ret->network.id),
		.network_name = xstrdup(ret->network.name),
	};
	/* A container that starts has no endpoint here: one on record is a crash's. */
	r = endpoint_record_list(store, opts->container_id, ret->network.id, &known, &n, err);
	endpoint_record_list_free(known, n);
	return r < 0 || n == 0 ? r : endpoint_forget(store, config, opts->container_id, err);
}

int endpoint_create(struct store *store, const struct network_config *config,
		    const struct endpoint_options *opts, struct endpoint *ret, struct error *err)
{
	cleanup(endpoint_draft_release) struct endpoint_draft draft;
	const struct network_driver *driver = NULL;
	int r;

	r = draft_begin(store, config, opts, &draft, err);
	if (r >= 0)
		r = network_driver_find(draft.network.driver, &driver, err);
	if (r >= 0 && driver->prepare)
		r = driver->prepare(store, &draft, err);
	if (r >= 0)
		r = endpoint_lease(store, driver, &draft, err);
	if (r < 0)
		return r;
	if (driver->attach)
		r = driver->attach(store, &draft, err);
	if (r < 0) {
		ignore_result(endpoint_forget(store, config, opts->container_id, NULL));
		return r;
	}
	*ret = endpoint_from_record(&draft.record);
	for (size_t i = 0; i < draft.holds.n; i++)
		endpoint_add_port(ret, &draft.holds.items[i].lease);
	return 0;
}

/* What the container has in the kernel, by its records. */
static int endpoint_detach(const struct network_config *config, struct endpoint_record *records,
			   size_t n, struct port_record *ports, size_t n_ports, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < n; i++)
		r = relay_stop(&records[i], err);
	/* Published by the bridge driver alone. */
	return r < 0 ? r : network_driver_bridge.detach(config, ports, n_ports, err);
}

int endpoint_forget(struct store *store, const struct network_config *config,
		    const char *container_id, struct error *err)
{
	struct endpoint_record *records = NULL;
	struct port_record *ports = NULL;
	size_t n = 0, n_ports = 0;
	int r;

	r = endpoint_record_list(store, container_id, NULL, &records, &n, err);
	if (r >= 0 && n > 0)
		r = port_record_list(store, container_id, &ports, &n_ports, err);
	if (r >= 0 && n > 0)
		r = endpoint_detach(config, records, n, ports, n_ports, err);
	if (r >= 0 && n > 0)
		r = endpoint_record_delete(store, container_id, err);
	endpoint_record_list_free(records, n);
	port_record_list_free(ports, n_ports);
	return r;
}

int endpoint_list(struct store *store, const char *container_id, struct endpoint **ret,
		  size_t *ret_n, struct error *err)
{
	struct endpoint_record *records = NULL;
	struct port_record *ports = NULL;
	struct endpoint *eps = NULL;
	size_t n = 0, n_ports = 0;
	int r;

	r = endpoint_record_list(store, container_id, NULL, &records, &n, err);
	if (r >= 0)
		r = port_record_list(store, container_id, &ports, &n_ports, err);
	if (r >= 0) {
		eps = xcalloc(n, sizeof(*eps));
		for (size_t i = 0; i < n; i++) {
			eps[i] = endpoint_from_record(&records[i]);
			for (size_t j = 0; j < n_ports; j++) {
				if (strcmp(ports[j].endpoint_id, eps[i].endpoint_id) == 0)
					endpoint_add_port(&eps[i], &ports[j]);
			}
		}
		*ret = eps;
		*ret_n = n;
	}
	endpoint_record_list_free(records, n);
	port_record_list_free(ports, n_ports);
	return r;
}
