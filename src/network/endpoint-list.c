/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints as callers see them: from records, with their ports. */
#include <string.h>

#include "base/strbuf.h"
#include "base/strv.h"
#include "network/driver.h"

struct endpoint endpoint_from_record(struct endpoint_record *rec)
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
		.if_name = take_ptr(rec->if_name),
		.names = rec->names && rec->names[0] ? strv_split(rec->names, ' ') : NULL,
		.user_defined = rec->user_defined,
		.gw_priority = rec->gw_priority,
	};
}

static const char *protocol_static(const char *protocol)
{
	if (strcmp(protocol, "udp") == 0)
		return "udp";
	return strcmp(protocol, "sctp") == 0 ? "sctp" : "tcp";
}

void endpoint_add_port(struct endpoint *ep, const struct port_record *port)
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
	free(ep->if_name);
	strv_free(ep->names);
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

static int compare_records(const void *pa, const void *pb)
{
	const struct endpoint_record *a = pa, *b = pb;
	int r = strcmp(a->container_id, b->container_id);

	return r != 0 ? r : (a->seq > b->seq) - (a->seq < b->seq);
}

static int compare_container(const void *container_id, const void *ep)
{
	return strcmp(container_id, ((const struct endpoint *)ep)->container_id);
}

struct endpoint *endpoints_of(const char *container_id, struct endpoint *eps, size_t n,
			      size_t *ret_n)
{
	struct endpoint *first = n ? bsearch(container_id, eps, n, sizeof(*eps), compare_container)
				   : NULL;
	struct endpoint *end = first;

	while (first && first > eps && strcmp(first[-1].container_id, container_id) == 0)
		first--;
	while (end && end < eps + n && strcmp(end->container_id, container_id) == 0)
		end++;
	*ret_n = (size_t)(end - first);
	return first;
}

static void add_ports(struct endpoint *eps, size_t n, const struct port_record *ports,
		      size_t n_ports)
{
	for (size_t i = 0; i < n_ports; i++) {
		size_t own;
		struct endpoint *ep = endpoints_of(ports[i].container_id, eps, n, &own);

		for (; own > 0; own--, ep++)
			if (strcmp(ports[i].endpoint_id, ep->endpoint_id) == 0)
				endpoint_add_port(ep, &ports[i]);
	}
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
		if (n > 0)
			qsort(records, n, sizeof(*records), compare_records);
		eps = xcalloc(n, sizeof(*eps));
		for (size_t i = 0; i < n; i++)
			eps[i] = endpoint_from_record(&records[i]);
		add_ports(eps, n, ports, n_ports);
		*ret = eps;
		*ret_n = n;
	}
	endpoint_record_list_free(records, n);
	port_record_list_free(ports, n_ports);
	return r;
}
