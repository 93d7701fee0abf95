/* SPDX-License-Identifier: Apache-2.0 */
/* Published ports as elements of the table's maps. firewall-rules.c has the table itself. */
#include "network/firewall.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "network/ports.h"
#include "sys/conntrack.h"
#include "sys/nftables.h"

void firewall_table_name(const char *bridge, char name[FIREWALL_NAME_MAX])
{
	const bool main_one = strcmp(bridge, "hoy0") == 0;

	(void)snprintf(name, FIREWALL_NAME_MAX, main_one ? "hoy" : "hoy-%s", bridge);
}

bool firewall_serves(const struct port_record *port)
{
	return (strchr(port->host_ip, ':') != NULL) == (strchr(port->container_ip, ':') != NULL);
}

/* Fields of a concatenation: each padded with zeros to four bytes. */
static void put_field(unsigned char *buf, size_t *len, const void *data, size_t size)
{
	memset(buf + *len, 0, (size + 3) & ~(size_t)3);
	memcpy(buf + *len, data, size);
	*len += (size + 3) & ~(size_t)3;
}

static const char *map_name(const struct link_address *host)
{
	if (host->family == AF_INET)
		return address_is_wildcard(host) ? "any4" : "addr4";
	return address_is_wildcard(host) ? "any6" : "addr6";
}

enum { ELEMENTS_PER_PORT = 2 };

static int elements_of_port(const struct port_record *port,
			    struct nft_element ret[ELEMENTS_PER_PORT])
{
	const uint16_t host_port = htons(port->host_port),
		       target_port = htons(port->container_port);
	const uint8_t protocol = port_protocol_number(port->protocol);
	struct nft_element *map = &ret[0], *own = &ret[1];
	struct link_address host, target;
	size_t len;

	if (protocol == 0 || address_parse(port->host_ip, &host) < 0 ||
	    address_parse(port->container_ip, &target) < 0)
		return -EINVAL;
	len = host.family == AF_INET ? 4 : 16;
	*map = (struct nft_element){ .map = map_name(&host) };
	put_field(map->key, &map->key_len, &protocol, sizeof(protocol));
	if (!address_is_wildcard(&host))
		put_field(map->key, &map->key_len, host.bytes, len);
	put_field(map->key, &map->key_len, &host_port, sizeof(host_port));
	put_field(map->value, &map->value_len, target.bytes, len);
	put_field(map->value, &map->value_len, &target_port, sizeof(target_port));

	*own = (struct nft_element){ .map = host.family == AF_INET ? "own4" : "own6" };
	put_field(own->key, &own->key_len, target.bytes, len);
	put_field(own->key, &own->key_len, &protocol, sizeof(protocol));
	put_field(own->key, &own->key_len, &host_port, sizeof(host_port));
	return 0;
}

/* The elements of those ports that the firewall serves. */
static int elements_make(const struct port_record *ports, size_t n, struct nft_element **ret,
			 size_t *ret_n, struct error *err)
{
	cleanup_free struct nft_element *elems = xcalloc(n, ELEMENTS_PER_PORT * sizeof(*elems));
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		if (!firewall_serves(&ports[i]))
			continue;
		if (elements_of_port(&ports[i], &elems[count]) < 0)
			return error_set(err, ERR_SYSTEM, EINVAL, "port lease %s:%u/%s",
					 ports[i].host_ip, ports[i].host_port, ports[i].protocol);
		count += ELEMENTS_PER_PORT;
	}
	*ret = take_ptr(elems);
	*ret_n = count;
	return 0;
}

/* What was under way before: see sys/conntrack.h. Where that is not to be had, a sender of UDP
 * that never pauses is late, no more. */
static void flows_forget_ports(struct netlink *nl, const struct port_record *ports, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const int family = strchr(ports[i].host_ip, ':') ? AF_INET6 : AF_INET;
		const uint8_t protocol = port_protocol_number(ports[i].protocol);

		if (protocol == IPPROTO_UDP && firewall_serves(&ports[i]))
			ignore_result(
				conntrack_forget_port(nl, family, protocol, ports[i].host_port));
	}
}

