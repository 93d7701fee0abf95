/* SPDX-License-Identifier: Apache-2.0 */
/* Which registries may be spoken to without verified TLS. */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"
#include "base/strbuf.h"
#include "image/auth.h"

/* The host of "host:port", "[v6]:port": owned. */
static char *host_name(const char *host)
{
	if (*host == '[')
		return xstrndup(host + 1, strcspn(host + 1, "]"));
	return xstrndup(host, strcspn(host, ":"));
}

static bool bits_equal(const uint8_t *a, const uint8_t *b, uint32_t bits)
{
	uint8_t mask = (uint8_t)(0xff00 >> bits % 8);

	if (memcmp(a, b, bits / 8) != 0)
		return false;
	return bits % 8 == 0 || (a[bits / 8] & mask) == (b[bits / 8] & mask);
}

/* "10.0.0.0/8" holds the numeric address name. */
static bool network_holds(const char *network, const char *name)
{
	cleanup_free char *base = xstrndup(network, strcspn(network, "/"));
	const char *slash = strchr(network, '/');
	int family = strchr(base, ':') ? AF_INET6 : AF_INET;
	uint8_t want[16], have[16];
	uint32_t bits;

	if (!slash || parse_u32(slash + 1, &bits) < 0 || bits > (family == AF_INET6 ? 128 : 32))
		return false;
	if (inet_pton(family, base, want) != 1 || inet_pton(family, name, have) != 1)
		return false;
	return bits_equal(want, have, bits);
}

bool registry_is_insecure(const char *host, char *const *list)
{
	cleanup_free char *name = host_name(host);

	if (strcasecmp(name, "localhost") == 0 || strcmp(name, "::1") == 0 ||
	    network_holds("127.0.0.0/8", name))
		return true;
	for (size_t i = 0; list && list[i]; i++) {
		if (strcasecmp(list[i], host) == 0 || strcasecmp(list[i], name) == 0 ||
		    network_holds(list[i], name))
			return true;
	}
	return false;
}
