/* SPDX-License-Identifier: Apache-2.0 */
/* IP addresses between text and bytes, and arithmetic on them. Pure. -EINVAL: not such a text. */
#pragma once

#include <arpa/inet.h>

#include "sys/rtnetlink.h"

enum { ADDRESS_TEXT_MAX = INET6_ADDRSTRLEN, MAC_TEXT_MAX = 18 };

/* "192.0.2.1", "2001:db8::1" (brackets around it allowed): prefix_len becomes the full length. */
must_check int address_parse(const char *text, struct link_address *ret);
/* "192.0.2.1/24": an address in its subnet. The length is required, 1 … 31 or 1 … 127. */
must_check int address_parse_subnet(const char *text, struct link_address *ret);
void address_format(const struct link_address *addr, char text[ADDRESS_TEXT_MAX]);

/* The subnet of an address, as text: "172.30.0.0/16". Owned. */
char *address_subnet_text(const struct link_address *addr);

/* Its subnet's first address: 172.30.0.0 in 172.30.0.0/16. */
struct link_address address_network(const struct link_address *addr);
/* Whether an address (or another whole subnet) lies in a subnet; whether two have an address in
 * common. Of different families: no. */
bool address_contains(const struct link_address *subnet, const struct link_address *addr);
bool address_overlaps(const struct link_address *a, const struct link_address *b);

bool address_is_wildcard(const struct link_address *addr);
bool address_is_loopback(const struct link_address *addr);

/* IPv4 as a number in host order, and back (family and prefix_len are set). */
uint32_t address_to_u32(const struct link_address *addr);
struct link_address address_from_u32(uint32_t ip, unsigned int prefix_len);
/* The host part's mask of an IPv4 prefix: 0x0000ffff for 16. */
uint32_t address_host_mask(unsigned int prefix_len);

/* "02:42:ac:1e:00:02". A unicast one. */
must_check int mac_parse(const char *text, unsigned char ret[LINK_MAC_LEN]);
void mac_format(const unsigned char mac[LINK_MAC_LEN], char text[MAC_TEXT_MAX]);
/* A locally administered one made of an IPv4 address: whoever gets the address again has the same,
 * so that no neighbour table is wrong. */
void mac_from_address(const struct link_address *addr, unsigned char ret[LINK_MAC_LEN]);
