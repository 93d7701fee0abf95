/* SPDX-License-Identifier: Apache-2.0 */
/* Stepping into a container's network namespace and back. Only for single-threaded processes,
 * which every worker is. network.h has netns_new. */
#pragma once

#include "sys/netlink.h"

/* Open an rtnetlink socket that lives in the namespace netns_fd. ipv6: interfaces born in it from
 * now on have IPv6 (netns_new has turned it off). The caller is in its own namespace again
 * afterwards, even on failure; if that is impossible, the process ends. */
must_check int netns_prepare(int netns_fd, bool ipv6, struct netlink *ret);
