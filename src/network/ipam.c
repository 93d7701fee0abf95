/* SPDX-License-Identifier: Apache-2.0 */
/* The search for a free address. */
#include "network/ipam.h"

#include <errno.h>
#include <string.h>

int ipam_next(struct store *store, const char *network_id, const struct link_address *gateway,
	      struct link_address *ret, struct error *err)
{
	const uint32_t mask = address_host_mask(gateway->prefix_len);
	const uint32_t own = address_to_u32(gateway);
	const uint32_t net = own & ~mask;
	uint32_t cursor = 0;
	int r;

	r = address_cursor_get(store, network_id, &cursor, err);
	if (r < 0)
		return r;
	/* Of another subnet (the bridge was moved), or none yet: begin behind the gateway. */
	if ((cursor & ~mask) != net)
		cursor = own;
	for (uint32_t i = 1; i < mask; i++) {
		/* 1 … mask - 1, around: neither the network's own number nor the broadcast
		 * address */
		const uint32_t host = ((cursor & mask) + i - 1) % (mask - 1) + 1;
		const struct link_address addr = address_from_u32(net | host, gateway->prefix_len);
		char text[ADDRESS_TEXT_MAX];
		char *holder = NULL;

		if ((net | host) == own)
			continue;
		address_format(&addr, text);
		r = address_holder(store, network_id, text, &holder, err);
		if (r < 0)
			return r;
		if (!holder) {
			*ret = addr;
			return address_cursor_set(store, network_id, net | host, err);
		}
		free(holder);
	}
	return error_set(err, ERR_SYSTEM, 0,
			 "no available IPv4 addresses on this network's address pools (%s)",
			 network_id);
}

struct link_address ipam_beside(const struct link_address *gateway6,
				const struct link_address *addr)
{
	const uint32_t mask = address_host_mask(addr->prefix_len);
	const uint32_t host = htonl(address_to_u32(addr) & mask);
	struct link_address beside = *gateway6;
	const unsigned int bytes = gateway6->prefix_len / 8;

	memset(beside.bytes + bytes, 0, sizeof(beside.bytes) - bytes);
	if (gateway6->prefix_len % 8 != 0)
		beside.bytes[bytes] = gateway6->bytes[bytes] &
				      (unsigned char)(0xff00 >> gateway6->prefix_len % 8);
	memcpy(beside.bytes + 12, &host, sizeof(host));
	return beside;
}
