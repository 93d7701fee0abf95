/* SPDX-License-Identifier: Apache-2.0 */
/* The search for a free address. */
#include "network/ipam.h"

#include <errno.h>
#include <string.h>

#include "base/strv.h"

/* 1: nobody has it. */
static int address_is_free(struct store *store, const char *network_id,
			   const struct link_address *addr, struct error *err)
{
	char text[ADDRESS_TEXT_MAX];
	char *holder = NULL;
	int r;

	address_format(addr, text);
	r = address_holder(store, network_id, text, &holder, err);
	free(holder);
	return r < 0 ? r : holder == NULL;
}

static bool is_reserved(const struct bridge *bridge, const struct link_address *addr)
{
	char text[ADDRESS_TEXT_MAX];

	address_format(addr, text);
	return strv_contains(bridge->reserved, text);
}

/* 1: this IPv4 address and the one beside it can be given out. */
static int is_available(struct store *store, const char *network_id, const struct bridge *bridge,
			const struct link_address *addr, struct error *err)
{
	struct link_address beside;
	int r;

	if (address_to_u32(addr) == address_to_u32(&bridge->gateway) || is_reserved(bridge, addr))
		return 0;
	r = address_is_free(store, network_id, addr, err);
	if (r <= 0 || bridge->gateway6.family == AF_UNSPEC)
		return r;
	beside = ipam_beside(&bridge->gateway6, addr);
	return is_reserved(bridge, &beside) ? 0 : address_is_free(store, network_id, &beside, err);
}

/* First and last address that may be given out. */
static void range_of(const struct bridge *bridge, uint32_t *ret_first, uint32_t *ret_last)
{
	const uint32_t mask = address_host_mask(bridge->gateway.prefix_len);
	const uint32_t net = address_to_u32(&bridge->gateway) & ~mask;
	uint32_t first = net, last = net | mask;

	if (bridge->range.family == AF_INET) {
		const uint32_t part = address_host_mask(bridge->range.prefix_len);

		first = address_to_u32(&bridge->range) & ~part;
		last = first | part;
	}
	/* neither the subnet's own number nor its broadcast address */
	*ret_first = first == net ? first + 1 : first;
	*ret_last = last == (net | mask) ? last - 1 : last;
}

int ipam_next(struct store *store, const char *network_id, const struct bridge *bridge,
	      struct link_address *ret, struct error *err)
{
	uint32_t cursor = 0, first, last;
	int r;

	r = address_cursor_get(store, network_id, &cursor, err);
	if (r < 0)
		return r;
	range_of(bridge, &first, &last);
	/* Of another subnet (the bridge was moved), or none yet: begin at the range's start. */
	if (cursor < first || cursor > last)
		cursor = last;
	for (uint32_t i = 0; i <= last - first; i++) {
		struct link_address addr;

		cursor = cursor == last ? first : cursor + 1;
		addr = address_from_u32(cursor, bridge->gateway.prefix_len);
		r = is_available(store, network_id, bridge, &addr, err);
		if (r < 0)
			return r;
		if (r > 0) {
			*ret = addr;
			return address_cursor_set(store, network_id, cursor, err);
		}
	}
	return error_set(err, ERR_SYSTEM, 0,
			 "no available IPv4 addresses on this network's address pools (%s)",
			 network_id);
}

int ipam_take(struct store *store, const char *network_id, const struct bridge *bridge,
	      const char *text, struct link_address *ret, struct error *err)
{
	const struct link_address *gateway;
	struct link_address addr, net;
	int r;

	if (address_parse(text, &addr) < 0)
		return error_set(err, ERR_INVALID, EINVAL, "invalid address: %s", text);
	gateway = addr.family == AF_INET ? &bridge->gateway : &bridge->gateway6;
	if (!address_contains(gateway, &addr))
		return error_set(err, ERR_INVALID, EINVAL,
				 "no configured subnet contains IP address %s", text);
	addr.prefix_len = gateway->prefix_len;
	net = address_network(gateway);
	/* An address that stands for the subnet is nobody's, the gateway's is the bridge's. */
	if (memcmp(addr.bytes, net.bytes, sizeof(net.bytes)) == 0 ||
	    memcmp(addr.bytes, gateway->bytes, sizeof(gateway->bytes)) == 0 ||
	    (addr.family == AF_INET &&
	     (address_to_u32(&addr) | ~address_host_mask(addr.prefix_len)) == UINT32_MAX) ||
	    is_reserved(bridge, &addr))
		return error_set(err, ERR_FORBIDDEN, EADDRINUSE, "Address already in use: %s",
				 text);
	r = address_is_free(store, network_id, &addr, err);
	if (r == 0)
		return error_set(err, ERR_FORBIDDEN, EADDRINUSE, "Address already in use: %s",
				 text);
	if (r > 0)
		*ret = addr;
	return r < 0 ? r : 0;
}

struct link_address ipam_beside(const struct link_address *gateway6,
				const struct link_address *addr)
{
	const uint32_t mask = address_host_mask(addr->prefix_len);
	const uint32_t host = htonl(address_to_u32(addr) & mask);
	struct link_address beside = address_network(gateway6);

	for (unsigned int i = 0; i < sizeof(host); i++)
		beside.bytes[12 + i] |= ((const unsigned char *)&host)[i];
	return beside;
}
