/* SPDX-License-Identifier: Apache-2.0 */
/* resolv.conf(5), as much of it as a container gets. Pure text; never fails: what cannot be
 * understood is left out. */
#pragma once

#include "base/strbuf.h"

enum {
	RESOLV_CONF_ITEMS_MAX = 64
}; /* of each kind; the resolver itself takes 3 servers, 6 domains */

struct resolv_conf {
	char **nameservers, **search, **options; /* owned, NULL none */
};

void resolv_conf_release(struct resolv_conf *conf);
void resolv_conf_parse(const char *text, struct resolv_conf *ret);

/* Keep the servers that a container can reach: none on the host's loopback, IPv6 only with ipv6. */
void resolv_conf_filter(struct resolv_conf *conf, bool ipv6);
/* Only loopback servers: their real ones are elsewhere, see netfiles.c. */
bool resolv_conf_is_stub(const struct resolv_conf *conf);

void resolv_conf_print(const struct resolv_conf *conf, struct strbuf *out);