static void flows_forget_target(struct netlink *nl, const struct port_record *ports, size_t n)
{
	struct link_address target;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(ports[i].protocol, "udp") != 0 || !firewall_serves(&ports[i]) ||
		    address_parse(ports[i].container_ip, &target) < 0)
			continue;
		ignore_result(conntrack_forget_address(nl, &target));
		return; /* one address for all of them */
	}
}

int firewall_publish(struct netlink *nl, const char *bridge, const struct port_record *ports,
		     size_t n, struct error *err)
{
	cleanup_free struct nft_element *elems = NULL;
	char table[FIREWALL_NAME_MAX];
	size_t count = 0;
	int r;

	r = elements_make(ports, n, &elems, &count, err);
	if (r < 0 || count == 0)
		return r;
	firewall_table_name(bridge, table);
	r = nft_elements_add(nl, table, elems, count);
	if (r == -EBUSY) {
		/* Left by a container that is gone: its lease is, or ours could not exist. */
		r = nft_elements_delete(nl, table, elems, count);
		if (r >= 0)
			r = nft_elements_add(nl, table, elems, count);
	}
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "publish ports in nftables table %s", table);
	flows_forget_ports(nl, ports, n);
	return 0;
}

int firewall_withdraw(struct netlink *nl, const char *bridge, const struct port_record *ports,
		      size_t n, struct error *err)
{
	cleanup_free struct nft_element *elems = NULL;
	char table[FIREWALL_NAME_MAX];
	size_t count = 0;
	int r;

	r = elements_make(ports, n, &elems, &count, err);
	if (r < 0 || count == 0)
		return r;
	firewall_table_name(bridge, table);
	r = nft_elements_delete(nl, table, elems, count);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "withdraw ports from nftables table %s",
				 table);
	flows_forget_target(nl, ports, n);
	return 0;
}

struct element_list {
	struct nft_element *items;
	size_t n;
};

static void element_list_release(struct element_list *list)
{
	free(list->items);
	*list = (struct element_list){ 0 };
}

static int element_collect(void *arg, const struct nft_element *elem)
{
	struct element_list *list = arg;

	list->items = xrealloc(list->items, list->n + 1, sizeof(*list->items));
	list->items[list->n++] = *elem;
	return 0;
}

static int element_compare(const void *pa, const void *pb)
{
	const struct nft_element *a = pa, *b = pb;
	int r = strcmp(a->map, b->map);

	if (r == 0 && a->key_len != b->key_len)
		return a->key_len < b->key_len ? -1 : 1;
	return r != 0 ? r : memcmp(a->key, b->key, a->key_len);
}

/* Sort both, keep in `from` what is not in `known`. */
static void element_subtract(struct element_list *from, struct nft_element *known, size_t n)
{
	size_t kept = 0;

	qsort(known, n, sizeof(*known), element_compare);
	for (size_t i = 0; i < from->n; i++) {
		if (!bsearch(&from->items[i], known, n, sizeof(*known), element_compare))
			from->items[kept++] = from->items[i];
	}
	from->n = kept;
}

int firewall_sync(struct netlink *nl, const char *bridge, const struct port_record *ports, size_t n,
		  struct error *err)
{
	static const char *const maps[] = { "addr4", "any4", "own4", "addr6", "any6", "own6" };
	cleanup(element_list_release) struct element_list stale = { 0 };
	cleanup_free struct nft_element *leased = NULL;
	char table[FIREWALL_NAME_MAX];
	size_t count = 0;
	int r;

	r = elements_make(ports, n, &leased, &count, err);
	if (r < 0)
		return r;
	firewall_table_name(bridge, table);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(maps); i++)
		r = nft_elements_list(nl, table, maps[i], element_collect, &stale);
	if (r == -ENOENT)
		return 0; /* no table yet: nothing is published */
	if (r >= 0) {
		element_subtract(&stale, leased, count);
		r = nft_elements_delete(nl, table, stale.items, stale.n);
	}
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "clean nftables table %s", table);
	return firewall_publish(nl, bridge, ports, n, err);
}
