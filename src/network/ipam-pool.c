/* SPDX-License-Identifier: Apache-2.0 */
/* Subnets for networks whose user named none. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "network/ipam.h"
#include "sys/file.h"

enum { ROUTES_MAX = 4 << 20, SUBNET6_LEN = 64, POOL6_FIRST = 0xfd };

static const struct pool {
	uint32_t base;
	unsigned int prefix_len, size; /* of the pool, of each subnet in it */
} pools[] = {
	{ 0xac110000, 16, 16 }, /* 172.17.0.0/16  */
	{ 0xac120000, 15, 16 }, /* 172.18.0.0/15  */
	{ 0xac140000, 14, 16 }, /* 172.20.0.0/14  */
	{ 0xac180000, 13, 16 }, /* 172.24.0.0/13  */
	{ 0xc0a80000, 16, 20 }, /* 192.168.0.0/16 */
};

struct routes {
	struct link_address *items;
	size_t n;
};

static void routes_release(struct routes *routes)
{
	free(routes->items);
}

/* The networks that this host reaches by IPv4, without the default route. The file has their
 * numbers as they lie in memory (proc(5)). */
static int routes_read(struct routes *ret, struct error *err)
{
	cleanup_free char *text = NULL;
	char *save = NULL, *line;
	int r = file_read_at(AT_FDCWD, "/proc/net/route", ROUTES_MAX, &text, NULL);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read the host's routes");
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		unsigned int net, mask;

		if (sscanf(line, "%*s %8x %*x %*x %*d %*d %*d %8x", &net, &mask) != 2 || mask == 0)
			continue;
		ret->items = xrealloc(ret->items, ret->n + 1, sizeof(*ret->items));
		ret->items[ret->n++] =
			address_from_u32(ntohl(net), (unsigned int)__builtin_popcount(mask));
	}
	return 0;
}

static bool overlaps_any(const struct link_address *subnet, const struct link_address *list,
			 size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (address_overlaps(subnet, &list[i]))
			return true;
	}
	return false;
}

int ipam_pool_choose(const struct link_address *used, size_t n, struct link_address *ret,
		     struct error *err)
{
	cleanup(routes_release) struct routes routes = { 0 };
	int r = routes_read(&routes, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(pools); i++) {
		const uint32_t step = 1U << (32 - pools[i].size);
		const uint32_t count = 1U << (pools[i].size - pools[i].prefix_len);

		for (uint32_t k = 0; k < count; k++) {
			const struct link_address subnet =
				address_from_u32(pools[i].base + k * step, pools[i].size);

			if (overlaps_any(&subnet, used, n) ||
			    overlaps_any(&subnet, routes.items, routes.n))
				continue;
			*ret = subnet;
			return 0;
		}
	}
	return error_set(err, ERR_NOT_FOUND, 0,
			 "all predefined address pools have been fully subnetted");
}

struct link_address ipam_pool6(const char *network_id)
{
	struct link_address subnet = { AF_INET6, { POOL6_FIRST }, SUBNET6_LEN };
	unsigned int byte;

	for (unsigned int i = 0; i < 7 && sscanf(network_id + 2 * i, "%2x", &byte) == 1; i++)
		subnet.bytes[1 + i] = (unsigned char)byte;
	return subnet;
}
