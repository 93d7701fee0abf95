/* SPDX-License-Identifier: Apache-2.0 */
/* IP and MAC addresses: text, bytes, arithmetic. */
#include "network/address.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "base/strbuf.h"

int address_parse(const char *text, struct link_address *ret)
{
	struct link_address addr = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };
	const size_t len = strlen(text);
	char bare[ADDRESS_TEXT_MAX];

	if (text[0] == '[' && len > 2 && len < sizeof(bare) && text[len - 1] == ']') {
		memcpy(bare, text + 1, len - 2);
		bare[len - 2] = '\0';
		text = bare;
	}
	if (inet_pton(addr.family, text, addr.bytes) != 1)
		return -EINVAL;
	addr.prefix_len = addr.family == AF_INET ? 32 : 128;
	*ret = addr;
	return 0;
}

int address_parse_subnet(const char *text, struct link_address *ret)
{
	const char *slash = strchr(text, '/');
	struct link_address addr;
	char bare[ADDRESS_TEXT_MAX];
	uint32_t len;
	int r;

	if (!slash || (size_t)(slash - text) >= sizeof(bare))
		return -EINVAL;
	memcpy(bare, text, (size_t)(slash - text));
	bare[slash - text] = '\0';
	r = address_parse(bare, &addr);
	if (r >= 0)
		r = parse_u32(slash + 1, &len);
	if (r < 0)
		return -EINVAL;
	if (len == 0 || len >= addr.prefix_len)
		return -EINVAL;
	addr.prefix_len = len;
	*ret = addr;
	return 0;
}

void address_format(const struct link_address *addr, char text[ADDRESS_TEXT_MAX])
{
	if (!inet_ntop(addr->family, addr->bytes, text, ADDRESS_TEXT_MAX))
		text[0] = '\0';
}

struct link_address address_network(const struct link_address *addr)
{
	struct link_address net = *addr;

	for (unsigned int i = 0; i < sizeof(net.bytes); i++) {
		const unsigned int bits = net.prefix_len > 8 * i ? net.prefix_len - 8 * i : 0;

		if (bits < 8)
			net.bytes[i] &= (unsigned char)(0xff00 >> bits);
	}
	return net;
}

bool address_contains(const struct link_address *subnet, const struct link_address *addr)
{
	struct link_address mine, theirs = *addr;

	if (subnet->family != addr->family || subnet->prefix_len > addr->prefix_len)
		return false;
	theirs.prefix_len = subnet->prefix_len;
	mine = address_network(subnet);
	theirs = address_network(&theirs);
	return memcmp(mine.bytes, theirs.bytes, sizeof(mine.bytes)) == 0;
}

bool address_overlaps(const struct link_address *a, const struct link_address *b)
{
	return address_contains(a, b) || address_contains(b, a);
}

char *address_subnet_text(const struct link_address *addr)
{
	const struct link_address net = address_network(addr);
	char text[ADDRESS_TEXT_MAX];

	address_format(&net, text);
	return xasprintf("%s/%u", text, net.prefix_len);
}

bool address_is_wildcard(const struct link_address *addr)
{
	static const unsigned char zero[16];

	return memcmp(addr->bytes, zero, sizeof(zero)) == 0;
}

bool address_is_loopback(const struct link_address *addr)
{
	static const unsigned char loopback6[16] = { [15] = 1 };

	if (addr->family == AF_INET)
		return addr->bytes[0] == 127;
	return memcmp(addr->bytes, loopback6, sizeof(loopback6)) == 0;
}

uint32_t address_to_u32(const struct link_address *addr)
{
	uint32_t be;

	memcpy(&be, addr->bytes, sizeof(be));
	return ntohl(be);
}

struct link_address address_from_u32(uint32_t ip, unsigned int prefix_len)
{
	struct link_address addr = { .family = AF_INET, .prefix_len = prefix_len };
	const uint32_t be = htonl(ip);

	memcpy(addr.bytes, &be, sizeof(be));
	return addr;
}

uint32_t address_host_mask(unsigned int prefix_len)
{
	return prefix_len >= 32 ? 0 : UINT32_MAX >> prefix_len;
}

int mac_parse(const char *text, unsigned char ret[LINK_MAC_LEN])
{
	unsigned int b[LINK_MAC_LEN];
	int end = -1;

	if (strlen(text) != MAC_TEXT_MAX - 1 ||
	    strspn(text, "0123456789abcdefABCDEF:") != strlen(text))
		return -EINVAL;
	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5],
		   &end) != LINK_MAC_LEN ||
	    end != MAC_TEXT_MAX - 1 || (b[0] & 1) != 0)
		return -EINVAL;
	for (int i = 0; i < LINK_MAC_LEN; i++)
		ret[i] = (unsigned char)b[i];
	return 0;
}

void mac_format(const unsigned char mac[LINK_MAC_LEN], char text[MAC_TEXT_MAX])
{
	(void)snprintf(text, MAC_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		       mac[3], mac[4], mac[5]);
}

void mac_from_address(const struct link_address *addr, unsigned char ret[LINK_MAC_LEN])
{
	ret[0] = 0x02;
	ret[1] = 0x42;
	memcpy(ret + 2, addr->bytes, 4);
}
