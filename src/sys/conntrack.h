/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections that the kernel tracks, over a socket of NETLINK_NETFILTER. A translation is
 * decided by a connection's first packet and then kept: a UDP sender that never pauses would go
 * on being sent to where the port led before. -errno idiom.
 *
 * The selection is the kernel's (CTA_FILTER). FALLBACK(CTA_FILTER, 5.8): -EINVAL or -ENOENT, and
 * such a connection has to time out.
 */
#pragma once

#include "sys/rtnetlink.h"

/* Forget those to this port, wherever to. protocol: IPPROTO_UDP … */
must_check int conntrack_forget_port(struct netlink *nl, int family, uint8_t protocol,
				     uint16_t port);
/* Forget those that an address answers: it was the destination, translated or not. */
must_check int conntrack_forget_address(struct netlink *nl, const struct link_address *addr);
