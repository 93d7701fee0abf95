/* SPDX-License-Identifier: Apache-2.0 */
/* One small nftables table of a container's own namespace: what its programs send to an address
 * goes to other ports of it. -errno idiom. */
#pragma once

#include <netinet/in.h>

#include "sys/netlink.h"

struct nft_redirect {
	struct in_addr addr;
	uint16_t port;		 /* programs ask there …     */
	uint16_t to_udp, to_tcp; /* … and are answered there */
};

/* Table "ip NAME" in the namespace of the socket, in one transaction in the place of the one that
 * there may be. */
must_check int nft_redirect_set(struct netlink *nl, const char *name,
				const struct nft_redirect *redirect);
