/* SPDX-License-Identifier: Apache-2.0 */
/* Traffic counters of a container's interfaces, from /proc/PID/net/dev: that file is the
 * namespace's own whoever reads it. Format: proc(5). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "network/network.h"
#include "sys/file.h"

enum { NET_DEV_MAX = 1 << 20, HEADER_LINES = 2 };

static bool counters_parse(const char *line, struct network_counters *ret)
{
	struct network_counters c = { 0 };
	unsigned long long v[8];

	if (sscanf(line, " %15[^: ]: %llu %llu %llu %llu %*u %*u %*u %*u %llu %llu %llu %llu",
		   c.name, &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]) != 9)
		return false;
	c.rx_bytes = v[0];
	c.rx_packets = v[1];
	c.rx_errors = v[2];
	c.rx_dropped = v[3];
	c.tx_bytes = v[4];
	c.tx_packets = v[5];
	c.tx_errors = v[6];
	c.tx_dropped = v[7];
	*ret = c;
	return true;
}

int network_counters_read(int pid, struct network_counters **ret, size_t *ret_n)
{
	cleanup_free char *text = NULL;
	cleanup_free char *path = xasprintf("/proc/%d/net/dev", pid);
	struct network_counters *list = NULL, one;
	char *save = NULL, *line;
	size_t n = 0;
	int r;

	r = file_read_at(AT_FDCWD, path, NET_DEV_MAX, &text, NULL);
	if (r < 0)
		return r;
	line = strtok_r(text, "\n", &save);
	for (int i = 0; line; i++, line = strtok_r(NULL, "\n", &save)) {
		if (i < HEADER_LINES || !counters_parse(line, &one) || strcmp(one.name, "lo") == 0)
			continue;
		list = xrealloc(list, n + 1, sizeof(*list));
		list[n++] = one;
	}
	*ret = list;
	*ret_n = n;
	return 0;
}
