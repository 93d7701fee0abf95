/* SPDX-License-Identifier: Apache-2.0 */
/* Looking names up. "web" is asked for in each network, in the container's order, and the first
 * that knows it answers; "web.net" means network net. */
#include "dns/zone.h"

#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "sys/file.h"

/* Shorter than an address rests before another container gets it. */
enum { TTL = 5 };

static void zone_refresh(struct zone *zone)
{
	cleanup_free char *text = NULL;
	struct stat st = { 0 };
	size_t len = 0;

	if (fstatat(zone->dirfd, NAMES_FILE, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    (st.st_ino == zone->seen.st_ino && st.st_size == zone->seen.st_size &&
	     st.st_mtim.tv_sec == zone->seen.st_mtim.tv_sec &&
	     st.st_mtim.tv_nsec == zone->seen.st_mtim.tv_nsec))
		return;
	if (file_read_at(zone->dirfd, NAMES_FILE, NAMES_FILE_MAX, &text, &len) < 0)
		return;
	names_table_release(&zone->table);
	names_table_parse(text, len, &zone->table);
	zone->seen = st;
}

void zones_refresh(struct zones *zones)
{
	for (size_t i = 0; i < zones->n; i++)
		zone_refresh(&zones->items[i]);
}

static bool endpoint_is(const struct names_endpoint *ep, const char *name, size_t len)
{
	for (const char *const *n = ep->names; *n; n++) {
		if (strlen(*n) == len && strncasecmp(*n, name, len) == 0)
			return true;
	}
	return false;
}

/* Add all addresses that a name has in a network; whether it is known there at all. */
static bool zone_collect(const struct zone *zone, const char *name, size_t len, uint16_t type,
			 const struct names_endpoint **ret, size_t *ret_n)
{
	bool known = false;

	for (size_t i = 0; i < zone->table.n; i++) {
		const struct names_endpoint *ep = &zone->table.endpoints[i];

		if (!endpoint_is(ep, name, len))
			continue;
		known = true;
		if ((type == DNS_TYPE_A && ep->has_ip) || (type == DNS_TYPE_AAAA && ep->has_ip6))
			ret[(*ret_n)++] = ep;
	}
	return known;
}

/* "web", then "web.net". */
static bool zone_find(const struct zone *zone, const char *name, uint16_t type,
		      const struct names_endpoint **ret, size_t *ret_n)
{
	const char *dot = strrchr(name, '.');

	if (zone_collect(zone, name, strlen(name), type, ret, ret_n))
		return true;
	for (dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.')) {
		if (strcasecmp(dot + 1, zone->table.network) == 0)
			return zone_collect(zone, name, (size_t)(dot - name), type, ret, ret_n);
	}
	return false;
}

/* Several that share a name take turns. */
static void shuffle(const struct names_endpoint **list, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		const struct names_endpoint *swap = list[i - 1];
		uint32_t r = 0;
		size_t k;

		if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != sizeof(r))
			return;
		k = r % i;
		list[i - 1] = list[k];
		list[k] = swap;
	}
}

/* The name that a container is known by, for one that only ours has for it. */
static const char *zones_linked(const struct zones *zones, const char *name)
{
	const size_t len = strlen(name);

	for (char *const *l = zones->links; l && *l; l++) {
		if (strncasecmp(*l, name, len) == 0 && (*l)[len] == '=')
			return *l + len + 1;
	}
	return name;
}

static bool answer_name(const struct zones *zones, const unsigned char *query,
			const struct dns_question *q, unsigned char *out, size_t max,
			size_t *ret_len)
{
	cleanup_free const struct names_endpoint **found = NULL;
	const char *name = zones_linked(zones, q->name);
	struct dns_answer a;
	bool known = false;
	size_t n = 0;

	for (size_t i = 0; i < zones->n && !known; i++) {
		free(found);
		found = xcalloc(zones->items[i].table.n + 1, sizeof(*found));
		known = zone_find(&zones->items[i], name, q->type, found, &n);
	}
	if (!known)
		return false;
	shuffle(found, n);
	dns_answer_begin(&a, out, max, query, q);
	for (size_t i = 0; i < n; i++) {
		if (q->type == DNS_TYPE_A)
			dns_answer_address(&a, q->type, found[i]->ip, sizeof(found[i]->ip), TTL);
		else
			dns_answer_address(&a, q->type, found[i]->ip6, sizeof(found[i]->ip6), TTL);
	}
	*ret_len = dns_answer_end(&a, DNS_OK);
	return true;
}

static const struct names_endpoint *by_address(const struct names_table *table,
					       const unsigned char *addr, size_t len)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct names_endpoint *ep = &table->endpoints[i];

		if ((len == 4 && ep->has_ip && memcmp(ep->ip, addr, len) == 0) ||
		    (len == 16 && ep->has_ip6 && memcmp(ep->ip6, addr, len) == 0))
			return ep;
	}
	return NULL;
}

static bool answer_address(const struct zones *zones, const unsigned char *query,
			   const struct dns_question *q, unsigned char *out, size_t max,
			   size_t *ret_len)
{
	unsigned char addr[16];
	const size_t len = dns_reverse_parse(q->name, addr);
	struct dns_answer a;

	for (size_t i = 0; len > 0 && i < zones->n; i++) {
		const struct names_table *table = &zones->items[i].table;
		const struct names_endpoint *ep = by_address(table, addr, len);
		cleanup_free char *name = NULL;

		if (!ep)
			continue;
		name = xasprintf("%s.%s", ep->names[0], table->network);
		dns_answer_begin(&a, out, max, query, q);
		dns_answer_pointer(&a, name, TTL);
		*ret_len = dns_answer_end(&a, DNS_OK);
		return true;
	}
	return false;
}

bool zones_answer(const struct zones *zones, const unsigned char *query,
		  const struct dns_question *q, unsigned char *out, size_t max, size_t *ret_len)
{
	if (q->class != DNS_CLASS_IN || !q->name[0])
		return false;
	if (q->type == DNS_TYPE_PTR)
		return answer_address(zones, query, q, out, max, ret_len);
	return answer_name(zones, query, q, out, max, ret_len);
}
