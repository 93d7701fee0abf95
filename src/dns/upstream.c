/* SPDX-License-Identifier: Apache-2.0 */
/* Servers, and /etc/resolv.conf of the host, which is looked at with each question. */
#include "dns/upstream.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "base/strbuf.h"
#include "network/address.h"
#include "network/resolv-conf.h"
#include "sys/fd.h"

enum { RESOLV_CONF_MAX = 1 << 16, DNS_PORT = 53 };

socklen_t upstream_addr_len(const struct sockaddr_storage *addr)
{
	return addr->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					   : sizeof(struct sockaddr_in);
}

int upstream_add(struct upstream *up, const char *server)
{
	struct sockaddr_storage *to = &up->addrs[up->n];
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;
	struct sockaddr_in *in = (struct sockaddr_in *)to;
	const char *percent = strchr(server, '%');
	cleanup_free char *bare =
		xstrndup(server, percent ? (size_t)(percent - server) : strlen(server));
	struct link_address addr;

	if (address_parse(bare, &addr) < 0)
		return -EINVAL;
	if (up->n == UPSTREAM_MAX)
		return 0;
	memset(to, 0, sizeof(*to));
	to->ss_family = (sa_family_t)addr.family;
	if (addr.family == AF_INET) {
		in->sin_port = htons(DNS_PORT);
		memcpy(&in->sin_addr, addr.bytes, sizeof(in->sin_addr));
	} else {
		in6->sin6_port = htons(DNS_PORT);
		memcpy(&in6->sin6_addr, addr.bytes, sizeof(in6->sin6_addr));
		in6->sin6_scope_id = percent ? if_nametoindex(percent + 1) : 0;
	}
	up->n++;
	return 0;
}

void upstream_refresh(struct upstream *up)
{
	cleanup(resolv_conf_release) struct resolv_conf conf = { 0 };
	cleanup_free char *text = NULL;
	cleanup_fd int fd = -1;
	struct stat st;
	size_t len;

	if (up->off || up->fixed || stat("/etc/resolv.conf", &st) < 0 ||
	    (st.st_ino == up->seen.st_ino && st.st_size == up->seen.st_size &&
	     st.st_mtim.tv_sec == up->seen.st_mtim.tv_sec &&
	     st.st_mtim.tv_nsec == up->seen.st_mtim.tv_nsec))
		return;
	fd = open("/etc/resolv.conf", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fd_read_all(fd, RESOLV_CONF_MAX, &text, &len) < 0)
		return;
	resolv_conf_parse(text, &conf);
	up->n = 0;
	for (char **s = conf.nameservers; s && *s; s++)
		ignore_result(upstream_add(up, *s)); /* what is no address is left out */
	up->seen = st;
}
