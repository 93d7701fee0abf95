/* SPDX-License-Identifier: Apache-2.0 */
/* A network link from one namespace to another, with what it is configured with. -errno idiom. */
#pragma once

#include "base/strbuf.h"
#include "sys/netlink.h"

/* Into the namespace @netns_fd under the name @name; it is down there. The name must not be taken:
 * the kernel moves first and renames then. */
must_check int link_move(struct netlink *nl, int index, int netns_fd, const char *name);
/* Append the link's permanent addresses of global scope to @out, as link_addresses_restore reads
 * them. */
must_check int link_addresses_save(struct netlink *nl, int index, struct strbuf *out);
/* Up, then the addresses (IPv6 without duplicate address detection). An empty @saved is fine. */
must_check int link_addresses_restore(struct netlink *nl, int index, const struct strbuf *saved);
